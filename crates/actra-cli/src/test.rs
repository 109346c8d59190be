//! `actra test [SET...]`

mod case_files;
mod coverage;
mod human;
mod indent;
mod junit;
mod mutants;
mod write;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use actra_engine::diagnostics::Verbosity;
use actra_engine::model::{RawRequest, Schema};
use actra_engine::{Compilation, PolicySet, compile, redact};
use actra_testing::{CaseFile, Report, SetTests, TestResult, written_request};

use crate::args::{TestArguments, TestFormat};
use crate::exit::{Exit, ExitStatus};
use crate::explanation::HumanExplanation;
use crate::output::{self, Output, printable};
use crate::policy_set;

pub(crate) fn run(arguments: &TestArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    if let Some(file) = &arguments.write {
        write::check_target(file, &arguments.sets)?;
    }
    let mut status = ExitStatus::Success;
    let mut sets = Vec::new();
    for path in &arguments.sets {
        match SetUnderTest::read(path, arguments) {
            Ok(set) => sets.push(set),
            // The other sets are still tested.
            Err(Exit::Usage(message)) => {
                output::message(&message);
                status = status.max(ExitStatus::Usage);
            }
            Err(exit) => return Err(exit),
        }
    }
    let mut runs = Vec::new();
    for set in &sets {
        match set.run(arguments) {
            Some(run) => {
                status = status.max(run.status(arguments));
                run.show(arguments, output)?;
                runs.push(run);
            }
            None if arguments.filter.is_none() => {
                output::message(&no_tests(std::slice::from_ref(&set.path), arguments));
                status = status.max(ExitStatus::Usage);
            }
            None => {}
        }
    }
    // A filter may leave no test of one set, but not none at all.
    if runs.is_empty() && status < ExitStatus::Usage {
        return Err(Exit::Usage(no_tests(&arguments.sets, arguments)));
    }
    if arguments.format == TestFormat::Junit && !runs.is_empty() {
        output.answer(junit::render(&runs))?;
    }
    Ok(status)
}

/// A set that compiles, and its test files.
struct SetUnderTest {
    path: PathBuf,
    set: PolicySet,
    outcome: Compilation,
    case_files: Vec<(String, CaseFile)>,
}

impl SetUnderTest {
    fn read(path: &Path, arguments: &TestArguments) -> Result<Self, Exit> {
        let set = policy_set::read(path)?;
        let outcome = policy_set::reject_errors(compile(&set), path, arguments.verbosity.level())?;
        let case_files = case_files::read(path, &set)?;
        Ok(Self { path: path.to_owned(), set, outcome, case_files })
    }

    /// `None` if there is nothing to run.
    fn run(&self, arguments: &TestArguments) -> Option<TestRun<'_>> {
        let jobs = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let mut tests = SetTests::new(&self.set, &self.outcome, self.case_files.clone(), jobs);
        if let Some(part) = &arguments.filter {
            tests.retain(part);
        }
        if tests.is_empty() {
            return None;
        }
        let report = report(&tests, arguments);
        Some(TestRun { path: &self.path, tests, report, of_several: arguments.sets.len() > 1 })
    }
}

/// The tests of a set with their report.
struct TestRun<'a> {
    path: &'a Path,
    tests: SetTests<'a>,
    report: Report,
    /// Whether it is one of several sets, so that answers have to say which.
    of_several: bool,
}

impl TestRun<'_> {
    /// What goes to standard output, and the file that is written.
    fn show(&self, arguments: &TestArguments, output: &mut Output) -> Result<(), Exit> {
        match arguments.format {
            TestFormat::Human => output.answer(human::render(self, arguments.verbosity.level()))?,
            TestFormat::Json => {
                let mut json = Vec::new();
                let set = self.path.to_string_lossy();
                let set = self.of_several.then_some(&*set);
                actra_testing::write_report(&self.tests, &self.report, set, &mut json);
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

    fn status(&self, arguments: &TestArguments) -> ExitStatus {
        let required = usize::from(arguments.fail_under.unwrap_or(0)) * 100;
        let is_score_low = self.report.mutants.as_ref().is_some_and(|mutants| mutants.score() < required);
        if self.report.passed() && !is_score_low { ExitStatus::Success } else { ExitStatus::Negative }
    }

    /// The request of a case, and why it was decided so; `None` for a case without a decision.
    fn explained(&self, result: &TestResult, verbosity: Verbosity) -> Option<(String, String)> {
        let explained = self.tests.explained(result, |request, explanation, outcome| {
            let policy = outcome.policy.as_ref()?;
            let sources = &outcome.sources;
            let human = HumanExplanation { explanation, policy, sources, set: self.path, verbosity };
            Some((describe_request(&policy.schema, request), human.render("")))
        });
        explained.flatten()
    }
}

/// The request without what is sensitive; nothing for one that cannot be read, whose only form is the text in the file.
fn describe_request(schema: &Schema, request: &RawRequest) -> String {
    match request.fault {
        Some(_) => String::new(),
        None => format!("the request {}\n", printable(written_request(&redact(schema, request)))),
    }
}

fn report(tests: &SetTests<'_>, arguments: &TestArguments) -> Report {
    let results = tests.run();
    let coverage = if arguments.coverage { actra_testing::coverage(tests) } else { None };
    let mut report = Report { results, coverage, mutants: None };
    if !arguments.mutants {
        return report;
    }
    // A test that fails anyway would seem to kill every mutant.
    if report.passed() {
        report.mutants = actra_testing::mutation_report(tests);
    } else {
        output::message("mutants are tried once all tests pass");
    }
    report
}

/// The message that there is nothing to run. This is wrong input: a misspelled filter or a forgotten directory must
/// not look like success.
fn no_tests(sets: &[PathBuf], arguments: &TestArguments) -> String {
    let sets: Vec<String> = sets.iter().map(|set| format!("`{}`", printable(set.display()))).collect();
    let sets = sets.join(", ");
    match &arguments.filter {
        Some(part) => format!("no test in {sets} has `{}` in its name", printable(part)),
        None => format!("there are no tests in {sets}: test cases are in `tests/**/*.yaml`"),
    }
}
