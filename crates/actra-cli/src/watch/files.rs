use std::collections::BTreeMap;
use std::path::Path;

use actra_engine::{PolicySet, SetFile};

use crate::load::shown;

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
        let tests = actra_host::read_tests(set).map_err(shown)?;
        let tests = tests.into_iter().map(|file| (file.path.clone(), text(file))).collect();
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

/// The text of a test file, or why there is none.
fn text(file: SetFile) -> Result<String, String> {
    let bytes = file.content.map_err(|reason| format!("cannot be read: {reason}"))?;
    if !file.path.ends_with(".yaml") {
        return Err("the names of test files end in `.yaml`".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
}
