use std::num::NonZeroUsize;

use actra_engine::diagnostics::Sources;
use actra_engine::model::RawRequest;
use actra_engine::{Explanation, Outcome, PolicySet, compile, explain};

use crate::difference::Difference;
use crate::parallel;
use crate::run;
use crate::suite::{Case, Suite};

/// The tests of one set, read and ready to run.
#[derive(Debug)]
pub struct TestSet<'s> {
    /// The set that the tests are about, compiled.
    outcome: &'s Outcome,
    files: Vec<TestFile>,
    jobs: NonZeroUsize,
}

/// One file of tests.
#[derive(Debug)]
struct TestFile {
    path: String,
    suite: Suite,
    /// The set of the file, if that is another one.
    own: Option<Outcome>,
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// The name of the case.
    pub name: String,
    /// The file that it stands in.
    pub file: String,
    /// Where the case starts, from 1.
    pub line: u32,
    /// What is not as expected; empty for a test that passes.
    pub differences: Vec<Difference>,
    place: (usize, usize),
}

impl<'s> TestSet<'s> {
    /// The cases of some files, given the set that they are about as files and compiled.
    pub fn new(
        set: &PolicySet,
        outcome: &'s Outcome,
        files: Vec<(String, Suite)>,
        jobs: NonZeroUsize,
    ) -> Self {
        let file = |(path, suite): (String, Suite)| {
            let own = (suite.set != *set).then(|| compile(&suite.set));
            TestFile { path, suite, own }
        };
        Self { outcome, files: files.into_iter().map(file).collect(), jobs }
    }

    /// Keeps the cases whose name holds this text.
    pub fn retain(&mut self, part: &str) {
        for file in &mut self.files {
            file.suite.cases.retain(|case| case.name.contains(part));
        }
    }

    /// How many cases there are.
    pub fn len(&self) -> usize {
        self.files.iter().map(|file| file.suite.cases.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs all cases in parallel; the results are in the order of the files.
    pub fn run(&self) -> Vec<TestResult> {
        let places: Vec<_> = self.places().collect();
        let result = |(): &mut (), place: &Place<'_>| TestResult {
            name: place.case.name.clone(),
            file: place.file.path.clone(),
            line: place.case.line,
            differences: self.outcome_of(place, |outcome| run::differences(place.case, outcome)),
            place: place.at,
        };
        parallel::map(&places, self.jobs, || (), result)
    }

    /// Shows the request, the explained decision of a case, and the set that it was made by; `None` for one without a
    /// decision.
    pub fn explained<T>(
        &self,
        result: &TestResult,
        show: impl FnOnce(&RawRequest, &Explanation<'_>, &Outcome) -> T,
    ) -> Option<T> {
        let place = self.places().find(|place| place.at == result.place)?;
        let request = actra_wire::read_request(place.case.request.as_deref()?);
        self.outcome_of(&place, |outcome| {
            let explanation = explain(outcome.policy.as_ref()?, &request);
            Some(show(&request, &explanation, outcome))
        })
    }

    /// The texts of the set that the tests are about.
    pub fn sources(&self) -> &'s Sources {
        &self.outcome.sources
    }

    /// The cases about the set itself, with its own files: those that coverage and mutants look at.
    pub(crate) fn own_cases(&self) -> impl Iterator<Item = &Case> {
        let own = self.places().filter(|place| place.file.own.is_none() && place.case.files.is_empty());
        own.map(|place| place.case)
    }

    pub(crate) fn outcome(&self) -> &'s Outcome {
        self.outcome
    }

    pub(crate) fn jobs(&self) -> NonZeroUsize {
        self.jobs
    }

    fn places(&self) -> impl Iterator<Item = Place<'_>> {
        self.files.iter().enumerate().flat_map(|(file_idx, file)| {
            file.suite.cases.iter().enumerate().map(move |(idx, case)| Place {
                at: (file_idx, idx),
                file,
                case,
            })
        })
    }

    fn outcome_of<T>(&self, place: &Place<'_>, then: impl FnOnce(&Outcome) -> T) -> T {
        match &place.file.own {
            _ if place.case.is_checked() => match place.case.checked(&place.file.suite) {
                Some(checked) => then(&checked),
                None => then(self.outcome),
            },
            _ if !place.case.files.is_empty() => then(&compile(&place.file.suite.set_of(place.case))),
            Some(own) => then(own),
            None => then(self.outcome),
        }
    }
}

impl TestResult {
    /// Whether the test holds.
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

struct Place<'t> {
    at: (usize, usize),
    file: &'t TestFile,
    case: &'t Case,
}
