use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use actra_engine::{PolicySet, SetFile};
use actra_testing::{Problem, Suite};

use crate::{ReadSetError, read_set, read_tests};

/// The test files of a set, or all that is wrong with them.
pub type Suites = Result<Vec<(String, Suite)>, Vec<(String, Vec<Problem>)>>;

/// Reads the test files of a set, which is the set in the same directory.
pub fn read_suites(path: &Path, set: &PolicySet) -> Result<Suites, ReadSetError> {
    let files = read_tests(path)?;
    let mut sets = Sets { own: fs::canonicalize(path).ok(), set, others: BTreeMap::new() };
    let (mut suites, mut wrong) = (Vec::new(), Vec::new());
    for file in &files {
        match suite(path, file, &mut sets) {
            Ok(suite) => suites.push((file.path.clone(), suite)),
            Err(problems) => wrong.push((file.path.clone(), problems)),
        }
    }
    Ok(if wrong.is_empty() { Ok(suites) } else { Err(wrong) })
}

fn suite(path: &Path, file: &SetFile, sets: &mut Sets<'_>) -> Result<Suite, Vec<Problem>> {
    let problem = |message: String| vec![Problem { line: 1, column: 1, message }];
    let bytes = file.content.as_ref().map_err(|reason| problem(format!("cannot be read: {reason}")))?;
    if !file.path.ends_with(".yaml") {
        return Err(problem("the names of test files end in `.yaml`".to_owned()));
    }
    let text = str::from_utf8(bytes).map_err(|_| problem("the file is not UTF-8".to_owned()))?;
    let absolute = path.join(&file.path);
    let folder = absolute.parent().unwrap_or(path);
    let suite = Suite::read_for(sets.set, &file.path, text, &mut |named| sets.load(&folder.join(named)))?;
    // Cases that were taken out for a moment must not pass for tested.
    if suite.cases.is_empty() { Err(problem("the file holds no cases".to_owned())) } else { Ok(suite) }
}

/// The sets that test files name.
struct Sets<'s> {
    /// The tested set, links resolved.
    own: Option<PathBuf>,
    set: &'s PolicySet,
    others: BTreeMap<PathBuf, PolicySet>,
}

impl Sets<'_> {
    fn load(&mut self, path: &Path) -> Result<PolicySet, String> {
        let resolved = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if self.own.as_ref() == Some(&resolved) {
            return Ok(self.set.clone());
        }
        if let Some(set) = self.others.get(&resolved) {
            return Ok(set.clone());
        }
        let set = read_set(path).map_err(|error| error.to_string())?;
        self.others.insert(resolved, set.clone());
        Ok(set)
    }
}
