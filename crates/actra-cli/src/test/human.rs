//! The report of a run of tests, for people.

use std::fmt::Write;

use actra_engine::diagnostics::Verbosity;
use actra_testing::TestResult;

use super::TestRun;
use super::indent::indented;
use crate::listing::{count, limit, remainder};
use crate::output::printable;
use crate::source_locations::Locations;

/// How many failing tests are shown in full.
const MAX_FAILURES_SHOWN: usize = 20;

/// The tests that fail, each with its explanation, and a line that counts.
pub(super) fn render(run: &TestRun<'_>, verbosity: Verbosity) -> String {
    let TestRun { path, tests, report, of_several } = run;
    let origin = path.to_string_lossy();
    let origin = origin.trim_end_matches('/');
    let mut text = String::new();
    let failures = report.results.iter().filter(|result| !result.passed());
    failures
        .take(limit(verbosity, MAX_FAILURES_SHOWN))
        .for_each(|result| failure(&mut text, run, result, verbosity));
    let failed = report.failed();
    if let Some(more) = remainder(verbosity, failed, MAX_FAILURES_SHOWN, "failing test") {
        let _ = writeln!(text, "{more}\n");
    }
    if *of_several {
        let _ = write!(text, "{}: ", printable(origin));
    }
    let counted = format!("{} passed", count(report.results.len() - failed, "test"));
    let _ = match failed {
        0 => writeln!(text, "{counted}"),
        _ => writeln!(text, "{counted}, {failed} failed"),
    };
    let locations = Locations { sources: tests.sources(), set: path };
    if let Some(coverage) = &report.coverage {
        super::coverage::show(&mut text, coverage, locations, verbosity);
    }
    if let Some(mutants) = &report.mutants {
        super::mutants::show(&mut text, mutants, locations, verbosity);
    }
    text
}

fn failure(text: &mut String, run: &TestRun<'_>, result: &TestResult, verbosity: Verbosity) {
    let origin = run.path.to_string_lossy();
    let file = format!("{}/{}", printable(origin.trim_end_matches('/')), printable(&result.file));
    let _ = writeln!(text, "FAILED {}\n  at {file}:{}", printable(&result.name), result.line);
    for mismatch in &result.mismatches {
        let message = indented(&mismatch.message());
        let _ = writeln!(text, "  {file}:{}: {}", mismatch.line, message.trim_start());
    }
    let explained = run.explained(result, verbosity);
    if let Some((request, explanation)) = explained {
        let _ = writeln!(text, "  {request}{}", indented(&explanation).trim_end());
    }
    text.push('\n');
}
