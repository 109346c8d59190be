//! Reading the test files of a set.

use std::path::Path;

use actra_engine::PolicySet;
use actra_testing::{CaseFile, Problem};

use crate::exit::Exit;
use crate::output::{self, printable};

/// The test files of a set; what is wrong with them is reported on standard error.
pub(super) fn read(path: &Path, set: &PolicySet) -> Result<Vec<(String, CaseFile)>, Exit> {
    let read = actra_host::read_case_files(path, set).map_err(|error| Exit::Usage(printable(error)))?;
    read.map_err(|invalid| {
        invalid.iter().for_each(|(file, problems)| report(path, file, problems));
        match invalid.len() {
            1 => Exit::Usage("a test file has errors".to_owned()),
            many => Exit::Usage(format!("{many} test files have errors")),
        }
    })
}

fn report(set: &Path, file: &str, problems: &[Problem]) {
    let set = set.to_string_lossy();
    let set = printable(set.trim_end_matches('/'));
    for Problem { line, column, message } in problems {
        output::text(&format!("{set}/{}:{line}:{column}: {}\n", printable(file), printable(message)));
    }
}
