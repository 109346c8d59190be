use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use actra_engine::PolicySet;
use actra_engine::model::limits;

use crate::load::shown;

/// Folders below `tests/` at most.
const DEPTH: usize = 32;

/// What is looked at: the set, and its test files.
pub(crate) struct Files {
    pub(crate) set: PolicySet,
    /// By path below the set, with `/`; what cannot be read is an error.
    pub(crate) tests: BTreeMap<String, Result<String, String>>,
}

/// The paths that differ between two readings.
#[derive(Default)]
pub(crate) struct Differences {
    pub(crate) set: Vec<String>,
    pub(crate) tests: Vec<String>,
}

impl Differences {
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.tests.is_empty()
    }
}

impl Files {
    /// Everything as it is now; an error if there is no such directory.
    pub(crate) fn read(set: &Path) -> Result<Files, String> {
        let read = actra_host::read_set(set).map_err(shown)?;
        let mut tests = BTreeMap::new();
        add_tests(&set.join("tests"), "tests", 0, &mut tests);
        Ok(Files { set: read, tests })
    }

    /// What is another in a later reading: changed, new or gone.
    pub(crate) fn differences(&self, later: &Files) -> Differences {
        let texts = |files: &Files| -> BTreeMap<String, Result<Vec<u8>, String>> {
            files.set.files.iter().map(|file| (file.path.clone(), file.content.clone())).collect()
        };
        Differences { set: changed(&texts(self), &texts(later)), tests: changed(&self.tests, &later.tests) }
    }
}

fn changed<T: PartialEq>(before: &BTreeMap<String, T>, after: &BTreeMap<String, T>) -> Vec<String> {
    let mut paths: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|path| before.get(*path) != after.get(*path))
        .map(shown)
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Adds the YAML files of a folder and the folders below it.
fn add_tests(
    folder: &Path,
    relative: &str,
    depth: usize,
    tests: &mut BTreeMap<String, Result<String, String>>,
) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => {
            tests.insert(relative.to_owned(), Err(error.to_string()));
            return;
        }
    };
    if depth > DEPTH {
        tests.insert(relative.to_owned(), Err(format!("it lies deeper than {DEPTH} folders")));
        return;
    }
    for entry in entries.flatten() {
        let path = entry.path();
        let name = format!("{relative}/{}", entry.file_name().to_string_lossy());
        let is_test = path.extension().is_some_and(|ending| ending == "yaml");
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => add_tests(&path, &name, depth + 1, tests),
            Ok(metadata) if is_test => drop(tests.insert(name, read_text(&path, &metadata))),
            Err(error) if is_test => drop(tests.insert(name, Err(error.to_string()))),
            _ => {}
        }
    }
}

fn read_text(path: &Path, metadata: &fs::Metadata) -> Result<String, String> {
    // Opening a pipe would wait for its writer.
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    if metadata.len() > limits::SET_BYTES as u64 {
        return Err("it is larger than the limit".to_owned());
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}
