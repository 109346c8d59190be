//! The policy set in a directory, and its tests.
//!
//! INVARIANT (nothing is silently absent): whatever belongs to the set by its path and cannot be read is a file of the
//! set whose content says why.

mod membership;

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use actra_engine::model::limits;
use actra_engine::{CompiledBaseline, PolicySet, SetFile, baseline_path};

use crate::baseline;
pub(crate) use membership::{is_policy_file, is_test_file};
use membership::{is_top_level_file, is_yaml_name, looks_like_policies};

/// Why a policy directory cannot be read at all.
///
/// A single file that cannot be read is no such error: it is part of the set, and compiling reports it.
#[derive(Debug, thiserror::Error)]
pub enum ReadPolicySetError {
    /// There is nothing at the path.
    #[error("there is no policy directory `{}`", .0.display())]
    Missing(PathBuf),
    /// The path is a compiled policy.
    #[error("`{}` is a compiled policy; name a policy directory instead, since this needs the text of a set", .0.display())]
    Compiled(PathBuf),
    /// The path leads to something other than a directory.
    #[error("`{}` is not a policy directory; name the directory that holds `schema.yaml`", .0.display())]
    NotADirectory(PathBuf),
    /// The directory cannot be listed.
    #[error("cannot read the policy directory `{}`: {error}", path.display())]
    Unreadable {
        /// The path of the directory.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// The deepest nesting of directories below `policies/`.
const MAX_DEPTH: usize = 32;
/// The most entries that are looked at below one set. Links to directories can multiply what is there; this bounds it.
const MAX_ENTRIES: usize = 200_000;

/// The policy set in a directory: top-level files that could be meant as part of it, every YAML file below
/// `policies/`, and the files of the baseline that `governance.yaml` names, wherever it lies.
///
/// Whatever is there and cannot be read (no permission, a link that leads nowhere, a pipe) is a file of the set whose
/// content says why, never an absence. Which names a set knows is for compiling to say.
/// Links are followed. Reads at most [`limits::SET_BYTES`] and a little more, and never waits for a pipe.
pub fn read_policy_set(path: &Path) -> Result<PolicySet, ReadPolicySetError> {
    let mut set = read_directory(path)?;
    if let Some(baseline) = baseline_path(&set) {
        let target = path.join(&baseline);
        match target.is_file() {
            true => set.baseline = Some(CompiledBaseline(baseline::read_compiled(&target))),
            false => set.files.extend(read_baseline(path, &baseline)),
        }
    }
    Ok(set)
}

fn read_directory(path: &Path) -> Result<PolicySet, ReadPolicySetError> {
    let mut reader = SetReader::default();
    for entry in set_entries(path)? {
        reader.read_top_level(&entry);
    }
    Ok(PolicySet { files: reader.files, ..PolicySet::default() })
}

/// The files of a baseline that is text. A baseline of the baseline is not followed.
fn read_baseline(set: &Path, baseline: &str) -> Vec<SetFile> {
    let directory = set.join(baseline);
    let files = match is_same_directory(set, &directory) {
        true => Err("it is the set itself".to_owned()),
        false => read_directory(&directory).map_err(|error| error.to_string()),
    };
    baseline::files_below(baseline, files.map(|read| read.files))
}

/// Whether two paths lead to one directory, links resolved.
fn is_same_directory(first: &Path, second: &Path) -> bool {
    let resolved = |path: &Path| fs::canonicalize(path).ok();
    resolved(first).is_some_and(|first| resolved(second) == Some(first))
}

/// The test files of a set: every YAML file below `tests/`, by path; none if there is no such directory.
///
/// As with the set itself, a file that is there and cannot be read is never an absence.
pub fn read_tests(path: &Path) -> Result<Vec<SetFile>, ReadPolicySetError> {
    let mut reader = SetReader::default();
    for entry in set_entries(path)? {
        if entry.name.eq_ignore_ascii_case("tests") {
            reader.read_directory(&entry, &entry.name, &mut Vec::new());
        }
    }
    reader.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(reader.files)
}

/// The entries of a policy directory.
fn set_entries(path: &Path) -> Result<Vec<DirectoryEntry>, ReadPolicySetError> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReadPolicySetError::Missing(path.to_owned()),
        _ => ReadPolicySetError::Unreadable { path: path.to_owned(), error },
    })?;
    if !metadata.is_dir() {
        let compiled = path.extension().is_some_and(|ending| ending == "actra");
        let error = if compiled { ReadPolicySetError::Compiled } else { ReadPolicySetError::NotADirectory };
        return Err(error(path.to_owned()));
    }
    let unreadable = |error| ReadPolicySetError::Unreadable { path: path.to_owned(), error };
    list_directory(path).map_err(unreadable)
}

/// A file, a directory or anything else in a directory.
struct DirectoryEntry {
    path: PathBuf,
    /// Its name; if that is not UTF-8, what can be shown of it.
    name: String,
    has_utf8_name: bool,
}

/// The entries of a directory, sorted by name, so that every run sees the same order.
fn list_directory(directory: &Path) -> io::Result<Vec<DirectoryEntry>> {
    let entry = |entry: fs::DirEntry| {
        let name = entry.file_name();
        DirectoryEntry {
            path: entry.path(),
            has_utf8_name: name.to_str().is_some(),
            name: name.to_string_lossy().into_owned(),
        }
    };
    let mut entries =
        fs::read_dir(directory)?.map(|found| found.map(entry)).collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Collects files, and keeps count of what bounds the reading.
#[derive(Default)]
struct SetReader {
    files: Vec<SetFile>,
    /// Bytes read so far.
    bytes: usize,
    /// Entries looked at so far.
    entries: usize,
}

impl SetReader {
    fn read_top_level(&mut self, entry: &DirectoryEntry) {
        if entry.name.eq_ignore_ascii_case("policies") {
            self.read_directory(entry, &entry.name, &mut Vec::new());
        } else if looks_like_policies(&entry.name)
            && fs::metadata(&entry.path).is_ok_and(|found| found.is_dir())
        {
            self.read_look_alike(entry);
        } else if is_top_level_file(&entry.name) {
            self.read_entry(entry, entry.name.clone());
        }
    }

    /// Takes the YAML files directly in a directory that looks as if it held rules, so that compiling can report that
    /// they do not count.
    fn read_look_alike(&mut self, directory: &DirectoryEntry) {
        let entries = match list_directory(&directory.path) {
            Ok(entries) => entries,
            Err(error) => return self.push(directory.name.clone(), Err(error.to_string())),
        };
        for entry in entries.iter().take(MAX_ENTRIES).filter(|entry| is_yaml_name(&entry.name)) {
            self.read_entry(entry, format!("{}/{}", directory.name, entry.name));
        }
    }

    /// Takes every YAML file below a directory; `ancestors` are the directories that it lies in, links resolved.
    fn read_directory(&mut self, entry: &DirectoryEntry, relative: &str, ancestors: &mut Vec<PathBuf>) {
        let (resolved, entries) = match open_directory(entry, ancestors) {
            Ok(opened) => opened,
            Err(reason) => return self.push(relative.to_owned(), Err(reason)),
        };
        ancestors.push(resolved);
        for entry in entries {
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                let reason = format!("there are more than {MAX_ENTRIES} files and directories below it");
                self.push(relative.to_owned(), Err(reason));
                break;
            }
            self.read_below(&entry, format!("{relative}/{}", entry.name), ancestors);
        }
        ancestors.pop();
    }

    fn read_below(&mut self, entry: &DirectoryEntry, relative: String, ancestors: &mut Vec<PathBuf>) {
        let is_directory = fs::metadata(&entry.path).is_ok_and(|metadata| metadata.is_dir());
        // Kubernetes mounts files as links into directories named `..data` and `..<time>`, which would count them
        // twice.
        if is_directory && entry.name.starts_with("..") {
            return;
        }
        if is_directory {
            self.read_directory(entry, &relative, ancestors);
        } else if is_yaml_name(&entry.name) {
            self.read_entry(entry, relative);
        }
    }

    fn read_entry(&mut self, entry: &DirectoryEntry, relative: String) {
        let content = if !entry.has_utf8_name {
            Err("its name is not UTF-8".to_owned())
        } else if self.bytes > limits::SET_BYTES {
            Err("the set is larger than the limit already".to_owned())
        } else {
            read_file(&entry.path, limits::SET_BYTES.saturating_sub(self.bytes))
        };
        self.bytes = self.bytes.saturating_add(content.as_ref().map_or(0, Vec::len));
        self.push(relative, content);
    }

    fn push(&mut self, path: String, content: Result<Vec<u8>, String>) {
        self.files.push(SetFile { path, content });
    }
}

/// The resolved path of a directory, and its entries.
fn open_directory(
    entry: &DirectoryEntry,
    ancestors: &[PathBuf],
) -> Result<(PathBuf, Vec<DirectoryEntry>), String> {
    if !entry.has_utf8_name {
        return Err("its name is not UTF-8".to_owned());
    }
    let metadata = metadata(&entry.path)?;
    if !metadata.is_dir() {
        return Err(format!("it is {} where a directory is expected", describe_kind(&metadata)));
    }
    let resolved = fs::canonicalize(&entry.path).map_err(|error| error.to_string())?;
    if ancestors.contains(&resolved) {
        return Err("it is a link to a directory that contains it".to_owned());
    }
    if ancestors.len() >= MAX_DEPTH {
        return Err(format!("it is more than {MAX_DEPTH} directories deep"));
    }
    let entries = list_directory(&entry.path).map_err(|error| error.to_string())?;
    Ok((resolved, entries))
}

/// The bytes of a regular file, up to one more than `limit`, by which the caller sees that it is too large.
fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, String> {
    let metadata = metadata(path)?;
    // Opening a pipe would wait for its writer, and a device may never end.
    if !metadata.is_file() {
        return Err(format!("it is {} where a file is expected", describe_kind(&metadata)));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(limit as u64 + 1).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|error| error.to_string())
}

/// The metadata of what a path leads to, links followed.
fn metadata(path: &Path) -> Result<Metadata, String> {
    fs::metadata(path).map_err(|error| {
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        match error.kind() {
            io::ErrorKind::NotFound if is_link => "it is a link that leads nowhere".to_owned(),
            _ if is_link => format!("it is a link that cannot be followed: {error}"),
            _ => error.to_string(),
        }
    })
}

fn describe_kind(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() {
        "a directory"
    } else if metadata.is_file() {
        "a file"
    } else {
        "a pipe, socket or device"
    }
}

#[cfg(test)]
mod tests;
