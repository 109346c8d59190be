//! Policy sets as a repository had them: `git:REV:PATH`.

mod place;
mod program;

use std::path::Path;
use std::sync::Arc;

use actra_engine::model::limits;
use actra_engine::{CompiledBaseline, PolicySet, SetFile, baseline_path, ir};

use crate::set::{baseline_files, belongs, is_test};
pub(crate) use place::GitPlace;
use program::git;

/// Why a set cannot be read from a repository.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The text is not `git:REV:PATH`.
    #[error("`{0}` is not of the form `git:REV:PATH`, such as `git:main:policies`")]
    Form(String),
    /// There is no `git` program, or it could not be run.
    #[error("cannot run `git`: {0}")]
    Missing(std::io::Error),
    /// The path leads out of the repository.
    #[error("`{0}` leads out of the repository")]
    Outside(String),
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
pub fn is_git(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("git:"))
}

/// Reads `git:REV:PATH`; PATH is relative to the working directory, or to the repository if it starts with `/`. The
/// working directory may be any folder, and PATH may lead into another repository.
///
/// Runs `git`, which is kept from the network; nothing is written. A file that is a link is one that cannot be read.
/// A baseline that `governance.yaml` names is read from the same revision.
pub fn read_git_set(name: &Path) -> Result<PolicySet, GitError> {
    let place = GitPlace::parse(name)?;
    let mut set = PolicySet { files: files(&place, belongs)?, ..PolicySet::default() };
    if let Some(baseline) = baseline_path(&set) {
        let there = place.join(&baseline);
        match compiled_baseline(&there) {
            Some(compiled) => set.baseline = Some(CompiledBaseline(compiled)),
            None => set.files.extend(read_baseline(&place, &there, &baseline)),
        }
    }
    Ok(set)
}

/// The test files of a set in a repository, by path; none if it has no such folder.
pub(crate) fn read_git_tests(place: &GitPlace) -> Result<Vec<SetFile>, GitError> {
    let mut files = files(place, is_test)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The compiled policy in a file of the repository; `None` if there is a folder or nothing.
fn compiled_baseline(place: &GitPlace) -> Option<Result<Arc<ir::Policy>, String>> {
    let object = place.object().ok()?;
    let answer = git(place, &["cat-file", "blob", &object], b"").ok()?;
    answer.status.success().then(|| crate::open::baseline_from(&answer.stdout))
}

fn read_baseline(set: &GitPlace, place: &GitPlace, baseline: &str) -> Vec<SetFile> {
    let read = match place.object().ok() == set.object().ok() {
        true => Err("it is the set itself".to_owned()),
        false => files(place, belongs).map_err(|error| error.to_string()),
    };
    baseline_files(baseline, read)
}

/// The files below a folder of the repository whose paths are wanted.
fn files(place: &GitPlace, wanted: fn(&str) -> bool) -> Result<Vec<SetFile>, GitError> {
    let object = place.object()?;
    let listed = git(place, &["ls-tree", "-r", "-z", "--full-tree", &object], b"")?;
    if !listed.status.success() {
        return Err(place.refused(&listed.stderr));
    }
    let entries = entries(&listed.stdout, wanted);
    let asked: String =
        entries.iter().filter(|entry| entry.is_file).map(|entry| format!("{}\n", entry.object)).collect();
    let contents = git(place, &["cat-file", "--batch"], asked.as_bytes())?;
    if !contents.status.success() {
        return Err(place.refused(&contents.stderr));
    }
    let mut rest = contents.stdout.as_slice();
    let mut files = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let content = if entry.is_file {
            let unread = || place.refused(b"an answer that cannot be read");
            let (content, behind) = content(rest).ok_or_else(unread)?;
            rest = behind;
            bytes += content.len();
            Ok(content.to_vec())
        } else {
            Err("a link or a repository of its own, which is not followed here".to_owned())
        };
        if bytes > limits::SET_BYTES {
            return Err(GitError::TooLarge(place.to_string()));
        }
        files.push(SetFile { path: entry.path, content });
    }
    Ok(files)
}

struct Entry {
    is_file: bool,
    object: String,
    path: String,
}

/// `MODE SP TYPE SP OBJECT TAB PATH NUL`, of what is wanted.
fn entries(listed: &[u8], wanted: fn(&str) -> bool) -> Vec<Entry> {
    let lines = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    let entries = lines.filter_map(|line| {
        let line = String::from_utf8_lossy(line);
        let (head, path) = line.split_once('\t')?;
        let mut words = head.split(' ');
        let (mode, _, object) = (words.next()?, words.next()?, words.next()?);
        let entry =
            Entry { is_file: mode.starts_with("100"), object: object.to_owned(), path: path.to_owned() };
        wanted(&entry.path).then_some(entry)
    });
    entries.collect()
}

/// `OBJECT SP TYPE SP SIZE LF CONTENT LF`: the content, and what is behind it.
fn content(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = answer.split_at_checked(end)?;
    let size: usize = str::from_utf8(head).ok()?.rsplit(' ').next()?.parse().ok()?;
    let content = rest.get(1..)?;
    let (content, behind) = content.split_at_checked(size)?;
    Some((content, behind.get(1..)?))
}
