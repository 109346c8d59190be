//! Commands of the book, run by a shell in a directory with the files of their page.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use actra::SqliteStore;
use actra::approval::{ApprovalDraft, ApprovalStore as _, Binding};
use actra_conformance::root;

/// A command as a reader would type it, and what the page says that it prints.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    command: String,
    output: String,
}

/// What a command did.
struct Ran {
    /// Messages, then data.
    output: String,
    status: i32,
    new_files: Vec<String>,
}

/// Runs the commands of a block and compares what they print with what is shown.
pub fn run(text: &str, files: &BTreeMap<String, String>) -> Result<(), String> {
    let directory = TestDirectory::with(files).map_err(|error| error.to_string())?;
    let mut status = 0;
    for Shown { command, output } in commands(text) {
        if is_left_out(&command) {
            continue;
        }
        let ran = directory.shell(&command, status).map_err(|error| format!("`{command}`: {error}"))?;
        judge(&command, &output, &ran)?;
        status = ran.status;
    }
    Ok(())
}

/// The same for one script of several lines.
pub fn run_script(text: &str, files: &BTreeMap<String, String>) -> Result<(), String> {
    let directory = TestDirectory::with(files).map_err(|error| error.to_string())?;
    let ran = directory.shell(text, 0).map_err(|error| error.to_string())?;
    judge(text, "", &ran)
}

/// Programs that build or download, which their own tests run.
fn is_left_out(command: &str) -> bool {
    super::doors::PROGRAMS.contains(&command.split_whitespace().next().unwrap_or(""))
}

fn commands(text: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (_, Some(last)) if goes_on => last.command += &format!("\n{line}"),
            (Some(command), _) => commands.push(Shown { command: command.to_owned(), output: String::new() }),
            (None, Some(last)) => last.output += &format!("{line}\n"),
            (None, None) => {}
        }
        goes_on = line.ends_with('\\') && (goes_on || line.starts_with("$ "));
    }
    commands
}

fn judge(command: &str, shown: &str, ran: &Ran) -> Result<(), String> {
    let (shown, output) = (shown.trim_end(), ran.output.trim_end());
    if !shown.is_empty() && !fits(shown, output) {
        return Err(format!("`{command}` prints\n{output}"));
    }
    if shown.is_empty() && ran.status > 1 {
        return Err(format!("`{command}` ends with {} and prints\n{output}", ran.status));
    }
    let named: BTreeSet<&str> =
        command.split_whitespace().map(|word| word.trim_matches(['\'', '"'])).collect();
    let is_named = |file: &&String| {
        let paths = Path::new(file.as_str()).ancestors();
        paths.filter_map(Path::to_str).any(|path| !path.is_empty() && named.contains(path))
    };
    match ran.new_files.iter().find(|file| !is_named(file)) {
        Some(file) => Err(format!("`{command}` writes a file `{file}`, which it does not name")),
        None => Ok(()),
    }
}

/// Whether an output is what is shown, where `...` stands for anything.
fn fits(shown: &str, output: &str) -> bool {
    let mut parts = shown.split("...");
    let Some(mut rest) = output.strip_prefix(parts.next().unwrap_or("")) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let found = if parts.peek().is_none() { rest.rfind(part) } else { rest.find(part) };
        let Some(at) = found else { return false };
        rest = rest.get(at + part.len()..).unwrap_or("");
        if parts.peek().is_none() && part.is_empty() {
            return true;
        }
    }
    rest.is_empty()
}

/// A directory of its own, removed at the end.
struct TestDirectory {
    path: PathBuf,
}

impl TestDirectory {
    fn with(files: &BTreeMap<String, String>) -> io::Result<TestDirectory> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("actra-book-{}-{number}", std::process::id()));
        let directory = TestDirectory { path };
        fs::create_dir_all(directory.work())?;
        fs::create_dir_all(directory.programs())?;
        for (name, text) in files {
            let file = directory.work().join(name);
            fs::create_dir_all(file.parent().unwrap_or(&directory.path))?;
            fs::write(file, text)?;
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_actra-book"), directory.programs().join("actra"))?;
        #[cfg(not(unix))]
        fs::copy(env!("CARGO_BIN_EXE_actra-book"), directory.programs().join("actra.exe"))?;
        Ok(directory)
    }

    /// Where commands run.
    fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    /// What the shell finds first.
    fn programs(&self) -> PathBuf {
        self.path.join("programs")
    }

    /// Brings in the policy sets of the repository that a command names; the command says so if one is not there.
    fn copy_sets(&self, command: &str) {
        let words = command.split_whitespace().map(|word| word.trim_matches(['\'', '"']));
        for set in words.filter(|word| ["examples/", "policies/"].iter().any(|start| word.starts_with(start)))
        {
            // Up to a variable of the shell.
            let known = set.split_once('$').map_or(set, |(known, _)| known.trim_end_matches('/'));
            self.copy(Path::new(known));
        }
    }

    /// Copies a file or directory of the repository.
    fn copy(&self, path: &Path) {
        let (from, to) = (root().join(path), self.work().join(path));
        if !from.is_dir() {
            let _ = to.parent().map(fs::create_dir_all);
            let _ = fs::copy(&from, &to);
            return;
        }
        let _ = fs::create_dir_all(&to);
        for entry in fs::read_dir(from).into_iter().flatten().flatten() {
            self.copy(&path.join(entry.file_name()));
        }
    }

    /// A repository whose `origin/main` is what the directory holds.
    fn repository(&self) -> io::Result<()> {
        let main = "refs/remotes/origin/main";
        let author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let commit = [&author[..], &["commit", "-qm", "main"]].concat();
        for arguments in [&["init", "-q"][..], &["add", "-A"], &commit, &["update-ref", main, "HEAD"]] {
            let done = Command::new("git").args(arguments).current_dir(self.work()).output()?;
            if !done.status.success() {
                return Err(io::Error::other(String::from_utf8_lossy(&done.stderr).into_owned()));
            }
        }
        Ok(())
    }

    /// A store in which a transfer waits, made five minutes ago.
    fn store(&self) -> io::Result<()> {
        let file = self.work().join("approvals.db");
        if file.exists() {
            return Ok(());
        }
        let asked = SystemTime::now() - Duration::from_secs(300);
        let request = r#"{"action":{"type":"transfer","account":"acc-1","amount":2000},"actor":{"id":"cleo"},"snapshot":{"balance":5000}}"#;
        let mut draft = ApprovalDraft::kept(
            "5f2c9a1be07d4c36a8e1f0b2c3d4e5f6".to_owned(),
            (asked, asked + Duration::from_secs(3_600)),
            actra_wire::read_request(request.as_bytes()),
            [("memo".to_owned(), "string, 6 bytes".to_owned())].into(),
            (vec!["large".to_owned()], vec!["cleo wants to transfer 2000 to acc-1".to_owned()]),
            vec![[("type".to_owned(), "human_approval".into())].into()],
        );
        draft.asked_by = Some("cleo".to_owned());
        let store = SqliteStore::open(&file).map_err(io::Error::other)?;
        store.open(&Binding::from_bytes(Vec::new()), draft).map(drop).map_err(io::Error::other)
    }

    /// Runs a command as it stands; `$?` is the status of the one before.
    fn shell(&self, command: &str, status: i32) -> io::Result<Ran> {
        self.copy_sets(command);
        if command.contains("git:origin/main:") {
            self.repository()?;
        }
        if command.contains("--store approvals.db") {
            self.store()?;
        }
        let before = self.files(&self.work())?;
        // A shell that stops at the first fault, as those of continuous integration do.
        let script = if command.contains("$?") {
            format!("(exit {status})\n{command}\n")
        } else {
            format!("set -e\n{command}\n")
        };
        let others = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(self.programs()).chain(std::env::split_paths(&others));
        let output = Command::new("sh")
            .args(["-c", &script])
            .env("PATH", std::env::join_paths(paths).map_err(io::Error::other)?)
            .env("HOME", &self.path)
            .current_dir(self.work())
            .stdin(Stdio::null())
            .output()?;
        let after = self.files(&self.work())?;
        Ok(Ran {
            output: String::from_utf8_lossy(&output.stderr).into_owned()
                + &String::from_utf8_lossy(&output.stdout),
            status: output.status.code().unwrap_or(-1),
            new_files: after.difference(&before).cloned().collect(),
        })
    }

    /// The files below a directory, by their paths from where commands run.
    fn files(&self, directory: &Path) -> io::Result<BTreeSet<String>> {
        let mut files = BTreeSet::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                files.extend(self.files(&path)?);
            } else {
                let relative = path.strip_prefix(self.work()).map_err(io::Error::other)?;
                files.insert(relative.to_string_lossy().into_owned());
            }
        }
        Ok(files)
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[test]
fn an_unquoted_comparison_is_found_out() {
    let wrong = run("$ echo a>1000\n", &BTreeMap::new()).unwrap_err();
    assert!(wrong.contains("writes a file `1000`"), "{wrong}");
    for fine in ["$ echo 'a>1000'\na>1000\n", "$ echo a > 1000\n$ cat 1000\na\n", "$ false\n$ echo $?\n1\n"] {
        run(fine, &BTreeMap::new()).unwrap();
    }
    for wrong in ["$ no_such_program\n", "$ echo \"a\nb\n", "$ echo a\nb\n"] {
        assert!(run(wrong, &BTreeMap::new()).is_err(), "{wrong}");
    }
}
