//! Running the `git` program.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::GitError;

/// Variables by which git tells its hooks which repository they run for. Ours is found from the directory instead.
const HOOK_VARIABLES: [&str; 3] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX"];

/// Runs `git` in a directory, with some input.
pub(super) fn git(directory: &Path, arguments: &[&str], input: &[u8]) -> Result<Output, GitError> {
    let mut command = Command::new("git");
    for variable in HOOK_VARIABLES {
        command.env_remove(variable);
    }
    let mut child = command
        .arg("-C")
        .arg(directory)
        .args(arguments)
        // A partial clone would fetch what it is missing.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(GitError::Missing)?;
    let stdin = child.stdin.take();
    // Both ends at once: `git` writes before it has read all of its input, and either pipe may fill up.
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output()
    })
    .map_err(GitError::Missing)
}
