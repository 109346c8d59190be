//! Policy sets as a repository had them: `git:REV:PATH`.

mod command;
mod git_path;

use std::path::Path;
use std::sync::Arc;

use actra_engine::model::limits;
use actra_engine::{CompiledBaseline, PolicySet, SetFile, baseline_path, ir};

use crate::baseline;
use crate::policy_directory::{is_policy_file, is_test_file};
use command::git;
pub use git_path::GitPath;

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
    /// `git` reports an error.
    #[error("`git` cannot read `{revision}:{path}`: {message}")]
    Refused {
        /// The revision that was asked for.
        revision: String,
        /// The path in that revision.
        path: String,
        /// The first line of what it printed.
        message: String,
    },
    /// The set is larger than the limit.
    #[error("`{0}` holds more than 64 MiB")]
    TooLarge(String),
}

/// Whether a text means a set in a git repository.
pub fn is_git(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("git:"))
}

/// The set at a revision.
///
/// Runs `git`, which is kept from the network; nothing is written. A file that is a link is one that cannot be read.
/// A baseline that `governance.yaml` names is read from the same revision.
pub(crate) fn read_set_at(location: &GitPath) -> Result<PolicySet, GitError> {
    let mut set = PolicySet { files: files(location, is_policy_file)?, ..PolicySet::default() };
    if let Some(baseline) = baseline_path(&set) {
        let target = location.join(&baseline);
        match compiled_baseline(&target) {
            Some(compiled) => set.baseline = Some(CompiledBaseline(compiled)),
            None => set.files.extend(read_baseline(location, &target, &baseline)),
        }
    }
    Ok(set)
}

/// The test files of a set at a revision, by path; none if it has no directory of tests.
pub(crate) fn read_tests_at(location: &GitPath) -> Result<Vec<SetFile>, GitError> {
    let mut files = files(location, is_test_file)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The compiled policy in a file of the repository; `None` if there is a directory or nothing.
fn compiled_baseline(location: &GitPath) -> Option<Result<Arc<ir::Policy>, String>> {
    let object = location.object().ok()?;
    let blob = git(&location.directory(), &["cat-file", "blob", &object], b"").ok()?;
    blob.status.success().then(|| baseline::decode_compiled(&blob.stdout))
}

fn read_baseline(set: &GitPath, target: &GitPath, baseline: &str) -> Vec<SetFile> {
    let read = match target.object().ok() == set.object().ok() {
        true => Err("it is the set itself".to_owned()),
        false => files(target, is_policy_file).map_err(|error| error.to_string()),
    };
    baseline::files_below(baseline, read)
}

/// The files below a directory of the repository whose paths, relative to it, pass a test.
fn files(location: &GitPath, belongs: fn(&str) -> bool) -> Result<Vec<SetFile>, GitError> {
    let object = location.object()?;
    let listed = git(&location.directory(), &["ls-tree", "-r", "-z", "--full-tree", &object], b"")?;
    if !listed.status.success() {
        return Err(location.refused(&listed.stderr));
    }
    let entries = parse_tree(&listed.stdout, belongs);
    let objects: String =
        entries.iter().filter(|entry| entry.is_file).map(|entry| format!("{}\n", entry.object)).collect();
    let contents = git(&location.directory(), &["cat-file", "--batch"], objects.as_bytes())?;
    if !contents.status.success() {
        return Err(location.refused(&contents.stderr));
    }
    let mut rest = contents.stdout.as_slice();
    let mut files = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let content = if entry.is_file {
            let malformed = || location.refused(b"an answer that cannot be read");
            let (content, remaining) = parse_object(rest).ok_or_else(malformed)?;
            rest = remaining;
            bytes += content.len();
            Ok(content.to_vec())
        } else {
            Err("a link or a repository of its own, which is not followed here".to_owned())
        };
        if bytes > limits::SET_BYTES {
            return Err(GitError::TooLarge(location.to_string()));
        }
        files.push(SetFile { path: entry.path, content });
    }
    Ok(files)
}

/// A line of `git ls-tree`.
struct TreeEntry {
    is_file: bool,
    object: String,
    path: String,
}

/// The entries whose paths pass a test, each written as `MODE SP TYPE SP OBJECT TAB PATH NUL`.
fn parse_tree(listed: &[u8], belongs: fn(&str) -> bool) -> Vec<TreeEntry> {
    let lines = listed.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    let entries = lines.filter_map(|line| {
        let line = String::from_utf8_lossy(line);
        let (head, path) = line.split_once('\t')?;
        let mut words = head.split(' ');
        let (mode, _, object) = (words.next()?, words.next()?, words.next()?);
        let entry =
            TreeEntry { is_file: mode.starts_with("100"), object: object.to_owned(), path: path.to_owned() };
        belongs(&entry.path).then_some(entry)
    });
    entries.collect()
}

/// The content of the first object in `OBJECT SP TYPE SP SIZE LF CONTENT LF ...`, and what follows it.
fn parse_object(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = answer.split_at_checked(end)?;
    let size: usize = str::from_utf8(head).ok()?.rsplit(' ').next()?.parse().ok()?;
    let content = rest.get(1..)?;
    let (content, remaining) = content.split_at_checked(size)?;
    Some((content, remaining.get(1..)?))
}
