//! Test files of a policy set, run for the pytest plugin.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use actra_testing::{Report, SetTests, coverage, write_report};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Runs the tests of a policy directory: `actra/test/v1` with coverage.
#[pyfunction]
pub(crate) fn run_tests(py: Python<'_>, path: PathBuf) -> PyResult<Vec<u8>> {
    py.detach(|| report(&path)).map_err(PyValueError::new_err)
}

fn report(path: &std::path::Path) -> Result<Vec<u8>, String> {
    let set = actra_host::read_policy_set(path).map_err(|error| error.to_string())?;
    let outcome = actra_engine::compile(&set);
    if outcome.policy.is_none() {
        return Err("the policy set does not compile: see `actra check`".to_owned());
    }
    let case_files =
        actra_host::read_case_files(path, &set).map_err(|error| error.to_string())?.map_err(|wrong| {
            let shown = wrong.iter().flat_map(|(file, problems)| {
                problems.iter().map(move |at| format!("{file}:{}:{}: {}", at.line, at.column, at.message))
            });
            shown.collect::<Vec<_>>().join("\n")
        })?;
    let tests = SetTests::new(&set, &outcome, case_files, NonZeroUsize::MIN);
    let report = Report { results: tests.run(), coverage: coverage(&tests), mutants: None };
    let mut out = Vec::new();
    write_report(&tests, &report, None, &mut out);
    Ok(out)
}
