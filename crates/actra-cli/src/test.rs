//! `actra test [SET...]`

mod coverage;
mod human;
mod junit;
mod mutants;
mod read;
mod write;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use actra_engine::{Outcome, PolicySet, compile};
use actra_testing::{Report, Suite, TestSet};

use crate::args::{TestArguments, TestFormat};
use crate::load;
use crate::output::{self, Output};
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &TestArguments, output: &mut Output) -> Result<Status, Stop> {
    if let Some(file) = &arguments.write {
        write::refuse(file, &arguments.sets)?;
    }
    let mut status = Status::Fine;
    let mut loaded = Vec::new();
    for path in &arguments.sets {
        match Loaded::read(path, arguments) {
            Ok(set) => loaded.push(set),
            // The other sets are still tested.
            Err(Stop::Wrong(message)) => {
                output::message(&message);
                status = status.max(Status::Wrong);
            }
            Err(stop) => return Err(stop),
        }
    }
    let mut tested = Vec::new();
    for set in &loaded {
        match set.run(arguments) {
            Some(found) => {
                status = status.max(found.status(arguments));
                found.show(arguments, output)?;
                tested.push(found);
            }
            None if arguments.filter.is_none() => {
                output::message(&no_tests(std::slice::from_ref(&set.path), arguments));
                status = status.max(Status::Wrong);
            }
            None => {}
        }
    }
    // A filter may leave nothing of one set, not of all.
    if tested.is_empty() && status < Status::Wrong {
        return Err(Stop::Wrong(no_tests(&arguments.sets, arguments)));
    }
    if arguments.format == TestFormat::Junit && !tested.is_empty() {
        output.answer(junit::show(&tested))?;
    }
    Ok(status)
}

/// A set that compiles, and its test files.
struct Loaded {
    path: PathBuf,
    set: PolicySet,
    outcome: Outcome,
    suites: Vec<(String, Suite)>,
}

impl Loaded {
    fn read(path: &Path, arguments: &TestArguments) -> Result<Self, Stop> {
        let set = load::text(path)?;
        let outcome = load::compiled(compile(&set), path, arguments.volume.amount())?;
        let suites = read::suites(path, &set)?;
        Ok(Self { path: path.to_owned(), set, outcome, suites })
    }

    /// `None` if there is nothing to run.
    fn run(&self, arguments: &TestArguments) -> Option<Tested<'_>> {
        let jobs = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let mut tests = TestSet::new(&self.set, &self.outcome, self.suites.clone(), jobs);
        if let Some(part) = &arguments.filter {
            tests.retain(part);
        }
        if tests.is_empty() {
            return None;
        }
        let report = report(&tests, arguments);
        Some(Tested { path: &self.path, tests, report, of_several: arguments.sets.len() > 1 })
    }
}

/// The tests of a set with what they found.
struct Tested<'a> {
    path: &'a Path,
    tests: TestSet<'a>,
    report: Report,
    /// One of several sets: answers say which.
    of_several: bool,
}

impl Tested<'_> {
    /// What goes to standard output, and the file that is written.
    fn show(&self, arguments: &TestArguments, output: &mut Output) -> Result<(), Stop> {
        match arguments.format {
            TestFormat::Human => output.answer(human::show(self, arguments.volume.amount()))?,
            TestFormat::Json => {
                let mut json = Vec::new();
                actra_testing::write_report(&self.tests, &self.report, &mut json);
                if self.of_several {
                    actra_wire::write_set(&self.path.to_string_lossy(), &mut json);
                }
                json.push(b'\n');
                output.answer(json)?;
            }
            TestFormat::Junit => {}
        }
        match (&arguments.write, &self.report.mutants) {
            (Some(file), Some(mutants)) => write::write(file, mutants, self.tests.sources()),
            _ => Ok(()),
        }
    }

    fn status(&self, arguments: &TestArguments) -> Status {
        let wanted = usize::from(arguments.fail_under.unwrap_or(0)) * 100;
        let low = self.report.mutants.as_ref().is_some_and(|mutants| mutants.score() < wanted);
        if self.report.passed() && !low { Status::Fine } else { Status::No }
    }
}

fn report(tests: &TestSet<'_>, arguments: &TestArguments) -> Report {
    let results = tests.run();
    let coverage = if arguments.coverage { actra_testing::coverage(tests) } else { None };
    let mut report = Report { results, coverage, mutants: None };
    // A test that fails already would seem to notice everything.
    if arguments.mutants && report.passed() {
        report.mutants = actra_testing::mutation_report(tests);
    } else if arguments.mutants {
        output::message("mutants are tried once all tests pass");
    }
    report
}

/// Nothing to run is wrong input: a misspelled filter or a forgotten folder must not look like success.
fn no_tests(sets: &[PathBuf], arguments: &TestArguments) -> String {
    let sets: Vec<String> = sets.iter().map(|set| format!("`{}`", load::shown(set.display()))).collect();
    let sets = sets.join(", ");
    match &arguments.filter {
        Some(part) => format!("no test in {sets} has `{}` in its name", load::shown(part)),
        None => format!("there are no tests in {sets}: cases stand in `tests/**/*.yaml`"),
    }
}
