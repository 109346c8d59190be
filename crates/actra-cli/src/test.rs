//! `actra test SET`

mod coverage;
mod human;
mod junit;
mod mutants;
mod read;

use std::num::NonZeroUsize;
use std::thread;

use actra_engine::compile;
use actra_testing::{Report, TestSet};

use crate::args::{TestArguments, TestFormat};
use crate::load;
use crate::output::{self, Output};
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &TestArguments, output: &mut Output) -> Result<Status, Stop> {
    let set = actra_host::read_set(&arguments.set).map_err(|error| Stop::Wrong(load::shown(error)))?;
    let outcome = load::compiled(compile(&set), &arguments.set)?;
    let suites = read::suites(&arguments.set, &set)?;
    let jobs = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut tests = TestSet::new(&set, &outcome, suites, jobs);
    if let Some(part) = &arguments.filter {
        tests.retain(part);
    }
    if tests.is_empty() {
        return Err(no_tests(arguments));
    }
    let report = report(&tests, arguments);
    match arguments.format {
        TestFormat::Human => output.answer(human::show(&tests, &report, &arguments.set))?,
        TestFormat::Json => {
            let mut json = Vec::new();
            actra_testing::write_report(&tests, &report, &mut json);
            json.push(b'\n');
            output.answer(json)?;
        }
        TestFormat::Junit => output.answer(junit::show(&tests, &report))?,
    }
    Ok(status(&report, arguments))
}

fn report(tests: &TestSet<'_>, arguments: &TestArguments) -> Report {
    let results = tests.run();
    let coverage = if arguments.coverage { actra_testing::coverage(tests) } else { None };
    let mut report = Report { results, coverage, mutants: None };
    // A test that fails already would seem to notice everything.
    if arguments.mutants && report.passed() {
        report.mutants = actra_testing::mutants(tests);
    } else if arguments.mutants {
        output::message("mutants are tried once all tests pass");
    }
    report
}

fn status(report: &Report, arguments: &TestArguments) -> Status {
    let wanted = usize::from(arguments.fail_under.unwrap_or(0)) * 100;
    let low = report.mutants.as_ref().is_some_and(|mutants| mutants.score() < wanted);
    if report.passed() && !low { Status::Fine } else { Status::No }
}

/// Nothing to run is wrong input: a misspelled filter or a forgotten folder must not look like success.
fn no_tests(arguments: &TestArguments) -> Stop {
    let set = load::shown(arguments.set.display());
    Stop::Wrong(match &arguments.filter {
        Some(part) => format!("no test in `{set}` has `{}` in its name", load::shown(part)),
        None => format!("there are no tests in `{set}`: cases stand in `tests/**/*.yaml`"),
    })
}
