use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use actra_engine::{PolicySet, SetFile};
use actra_testing::{Problem, Suite};

use crate::load::shown;
use crate::output;
use crate::status::Stop;

/// The test files of a set; all that is wrong with them goes to standard error.
pub(crate) fn suites(path: &Path, set: &PolicySet) -> Result<Vec<(String, Suite)>, Stop> {
    let files = actra_host::read_tests(path).map_err(|error| Stop::Wrong(shown(error)))?;
    let mut sets = Sets { own: fs::canonicalize(path).ok(), set, others: BTreeMap::new() };
    let mut suites = Vec::new();
    let mut wrong = 0;
    for file in &files {
        match suite(path, file, &mut sets) {
            Ok(suite) => suites.push((file.path.clone(), suite)),
            Err(problems) => {
                wrong += 1;
                report(path, file, &problems);
            }
        }
    }
    match wrong {
        0 => Ok(suites),
        1 => Err(Stop::Wrong("a test file is wrong".to_owned())),
        _ => Err(Stop::Wrong(format!("{wrong} test files are wrong"))),
    }
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
    own: Option<std::path::PathBuf>,
    set: &'s PolicySet,
    others: BTreeMap<std::path::PathBuf, PolicySet>,
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
        let set = actra_host::read_set(path).map_err(|error| error.to_string())?;
        self.others.insert(resolved, set.clone());
        Ok(set)
    }
}

fn report(set: &Path, file: &SetFile, problems: &[Problem]) {
    let set = set.to_string_lossy();
    let set = shown(set.trim_end_matches('/'));
    for Problem { line, column, message } in problems {
        output::text(&format!("{set}/{}:{line}:{column}: {}\n", shown(&file.path), shown(message)));
    }
}
