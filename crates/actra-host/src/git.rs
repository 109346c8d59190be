//! Policy sets as a repository had them: `git:REV:PATH`.

use std::io::Write;
use std::process::{Command, Stdio};

use actra_engine::model::limits;
use actra_engine::{PolicySet, SetFile};

use crate::set::belongs;

/// Why a set cannot be read from a repository.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The text is not `git:REV:PATH`.
    #[error("`{0}` is not of the form `git:REV:PATH`, such as `git:main:policies`")]
    Form(String),
    /// There is no `git` program, or it could not be run.
    #[error("cannot run `git`: {0}")]
    Missing(std::io::Error),
    /// What `git` says.
    #[error("`git` cannot read `{revision}:{path}`: {said}")]
    Refused {
        /// The revision.
        revision: String,
        /// The path.
        path: String,
        /// The first line of what it printed.
        said: String,
    },
    /// More text than a set may have.
    #[error("`{0}` holds more than 64 MiB")]
    TooLarge(String),
}

/// Whether a name means a set of a repository.
pub fn is_git(name: &str) -> bool {
    name.starts_with("git:")
}

/// Reads `git:REV:PATH`; PATH is relative to the working directory, or to the repository if it starts with `/`.
///
/// Runs `git`, which is kept from the network; nothing is written. A file that is a link is one that cannot be read.
pub fn read_git_set(name: &str) -> Result<PolicySet, GitError> {
    let form = || GitError::Form(name.to_owned());
    let (revision, path) =
        name.strip_prefix("git:").and_then(|rest| rest.split_once(':')).ok_or_else(form)?;
    // What starts with a hyphen would be an option.
    if revision.is_empty() || revision.starts_with('-') || path.contains('\0') || revision.contains('\0') {
        return Err(form());
    }
    let place = match path.strip_prefix('/') {
        Some(path) => format!("{revision}:{path}"),
        None => format!("{revision}:./{path}"),
    };
    let place = place.trim_end_matches('/');
    let refused = |said: &[u8]| GitError::Refused {
        revision: revision.to_owned(),
        path: path.to_owned(),
        said: String::from_utf8_lossy(said).lines().next().unwrap_or("").to_owned(),
    };
    let listed = git(&["ls-tree", "-r", "-z", place], b"")?;
    if !listed.status.success() {
        return Err(refused(&listed.stderr));
    }
    let entries = entries(&listed.stdout);
    let asked: String =
        entries.iter().filter(|entry| entry.is_file).map(|entry| format!("{}\n", entry.object)).collect();
    let contents = git(&["cat-file", "--batch"], asked.as_bytes())?;
    if !contents.status.success() {
        return Err(refused(&contents.stderr));
    }
    let mut rest = contents.stdout.as_slice();
    let mut set = PolicySet::default();
    let mut bytes = 0;
    for entry in &entries {
        let content = if entry.is_file {
            let (content, behind) = object(rest).ok_or_else(|| refused(b"an answer that cannot be read"))?;
            rest = behind;
            bytes += content.len();
            Ok(content.to_vec())
        } else {
            Err("a link or a repository of its own, which is not followed here".to_owned())
        };
        if bytes > limits::SET_BYTES {
            return Err(GitError::TooLarge(name.to_owned()));
        }
        set.files.push(SetFile { path: entry.path.clone(), content });
    }
    Ok(set)
}

struct Entry {
    is_file: bool,
    object: String,
    path: String,
}

/// `MODE SP TYPE SP OBJECT TAB PATH NUL`, of what belongs to a set.
fn entries(listed: &[u8]) -> Vec<Entry> {
    let lines = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    let entries = lines.filter_map(|line| {
        let line = String::from_utf8_lossy(line);
        let (head, path) = line.split_once('\t')?;
        let mut words = head.split(' ');
        let (mode, _, object) = (words.next()?, words.next()?, words.next()?);
        let entry =
            Entry { is_file: mode.starts_with("100"), object: object.to_owned(), path: path.to_owned() };
        belongs(&entry.path).then_some(entry)
    });
    entries.collect()
}

/// `OBJECT SP TYPE SP SIZE LF CONTENT LF`: the content, and what is behind it.
fn object(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = answer.split_at_checked(end)?;
    let size: usize = str::from_utf8(head).ok()?.rsplit(' ').next()?.parse().ok()?;
    let content = rest.get(1..)?;
    let (content, behind) = content.split_at_checked(size)?;
    Some((content, behind.get(1..)?))
}

fn git(arguments: &[&str], input: &[u8]) -> Result<std::process::Output, GitError> {
    let mut child = Command::new("git")
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
