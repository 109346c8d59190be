//! The tests of one policy set, run in parallel.

use std::num::NonZeroUsize;

use actra_engine::diagnostics::Sources;
use actra_engine::model::RawRequest;
use actra_engine::{Compilation, Explanation, PolicySet, compile, explain};

use crate::case_file::{Case, CaseFile};
use crate::mismatch::Mismatch;
use crate::parallel;
use crate::run;

/// The tests of one set, read and ready to run.
#[derive(Debug)]
pub struct SetTests<'s> {
    /// The set that the tests are about, compiled.
    outcome: &'s Compilation,
    files: Vec<TestFile>,
    jobs: NonZeroUsize,
}

/// One file of tests.
#[derive(Debug)]
struct TestFile {
    path: String,
    case_file: CaseFile,
    /// The set that the file is about, if that is another one.
    other_set: Option<Compilation>,
}

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// The name of the case.
    pub name: String,
    /// The file that it stands in.
    pub file: String,
    /// Where the case starts, from 1.
    pub line: u32,
    /// What is not as expected; empty if the test passes.
    pub mismatches: Vec<Mismatch>,
    index: CaseIndex,
}

/// The index of a file, and of a case in it.
type CaseIndex = (usize, usize);

impl<'s> SetTests<'s> {
    /// The cases of some files. The set that they are about is given as text and compiled.
    pub fn new(
        set: &PolicySet,
        outcome: &'s Compilation,
        files: Vec<(String, CaseFile)>,
        jobs: NonZeroUsize,
    ) -> Self {
        let file = |(path, case_file): (String, CaseFile)| {
            let other_set = (case_file.set != *set).then(|| compile(&case_file.set));
            TestFile { path, case_file, other_set }
        };
        Self { outcome, files: files.into_iter().map(file).collect(), jobs }
    }

    /// Keeps the cases whose name holds this text.
    pub fn retain(&mut self, part: &str) {
        for file in &mut self.files {
            file.case_file.cases.retain(|case| case.name.contains(part));
        }
    }

    /// How many cases there are.
    pub fn len(&self) -> usize {
        self.files.iter().map(|file| file.case_file.cases.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs all cases in parallel; the results are in the order of the files.
    pub fn run(&self) -> Vec<TestResult> {
        let cases: Vec<_> = self.cases().collect();
        let run = |(): &mut (), entry: &CaseInFile<'_>| TestResult {
            name: entry.case.name.clone(),
            file: entry.file.path.clone(),
            line: entry.case.line,
            mismatches: self.with_outcome(entry, |outcome| run::mismatches(entry.case, outcome)),
            index: entry.index,
        };
        parallel::map(&cases, self.jobs, || (), run)
    }

    /// Passes on the request of a case, its explained decision, and the set that decided; `None` for a case without a
    /// decision.
    pub fn explained<T>(
        &self,
        result: &TestResult,
        show: impl FnOnce(&RawRequest, &Explanation<'_>, &Compilation) -> T,
    ) -> Option<T> {
        let entry = self.cases().find(|entry| entry.index == result.index)?;
        let request = actra_wire::read_request(entry.case.request.as_deref()?);
        self.with_outcome(&entry, |outcome| {
            let explanation = explain(outcome.policy.as_ref()?, &request);
            Some(show(&request, &explanation, outcome))
        })
    }

    /// The texts of the set that the tests are about.
    pub fn sources(&self) -> &'s Sources {
        &self.outcome.sources
    }

    /// The cases about the set itself, without files of their own: those that coverage and mutation testing use.
    pub(crate) fn own_cases(&self) -> impl Iterator<Item = &Case> {
        let own = self.cases().filter(|entry| entry.file.other_set.is_none() && entry.case.files.is_empty());
        own.map(|entry| entry.case)
    }

    pub(crate) fn outcome(&self) -> &'s Compilation {
        self.outcome
    }

    pub(crate) fn jobs(&self) -> NonZeroUsize {
        self.jobs
    }

    fn cases(&self) -> impl Iterator<Item = CaseInFile<'_>> {
        self.files.iter().enumerate().flat_map(|(file_idx, file)| {
            let cases = file.case_file.cases.iter().enumerate();
            cases.map(move |(idx, case)| CaseInFile { index: (file_idx, idx), file, case })
        })
    }

    /// Passes on the set that a case is about, compiled or analyzed as the case demands.
    fn with_outcome<T>(&self, entry: &CaseInFile<'_>, then: impl FnOnce(&Compilation) -> T) -> T {
        let CaseInFile { file, case, .. } = entry;
        if let Some(analyzed) = case.analyzed(&file.case_file) {
            return then(&analyzed);
        }
        if !case.files.is_empty() {
            return then(&compile(&file.case_file.set_of(case)));
        }
        then(file.other_set.as_ref().unwrap_or(self.outcome))
    }
}

impl TestResult {
    /// Whether the test passes.
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// A case with the file that it stands in.
struct CaseInFile<'t> {
    index: CaseIndex,
    file: &'t TestFile,
    case: &'t Case,
}
