use std::collections::BTreeMap;
use std::path::Path;

use actra_engine::diagnostics::{self, Amount};
use actra_engine::{PolicySet, check};
use actra_testing::{CaseOutcome, CaseResult};

use super::files::{Differences, Files};
use crate::output::Output;
use crate::status::{Status, Stop};
use crate::{check, load};

/// One check after another, with what the last one found.
pub(crate) struct Rounds<'a> {
    set: &'a Path,
    amount: Amount,
    compiles: bool,
    /// The results of each test file, by its path.
    results: BTreeMap<String, Vec<CaseResult>>,
    /// What failed before this round: file and name of each case.
    failing: Vec<(String, String)>,
    first: bool,
}

impl<'a> Rounds<'a> {
    pub(crate) fn new(set: &'a Path, amount: Amount) -> Self {
        Self { set, amount, compiles: false, results: BTreeMap::new(), failing: Vec::new(), first: true }
    }

    /// Wrong input is a set that does not compile; the answer is no if a test fails.
    pub(crate) fn status(&self) -> Status {
        if !self.compiles {
            Status::Wrong
        } else if self.results.values().flatten().all(CaseResult::passed) {
            Status::Fine
        } else {
            Status::No
        }
    }

    /// Checks the set and runs all tests.
    pub(crate) fn all(&mut self, files: &Files, output: &mut Output) -> Result<(), Stop> {
        self.check(files, output)?;
        self.results.clear();
        self.test(files, &files.tests.keys().cloned().collect::<Vec<_>>());
        self.show(output)
    }

    /// Does again what the changed files can have changed.
    pub(crate) fn changed(
        &mut self,
        files: &Files,
        changed: &Differences,
        output: &mut Output,
    ) -> Result<(), Stop> {
        let paths = [changed.set.as_slice(), changed.tests.as_slice()].concat();
        output.line(format!("changed: {}", paths.join(", ")))?;
        if !changed.set.is_empty() {
            return self.all(files, output);
        }
        self.results.retain(|path, _| files.tests.contains_key(path));
        self.test(files, &changed.tests);
        self.show(output)
    }

    fn check(&mut self, files: &Files, output: &mut Output) -> Result<(), Stop> {
        let outcome = check(&files.set);
        self.compiles = outcome.policy.is_some();
        output.flush()?;
        load::report(&outcome.diagnostics, &outcome.sources, self.set, self.amount);
        output.line(check::verdict(&outcome, false))
    }

    /// Runs test files; a set that does not compile would only fail them all.
    fn test(&mut self, files: &Files, paths: &[String]) {
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
        let folder = self.set.join(path);
        let folder = folder.parent().unwrap_or(self.set);
        actra_testing::run_file_for(set, path, text, &mut |set| {
            actra_host::read_set(&folder.join(set)).map_err(load::shown)
        })
    }

    /// What became worse, in full; what is as bad as it was, by name; what became better, by name; and the numbers.
    fn show(&mut self, output: &mut Output) -> Result<(), Stop> {
        if !self.compiles {
            return output.line("tests: not run, since the set is refused");
        }
        let results: Vec<&CaseResult> = self.results.values().flatten().collect();
        let failed: Vec<&CaseResult> = results.iter().copied().filter(|result| !result.passed()).collect();
        let key = |result: &CaseResult| (result.file.clone(), result.name.clone());
        for result in &failed {
            let was_failing = self.failing.contains(&key(result));
            let how = match (self.first, was_failing) {
                (true, _) => "fails",
                (false, false) => "now fails",
                (false, true) => "still fails",
            };
            output.line(format!("  {how}: {}", place(result)))?;
            if let (false, CaseOutcome::Failed(differences)) = (was_failing, &result.outcome) {
                for line in differences.lines() {
                    output.line(format!("    {}", diagnostics::visible(line)))?;
                }
            }
        }
        let passed = results.iter().copied().filter(|result| result.passed());
        for result in passed.filter(|result| self.failing.contains(&key(result))) {
            output.line(format!("  now passes: {}", place(result)))?;
        }
        output.line(counted(results.len() - failed.len(), failed.len()))?;
        self.failing = failed.iter().map(|result| key(result)).collect();
        self.first = false;
        Ok(())
    }
}

fn unreadable(path: &str, error: &str) -> CaseResult {
    let outcome = CaseOutcome::Failed(error.to_owned());
    CaseResult { name: String::new(), file: path.to_owned(), line: 1, outcome }
}

fn place(result: &CaseResult) -> String {
    let name = if result.name.is_empty() { "the file".to_owned() } else { load::shown(&result.name) };
    format!("{}:{}: {name}", load::shown(&result.file), result.line)
}

fn counted(passed: usize, failed: usize) -> String {
    match (passed, failed) {
        (0, 0) => "tests: none".to_owned(),
        (passed, 0) => format!("tests: {passed} passed"),
        (passed, failed) => format!("tests: {passed} passed, {failed} failed"),
    }
}
