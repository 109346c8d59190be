//! The test files of a set, read and parsed, with the other sets that they name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use actra_engine::{PolicySet, SetFile};
use actra_testing::{CaseFile, Problem};

use crate::location::{LocationError, SetLocation};

/// The test files of a set by path, or everything that is wrong with them.
pub type CaseFiles = Result<Vec<(String, CaseFile)>, Vec<(String, Vec<Problem>)>>;

/// Reads the test files of a set, which is the set in the same directory, or at the same path of a repository
/// (`git:REV:PATH`).
pub fn read_case_files(path: &Path, set: &PolicySet) -> Result<CaseFiles, LocationError> {
    let location = SetLocation::parse(path)?;
    let files = location.read_tests()?;
    let mut sets = SetCache { tested: location.identity(), set, others: BTreeMap::new() };
    let (mut case_files, mut invalid) = (Vec::new(), Vec::new());
    for file in &files {
        match read_case_file(&location, file, &mut sets) {
            Ok(case_file) => case_files.push((file.path.clone(), case_file)),
            Err(problems) => invalid.push((file.path.clone(), problems)),
        }
    }
    Ok(if invalid.is_empty() { Ok(case_files) } else { Err(invalid) })
}

fn read_case_file(
    location: &SetLocation,
    file: &SetFile,
    sets: &mut SetCache<'_>,
) -> Result<CaseFile, Vec<Problem>> {
    let problem = |message: String| vec![Problem { line: 1, column: 1, message }];
    let text = test_file_text(file).map_err(problem)?;
    let directory = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let case_file = CaseFile::read_for(sets.set, &file.path, text, &mut |named| {
        sets.load(&location.join(&directory.join(named)))
    })?;
    // A file whose cases were all taken out for a moment must not look as if its tests passed.
    if case_file.cases.is_empty() {
        Err(problem("the file holds no cases".to_owned()))
    } else {
        Ok(case_file)
    }
}

/// The text of a test file, or why it has none that could be run.
pub fn test_file_text(file: &SetFile) -> Result<&str, String> {
    let bytes = file.content.as_ref().map_err(|reason| format!("cannot be read: {reason}"))?;
    if !file.path.ends_with(".yaml") {
        return Err("the names of test files end in `.yaml`".to_owned());
    }
    str::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
}

/// The sets that test files name, each read once.
struct SetCache<'s> {
    /// The identity of the tested set.
    tested: Option<PathBuf>,
    set: &'s PolicySet,
    /// Sets that case files name, by the identity of their directory, so that each is read once.
    others: BTreeMap<PathBuf, PolicySet>,
}

impl SetCache<'_> {
    fn load(&mut self, location: &SetLocation) -> Result<PolicySet, String> {
        let Some(identity) = location.identity() else {
            return location.read_policy_set().map_err(|error| error.to_string());
        };
        if self.tested.as_ref() == Some(&identity) {
            return Ok(self.set.clone());
        }
        if let Some(set) = self.others.get(&identity) {
            return Ok(set.clone());
        }
        let set = location.read_policy_set().map_err(|error| error.to_string())?;
        self.others.insert(identity, set.clone());
        Ok(set)
    }
}
