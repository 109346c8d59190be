//! The files of a set and its tests at one moment, and what differs at a later one.

use std::collections::BTreeMap;
use std::path::Path;

use actra_engine::{PolicySet, SetFile};

use crate::output::printable;

/// The set and its test files, as they were read.
pub(crate) struct WatchedFiles {
    pub(crate) set: PolicySet,
    /// By path below the set; the error says why a file cannot be read.
    pub(crate) tests: BTreeMap<String, Result<String, String>>,
}

/// The paths that differ between two readings.
#[derive(Default)]
pub(crate) struct ChangedPaths {
    pub(crate) set: Vec<String>,
    pub(crate) tests: Vec<String>,
}

impl ChangedPaths {
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.tests.is_empty()
    }
}

impl WatchedFiles {
    /// Reads everything; an error if there is no such directory.
    pub(crate) fn read(set: &Path) -> Result<WatchedFiles, String> {
        let read = actra_host::read_policy_set(set).map_err(printable)?;
        let tests = actra_host::read_tests(set).map_err(printable)?;
        let tests = tests.into_iter().map(|file| (file.path.clone(), text(&file))).collect();
        Ok(WatchedFiles { set: read, tests })
    }

    /// The paths of files that are changed, new or gone in a later reading.
    pub(crate) fn changed_paths(&self, later: &WatchedFiles) -> ChangedPaths {
        let texts = |files: &WatchedFiles| -> BTreeMap<String, Result<Vec<u8>, String>> {
            files.set.files.iter().map(|file| (file.path.clone(), file.content.clone())).collect()
        };
        ChangedPaths {
            set: differing(&texts(self), &texts(later)),
            tests: differing(&self.tests, &later.tests),
        }
    }
}

fn differing<T: PartialEq>(before: &BTreeMap<String, T>, after: &BTreeMap<String, T>) -> Vec<String> {
    let mut paths: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|path| before.get(*path) != after.get(*path))
        .map(printable)
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// The text of a test file, or why it has none.
fn text(file: &SetFile) -> Result<String, String> {
    actra_host::test_file_text(file).map(str::to_owned)
}
