//! Mutation testing: which mutants the tests kill, and for each survivor a request that tells it from the policy.

mod test_file;

use actra_engine::diagnostics::{Position, Sources};

use crate::decision_test::{DecisionTest, decision_tests};
use crate::mutant::{Mutant, PolicyAst, mutants_of_default, mutants_of_rule};
use crate::parallel;
use crate::patchable_policy::PatchablePolicy;
use crate::search::{CandidateRequests, Witness, WitnessSearch};
use crate::set_tests::SetTests;

/// What mutation testing found.
#[derive(Debug)]
pub struct MutationReport {
    /// In the order of the policy, the default first.
    pub results: Vec<MutantResult>,
    /// How many tests were run against each.
    pub tests: usize,
}

/// A mutant and its outcome.
#[derive(Debug)]
pub struct MutantResult {
    /// The mutant.
    pub mutant: Mutant,
    /// Whether a test noticed it, or why none could.
    pub outcome: MutantOutcome,
}

/// Whether a mutant was killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MutantOutcome {
    /// This test fails under it, the first one that does.
    Killed {
        /// The name of the test.
        test: String,
    },
    /// No test fails under it, although this request is decided otherwise.
    Survived(Box<Witness>),
    /// No test fails under it, and no request was found that it decides otherwise: it seems to be equivalent.
    PresumedEquivalent,
}

impl MutationReport {
    /// How many mutants were killed.
    pub fn killed(&self) -> usize {
        self.count(|outcome| matches!(outcome, MutantOutcome::Killed { .. }))
    }

    /// How many mutants survived.
    pub fn survived(&self) -> usize {
        self.count(|outcome| matches!(outcome, MutantOutcome::Survived(_)))
    }

    /// How many mutants seem to decide the same as the policy; they are left out of the score.
    pub fn presumed_equivalent(&self) -> usize {
        self.count(|outcome| *outcome == MutantOutcome::PresumedEquivalent)
    }

    /// The share of killed mutants among those that are not equivalent, in hundredths of a percent, rounded down.
    pub fn score(&self) -> usize {
        let (killed, survived) = (self.killed(), self.survived());
        (killed * 10_000).checked_div(killed + survived).unwrap_or(10_000)
    }

    fn count(&self, is_counted: impl Fn(&MutantOutcome) -> bool) -> usize {
        self.results.iter().filter(|result| is_counted(&result.outcome)).count()
    }
}

/// Runs the tests of a set, which should all pass, against every mutant of the set.
///
/// The same set and tests give the same report, whatever the number of threads.
/// `None` if the set does not compile.
pub fn mutation_report(tests: &SetTests<'_>) -> Option<MutationReport> {
    let outcome = tests.outcome();
    let policy = outcome.policy.as_ref()?;
    let ast = PolicyAst::new(policy, outcome);
    let decision_tests = decision_tests(tests, policy);
    let search = WitnessSearch::new(policy, &decision_tests);
    let parts: Vec<Option<usize>> = std::iter::once(None).chain((0..policy.rules.len()).map(Some)).collect();
    let start = || PatchablePolicy::new(policy);
    let results = parallel::map(&parts, tests.jobs(), start, |patchable, part| {
        let mutants = match part {
            None => mutants_of_default(policy, &ast),
            Some(idx) => mutants_of_rule(policy, *idx, &ast),
        };
        let mut candidates = search.candidates(*part);
        let test = |mutant| test_mutant(mutant, patchable, &decision_tests, &mut candidates);
        mutants.into_iter().map(test).collect::<Vec<_>>()
    });
    Some(MutationReport { results: results.into_iter().flatten().collect(), tests: decision_tests.len() })
}

fn test_mutant(
    mutant: Mutant,
    patchable: &mut PatchablePolicy,
    tests: &[DecisionTest<'_>],
    candidates: &mut CandidateRequests<'_>,
) -> MutantResult {
    let outcome = patchable.with(&mutant.change, |mutated, applied| {
        let kills = |test: &&DecisionTest<'_>| {
            let decision = test.evaluated.decision_under(mutated, applied);
            decision.is_some_and(|decision| test.fails_with(&decision))
        };
        if let Some(test) = tests.iter().find(kills) {
            return MutantOutcome::Killed { test: test.name.to_owned() };
        }
        match candidates.witness(mutated, &mutant.change, applied) {
            Some(witness) => MutantOutcome::Survived(Box::new(witness)),
            None => MutantOutcome::PresumedEquivalent,
        }
    });
    MutantResult { mutant, outcome }
}

/// A name for the case that would kill a mutant.
pub fn case_name(result: &MutantResult, sources: &Sources) -> String {
    let location = result.mutant.span.and_then(|span| {
        let Position { line, column } = sources.position(span.file, span.start);
        Some(format!("{}:{line}:{column}: ", sources.get(span.file)?.path))
    });
    format!("{}{}", location.unwrap_or_default(), result.mutant)
}
