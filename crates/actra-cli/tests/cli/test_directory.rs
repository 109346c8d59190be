//! A policy directory for one test, and the command run in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

pub const SCHEMA: &str = "\
version: 1
actions:
  refund: { fields: { amount: number, note: string? } }
  delete_user: { fields: { user: string } }
actor: { fields: { role: string } }
";

pub const POLICY: &str = "\
version: 1
default: allow
rules:
  - id: block_large_refund
    scope: { action: refund }
    when: action.amount > 1000
    effect: block
    message: too much for {actor.role}
  - id: ask_before_deleting
    scope: { action: delete_user }
    when: actor.role != \"admin\"
    effect: require_approval
    required_actions: [{ type: human_approval }]
";

/// Requests with the effects `allow`, `block` and `require_approval`.
pub const ALLOWED: &str =
    r#"{"action":{"type":"refund","amount":1},"actor":{"role":"support"},"snapshot":{}}"#;
pub const BLOCKED: &str =
    r#"{"action":{"type":"refund","amount":1001},"actor":{"role":"support"},"snapshot":{}}"#;
pub const ASKED: &str = r#"{"action":{"type":"delete_user","user":"u"},"actor":{"role":"support"}}"#;

/// A fresh directory that is removed at the end of its test.
pub struct TestDirectory(PathBuf);

/// What a run gave.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl TestDirectory {
    pub fn empty() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("actra-cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = Self(std::env::temp_dir().join(name));
        std::fs::create_dir_all(&directory.0).unwrap();
        directory
    }

    /// With the set above in `set/`.
    pub fn with_set() -> Self {
        Self::empty().file("set/schema.yaml", SCHEMA).file("set/policy.yaml", POLICY)
    }

    pub fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The command with words for arguments.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_actra"));
        command.args(arguments.split_whitespace()).current_dir(&self.0).env("COLUMNS", "100");
        // `CI` counts as a terminal with colors; a job of CI must see what a developer sees.
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "TERM", "CI"] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &str) -> Run {
        finished(self.command(arguments).output().unwrap())
    }

    /// A line of a shell that knows `actra`, with this directory for home; its status, and all that it printed.
    pub fn shell(&self, line: &str) -> (i32, String) {
        let output = self.with_path(Command::new("sh")).args(["-c", line]).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8_lossy(&printed).into_owned())
    }

    /// Another program, which finds `actra` and starts in this directory, its home.
    pub fn with_path(&self, mut command: Command) -> Command {
        let actra = Path::new(env!("CARGO_BIN_EXE_actra")).parent().unwrap();
        let others = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(actra.to_owned()).chain(std::env::split_paths(&others));
        command.env("PATH", std::env::join_paths(paths).unwrap()).env("HOME", &self.0);
        command.current_dir(&self.0).stdin(Stdio::null());
        command
    }

    pub fn run_with(&self, arguments: &str, input: impl AsRef<[u8]> + Send) -> Run {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // A command that refuses its arguments does not read its input.
            scope.spawn(move || stdin.write_all(input.as_ref()));
            finished(child.wait_with_output().unwrap())
        })
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn finished(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
