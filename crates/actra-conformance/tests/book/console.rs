//! Commands of the book, run in a folder with the files of their page.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, io};

use actra_conformance::root;

/// Holds the arguments, and tells the child process that it is the command line.
const ARGUMENTS: &str = "ACTRA_BOOK_ARGUMENTS";
const SEPARATOR: &str = "\u{1f}";
/// What the test harness says before the command does ends here.
const START: &str = "\u{1e}\n";

/// In the child process: runs the command and ends the process with its status.
pub fn answer() {
    let Ok(arguments) = env::var(ARGUMENTS) else { return };
    print!("{START}");
    let arguments = std::iter::once("actra").chain(arguments.split(SEPARATOR)).map(OsString::from);
    let status = actra_cli::run(arguments.collect::<Vec<_>>());
    std::process::exit(status as i32);
}

/// Runs the commands of a block and compares what they print with what is shown.
pub fn run(text: &str, files: &BTreeMap<String, String>) -> Result<(), String> {
    let folder = Folder::with(files).map_err(|error| error.to_string())?;
    let mut status = None;
    for command in text.split("$ ").skip(1) {
        let (command, shown) = command.split_once('\n').unwrap_or((command, ""));
        match command.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["actra", arguments @ ..] => {
                let ours = |argument: &&&str| {
                    ["examples/", "policies/"].iter().any(|start| argument.starts_with(start))
                };
                arguments.iter().filter(ours).for_each(|set| folder.copy(set));
                let (output, code) = folder.actra(arguments).map_err(|error| error.to_string())?;
                status = Some(code);
                if !shown.trim().is_empty() && !fits(shown.trim_end(), output.trim_end()) {
                    return Err(format!("`{command}` prints\n{output}"));
                }
            }
            ["echo", "$?"] => {
                let printed = status.map(|status| status.to_string()).unwrap_or_default();
                if shown.trim() != printed {
                    return Err(format!("the status is {printed}"));
                }
            }
            ["make" | "cargo", ..] => {}
            _ => return Err(format!("`{command}` cannot be run here")),
        }
    }
    Ok(())
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

/// A folder of its own, removed at the end.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn with(files: &BTreeMap<String, String>) -> io::Result<Folder> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("actra-book-{}-{number}", std::process::id()));
        let folder = Folder { path };
        for (name, text) in files {
            let file = folder.path.join(name);
            fs::create_dir_all(file.parent().unwrap_or(&folder.path))?;
            fs::write(file, text)?;
        }
        fs::create_dir_all(&folder.path)?;
        Ok(folder)
    }

    /// Brings in a policy set of the repository; the command says so if it is not there.
    fn copy(&self, set: &str) {
        for folder in [set.to_owned(), format!("{set}/tests")] {
            let files = fs::read_dir(root().join(&folder)).into_iter().flatten().flatten();
            let _ = fs::create_dir_all(self.path.join(&folder));
            for file in files {
                let _ = fs::copy(file.path(), self.path.join(&folder).join(file.file_name()));
            }
        }
    }

    /// Messages, then data, and the exit status.
    fn actra(&self, arguments: &[&str]) -> io::Result<(String, i32)> {
        let (arguments, input) = match arguments {
            [arguments @ .., "<", file] => (arguments, Stdio::from(File::open(self.path.join(file))?)),
            arguments => (arguments, Stdio::null()),
        };
        let output = Command::new(env::current_exe()?)
            .args(["--exact", "command_line", "--nocapture", "--test-threads=1"])
            .env(ARGUMENTS, arguments.join(SEPARATOR))
            .current_dir(&self.path)
            .stdin(input)
            .output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let data = printed.split_once(START).map_or("", |(_, data)| data);
        let text = String::from_utf8_lossy(&output.stderr).into_owned() + data;
        Ok((text, output.status.code().unwrap_or(-1)))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
