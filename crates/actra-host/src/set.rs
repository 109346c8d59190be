use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use actra_engine::model::limits;
use actra_engine::{CompiledBaseline, PolicySet, SetFile, baseline_path, suggest};

/// Why a policy directory cannot be read at all.
///
/// A single file that cannot be read is no such error: it is part of the set, and compiling reports it.
#[derive(Debug, thiserror::Error)]
pub enum ReadSetError {
    /// There is nothing at the path.
    #[error("there is no policy directory `{}`", .0.display())]
    Missing(PathBuf),
    /// The path is a compiled policy.
    #[error("`{}` is a compiled policy; this needs the text of a set, a policy directory", .0.display())]
    Compiled(PathBuf),
    /// The path is something else than a directory.
    #[error("`{}` is not a policy directory", .0.display())]
    NotADirectory(PathBuf),
    /// The directory cannot be listed.
    #[error("cannot read the policy directory `{}`: {error}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Folders below `policies/` at most.
const FOLDER_DEPTH: usize = 32;
/// Entries looked at below one set; what links to folders may multiply stays bounded.
const ENTRIES: usize = 200_000;

/// The policy set in a directory: top-level files that could be meant as part of it, every YAML file below
/// `policies/`, and the files of the baseline that `governance.yaml` names, wherever it lies.
///
/// Whatever is there and cannot be read (no permission, a link that leads nowhere, a pipe) is a file of the set whose
/// content says why, never an absence. Which names a set knows is for compiling to say.
/// Links are followed. Reads at most [`limits::SET_BYTES`] and a little more, and never waits for a pipe.
pub fn read_set(path: &Path) -> Result<PolicySet, ReadSetError> {
    let mut set = read_folder(path)?;
    if let Some(baseline) = baseline_path(&set) {
        let place = path.join(&baseline);
        match place.is_file() {
            true => set.baseline = Some(CompiledBaseline(crate::open::compiled_baseline(&place))),
            false => set.files.extend(read_baseline(path, &baseline)),
        }
    }
    Ok(set)
}

fn read_folder(path: &Path) -> Result<PolicySet, ReadSetError> {
    let mut walk = Walk { set: PolicySet::default(), bytes: 0, entries: 0 };
    for entry in set_entries(path)? {
        walk.top_level(&entry);
    }
    Ok(walk.set)
}

/// The files of a baseline, or one file that says why there is none. A baseline of the baseline is not followed.
fn read_baseline(set: &Path, baseline: &str) -> Vec<SetFile> {
    let folder = set.join(baseline);
    let files = match same_folder(set, &folder) {
        true => Err("it is the set itself".to_owned()),
        false => read_folder(&folder).map_err(|error| error.to_string()),
    };
    baseline_files(baseline, files.map(|read| read.files))
}

/// The files of a baseline below its name, or one that says why there is none.
pub(crate) fn baseline_files(baseline: &str, read: Result<Vec<SetFile>, String>) -> Vec<SetFile> {
    match read {
        Ok(files) if files.is_empty() => {
            vec![SetFile { path: baseline.to_owned(), content: Err("the folder holds no policy".to_owned()) }]
        }
        Ok(files) => {
            let below = |file: SetFile| SetFile { path: format!("{baseline}/{}", file.path), ..file };
            files.into_iter().map(below).collect()
        }
        Err(reason) => vec![SetFile { path: baseline.to_owned(), content: Err(reason) }],
    }
}

/// Whether two paths lead to one folder, links resolved.
fn same_folder(first: &Path, second: &Path) -> bool {
    let resolved = |path: &Path| fs::canonicalize(path).ok();
    resolved(first).is_some_and(|first| resolved(second) == Some(first))
}

/// The test files of a set: every YAML file below `tests/`, by path; none if there is no such folder.
///
/// As with the set itself, a file that is there and cannot be read is never an absence.
pub fn read_tests(path: &Path) -> Result<Vec<SetFile>, ReadSetError> {
    let mut walk = Walk { set: PolicySet::default(), bytes: 0, entries: 0 };
    for entry in set_entries(path)? {
        if entry.name.eq_ignore_ascii_case("tests") {
            walk.folder(&entry, &entry.name, &mut Vec::new());
        }
    }
    walk.set.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.set.files)
}

/// What a policy directory holds.
fn set_entries(path: &Path) -> Result<Vec<Entry>, ReadSetError> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ReadSetError::Missing(path.to_owned()),
        _ => ReadSetError::Unreadable { path: path.to_owned(), error },
    })?;
    if !metadata.is_dir() {
        let compiled = path.extension().is_some_and(|ending| ending == "actra");
        let error = if compiled { ReadSetError::Compiled } else { ReadSetError::NotADirectory };
        return Err(error(path.to_owned()));
    }
    let unreadable = |error| ReadSetError::Unreadable { path: path.to_owned(), error };
    entries(path).map_err(unreadable)
}

/// Something in a folder.
struct Entry {
    path: PathBuf,
    /// Its name; what is not UTF-8 in it is replaced, and `readable_name` is false.
    name: String,
    readable_name: bool,
}

/// What a folder holds, sorted, so that every run sees the same order.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let entry = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let readable_name = name.to_str().is_some();
        Entry { path: entry.path(), name: name.to_string_lossy().into_owned(), readable_name }
    };
    let mut entries = fs::read_dir(folder)?.map(|found| found.map(entry)).collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

struct Walk {
    set: PolicySet,
    /// Read so far.
    bytes: usize,
    entries: usize,
}

impl Walk {
    fn top_level(&mut self, entry: &Entry) {
        if entry.name.eq_ignore_ascii_case("policies") {
            let mut above = Vec::new();
            self.folder(entry, &entry.name, &mut above);
        } else if is_look_alike(&entry.name) && fs::metadata(&entry.path).is_ok_and(|found| found.is_dir()) {
            self.look_alike(entry);
        } else if may_belong(&entry.name) {
            self.file(entry, entry.name.clone());
        }
    }

    /// The YAML files directly in a folder that looks as if it held rules: for compiling to say that they do not count.
    fn look_alike(&mut self, folder: &Entry) {
        match entries(&folder.path) {
            Ok(found) => {
                for entry in found.iter().take(ENTRIES).filter(|entry| is_yaml_like(&entry.name)) {
                    self.file(entry, format!("{}/{}", folder.name, entry.name));
                }
            }
            Err(error) => self.push(folder.name.clone(), Err(error.to_string())),
        }
    }

    /// Takes everything below a folder; `above` are the folders that it lies in, links resolved.
    fn folder(&mut self, entry: &Entry, relative: &str, above: &mut Vec<PathBuf>) {
        let found = open_folder(entry, above);
        let (resolved, entries) = match found {
            Ok(found) => found,
            Err(reason) => return self.push(relative.to_owned(), Err(reason)),
        };
        above.push(resolved);
        for entry in entries {
            self.entries += 1;
            if self.entries > ENTRIES {
                let reason = format!("there are more than {ENTRIES} files and folders below it");
                self.push(relative.to_owned(), Err(reason));
                break;
            }
            self.below(&entry, format!("{relative}/{}", entry.name), above);
        }
        above.pop();
    }

    fn below(&mut self, entry: &Entry, relative: String, above: &mut Vec<PathBuf>) {
        let is_folder = fs::metadata(&entry.path).is_ok_and(|metadata| metadata.is_dir());
        // Kubernetes mounts files as links into folders named `..data` and `..<time>`, which would count them twice.
        if is_folder && entry.name.starts_with("..") {
            return;
        }
        if is_folder {
            self.folder(entry, &relative, above);
        } else if is_yaml_like(&entry.name) {
            self.file(entry, relative);
        }
    }

    fn file(&mut self, entry: &Entry, relative: String) {
        let rest = limits::SET_BYTES.saturating_sub(self.bytes);
        let content = if !entry.readable_name {
            Err("its name is not UTF-8".to_owned())
        } else if self.bytes > limits::SET_BYTES {
            Err("the set is larger than the limit already".to_owned())
        } else {
            read_file(&entry.path, rest)
        };
        self.bytes = self.bytes.saturating_add(content.as_ref().map_or(0, Vec::len));
        self.push(relative, content);
    }

    fn push(&mut self, path: String, content: Result<Vec<u8>, String>) {
        self.set.files.push(SetFile { path, content });
    }
}

/// The resolved path of a folder and what it holds.
fn open_folder(entry: &Entry, above: &[PathBuf]) -> Result<(PathBuf, Vec<Entry>), String> {
    if !entry.readable_name {
        return Err("its name is not UTF-8".to_owned());
    }
    let metadata = metadata(&entry.path)?;
    if !metadata.is_dir() {
        return Err(format!("it is {} where a folder is expected", kind(&metadata)));
    }
    let resolved = fs::canonicalize(&entry.path).map_err(|error| error.to_string())?;
    if above.contains(&resolved) {
        return Err("it is a link to a folder that it lies in".to_owned());
    }
    if above.len() >= FOLDER_DEPTH {
        return Err(format!("it lies deeper than {FOLDER_DEPTH} folders"));
    }
    let entries = entries(&entry.path).map_err(|error| error.to_string())?;
    Ok((resolved, entries))
}

/// The bytes of a regular file, at most one more than `most`, which is how too much shows.
fn read_file(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    let metadata = metadata(path)?;
    // Opening a pipe would wait for its writer, and a device may never end.
    if !metadata.is_file() {
        return Err(format!("it is {} where a file is expected", kind(&metadata)));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(most as u64 + 1).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|error| error.to_string())
}

/// What a path leads to, links followed.
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

fn kind(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() {
        "a folder"
    } else if metadata.is_file() {
        "a file"
    } else {
        "a pipe, socket or device"
    }
}

/// Whether a folder has a name that somebody could give to one with rules.
fn is_look_alike(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["rules", "rule", "policy", "governance"].contains(&name.as_str())
        || suggest::closest(&name, ["policies"]).is_some()
}

/// Whether a top-level file could be meant as part of the set: it looks like YAML, or like one of its files.
fn may_belong(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split('.').next().unwrap_or("");
    // `governance.yaml.bak`, or `governance` alone.
    let is_variant = |name: &str| {
        let rest = lower.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(".yaml") || rest.starts_with(".yml"))
    };
    is_yaml_like(name)
        || ["schema", "policy", "governance"].into_iter().any(is_variant)
        || (lower.ends_with(".json") && ["schema", "policy", "policies", "governance"].contains(&stem))
}

/// Whether a file with this path, relative to a directory, is read as part of the set there.
pub(crate) fn belongs(path: &str) -> bool {
    match path.split_once('/') {
        Some((folder, rest)) => {
            let hidden = rest.split('/').rev().skip(1).any(|folder| folder.starts_with(".."));
            let looks_alike = is_look_alike(folder) && !rest.contains('/');
            (looks_alike || folder.eq_ignore_ascii_case("policies")) && is_yaml_like(rest) && !hidden
        }
        None => may_belong(path),
    }
}

/// Whether a file with this path, relative to a directory, holds tests of the set there.
pub(crate) fn is_test(path: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, rest)| {
        let hidden = rest.split('/').rev().skip(1).any(|folder| folder.starts_with(".."));
        folder.eq_ignore_ascii_case("tests") && is_yaml_like(rest) && !hidden
    })
}

fn is_yaml_like(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".yaml") || lower.ends_with(".yml")
}

#[cfg(test)]
mod tests;
