use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::{GitError, GitPlace};

/// Hooks of git tell where the repository is, as seen from the folder that they run in; ours is found from the place.
const OF_HOOKS: [&str; 3] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX"];

/// What `git` answers in the folder of a place.
pub(super) fn git(place: &GitPlace, arguments: &[&str], input: &[u8]) -> Result<Output, GitError> {
    let mut command = Command::new("git");
    for variable in OF_HOOKS {
        command.env_remove(variable);
    }
    let mut child = command
        .arg("-C")
        .arg(place.folder())
        .args(arguments)
        // A partial clone would fetch what it lacks.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(GitError::Missing)?;
    let stdin = child.stdin.take();
    // Both ends at once: `git` answers while it is asked.
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output()
    })
    .map_err(GitError::Missing)
}
