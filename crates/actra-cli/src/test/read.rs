use std::path::Path;

use actra_engine::PolicySet;
use actra_testing::{Problem, Suite};

use crate::load::shown;
use crate::output;
use crate::status::Stop;

/// The test files of a set; all that is wrong with them goes to standard error.
pub(crate) fn suites(path: &Path, set: &PolicySet) -> Result<Vec<(String, Suite)>, Stop> {
    let read = actra_host::read_suites(path, set).map_err(|error| Stop::Wrong(shown(error)))?;
    read.map_err(|wrong| {
        wrong.iter().for_each(|(file, problems)| report(path, file, problems));
        match wrong.len() {
            1 => Stop::Wrong("a test file is wrong".to_owned()),
            many => Stop::Wrong(format!("{many} test files are wrong")),
        }
    })
}

fn report(set: &Path, file: &str, problems: &[Problem]) {
    let set = set.to_string_lossy();
    let set = shown(set.trim_end_matches('/'));
    for Problem { line, column, message } in problems {
        output::text(&format!("{set}/{}:{line}:{column}: {}\n", shown(file), shown(message)));
    }
}
