//! Checks and tests again whenever files have changed, and says what became better or worse.

use std::collections::BTreeMap;
use std::path::Path;

use actra_engine::diagnostics::{self, Verbosity};
use actra_engine::{PolicySet, check};
use actra_testing::{CaseOutcome, CaseResult};

use super::files::{ChangedPaths, WatchedFiles};
use crate::exit::{Exit, ExitStatus};
use crate::output::{Output, printable};
use crate::policy_set;
use crate::set_summary::summary;

/// The results so far, which the next ones are compared with.
pub(crate) struct WatchSession<'a> {
    set: &'a Path,
    verbosity: Verbosity,
    compiles: bool,
    /// The results of each test file, by its path.
    results: BTreeMap<String, Vec<CaseResult>>,
    /// The file and name of each case that failed at the last time.
    failing: Vec<(String, String)>,
    is_first: bool,
}

impl<'a> WatchSession<'a> {
    pub(crate) fn new(set: &'a Path, verbosity: Verbosity) -> Self {
        Self {
            set,
            verbosity,
            compiles: false,
            results: BTreeMap::new(),
            failing: Vec::new(),
            is_first: true,
        }
    }

    /// `Usage` if the set does not compile, `Negative` if a test fails.
    pub(crate) fn status(&self) -> ExitStatus {
        if !self.compiles {
            ExitStatus::Usage
        } else if self.results.values().flatten().all(CaseResult::passed) {
            ExitStatus::Success
        } else {
            ExitStatus::Negative
        }
    }

    /// Checks the set and runs all tests.
    pub(crate) fn check_all(&mut self, files: &WatchedFiles, output: &mut Output) -> Result<(), Exit> {
        self.check(files, output)?;
        self.results.clear();
        self.test(files, &files.tests.keys().cloned().collect::<Vec<_>>());
        self.show(output)
    }

    /// Repeats what the changed files may have changed.
    pub(crate) fn check_changed(
        &mut self,
        files: &WatchedFiles,
        changed: &ChangedPaths,
        output: &mut Output,
    ) -> Result<(), Exit> {
        let paths = [changed.set.as_slice(), changed.tests.as_slice()].concat();
        output.line(format!("changed: {}", paths.join(", ")))?;
        if !changed.set.is_empty() {
            return self.check_all(files, output);
        }
        self.results.retain(|path, _| files.tests.contains_key(path));
        self.test(files, &changed.tests);
        self.show(output)
    }

    fn check(&mut self, files: &WatchedFiles, output: &mut Output) -> Result<(), Exit> {
        let outcome = check(&files.set);
        self.compiles = outcome.policy.is_some();
        output.flush()?;
        policy_set::report(&outcome.diagnostics, &outcome.sources, self.set, self.verbosity);
        output.line(summary(&outcome, false))
    }

    /// Runs test files; a set that does not compile would only fail them all.
    fn test(&mut self, files: &WatchedFiles, paths: &[String]) {
        if !self.compiles {
            return;
        }
        for (path, text) in paths.iter().filter_map(|path| Some((path, files.tests.get(path)?))) {
            let results = match text {
                Ok(text) => self.run(&files.set, path, text),
                Err(error) => vec![unreadable(path, error)],
            };
            self.results.insert(path.clone(), results);
        }
    }

    fn run(&self, set: &PolicySet, path: &str, text: &str) -> Vec<CaseResult> {
        let directory = self.set.join(path);
        let directory = directory.parent().unwrap_or(self.set);
        actra_testing::run_file_for(set, path, text, &mut |set| {
            actra_host::read_policy_set(&directory.join(set)).map_err(printable)
        })
    }

    /// Tests that began to fail, in full; those that still fail, and those that no longer do, by name; and the counts.
    fn show(&mut self, output: &mut Output) -> Result<(), Exit> {
        if !self.compiles {
            return output.line("tests: not run, since the set is refused");
        }
        let results: Vec<&CaseResult> = self.results.values().flatten().collect();
        let failed: Vec<&CaseResult> = results.iter().copied().filter(|result| !result.passed()).collect();
        let key = |result: &CaseResult| (result.file.clone(), result.name.clone());
        for result in &failed {
            let was_failing = self.failing.contains(&key(result));
            let how = match was_failing {
                _ if self.is_first => "fails",
                false => "now fails",
                true => "still fails",
            };
            output.line(format!("  {how}: {}", describe_case(result)))?;
            if let (false, CaseOutcome::Failed(differences)) = (was_failing, &result.outcome) {
                for line in differences.lines() {
                    output.line(format!("    {}", diagnostics::terminal_safe(line)))?;
                }
            }
        }
        let passed = results.iter().copied().filter(|result| result.passed());
        for result in passed.filter(|result| self.failing.contains(&key(result))) {
            output.line(format!("  now passes: {}", describe_case(result)))?;
        }
        output.line(counts(results.len() - failed.len(), failed.len()))?;
        self.failing = failed.iter().map(|result| key(result)).collect();
        self.is_first = false;
        Ok(())
    }
}

fn unreadable(path: &str, error: &str) -> CaseResult {
    let outcome = CaseOutcome::Failed(error.to_owned());
    CaseResult { name: String::new(), file: path.to_owned(), line: 1, outcome }
}

fn describe_case(result: &CaseResult) -> String {
    let name = if result.name.is_empty() { "the file".to_owned() } else { printable(&result.name) };
    format!("{}:{}: {name}", printable(&result.file), result.line)
}

fn counts(passed: usize, failed: usize) -> String {
    match (passed, failed) {
        (0, 0) => "tests: none".to_owned(),
        (passed, 0) => format!("tests: {passed} passed"),
        (passed, failed) => format!("tests: {passed} passed, {failed} failed"),
    }
}
