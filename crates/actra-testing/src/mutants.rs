//! Which mutants the tests notice, and requests that would have shown the others.

mod test_file;

use crate::mutate::{Mutant, Places, of_default, of_rule};
use crate::observed::{Probe, Workbench, probes};
use crate::parallel;
use crate::search::{Candidates, Search, Witness};
use crate::test_set::TestSet;

/// What became of every mutant.
#[derive(Debug)]
pub struct MutantReport {
    /// In the order of the policy, the default first.
    pub tried: Vec<Tried>,
    /// How many tests looked at each.
    pub tests: usize,
}

/// A mutant and what became of it.
#[derive(Debug)]
pub struct Tried {
    /// The mutant.
    pub mutant: Mutant,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// This test fails under it, the first one in order.
    Killed {
        /// Its name.
        test: String,
    },
    /// No test fails under it, and this request shows that it decides otherwise.
    Survived(Box<Witness>),
    /// No test fails under it, and no request was found that it decides otherwise.
    NoDifference,
}

impl MutantReport {
    /// How many mutants a test fails under.
    pub fn killed(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Killed { .. }))
    }

    /// How many mutants decide otherwise and no test notices.
    pub fn survived(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Survived(_)))
    }

    /// How many mutants seem to decide the same; they are left out of the score.
    pub fn alike(&self) -> usize {
        self.count(|fate| *fate == Fate::NoDifference)
    }

    /// Killed among those that decide otherwise, in hundredths of a percent, rounded down.
    pub fn score(&self) -> usize {
        let (killed, survived) = (self.killed(), self.survived());
        (killed * 10_000).checked_div(killed + survived).unwrap_or(10_000)
    }

    fn count(&self, is: impl Fn(&Fate) -> bool) -> usize {
        self.tried.iter().filter(|tried| is(&tried.fate)).count()
    }
}

/// Tries all mutants of the set against its tests, which should all pass.
///
/// The same set and tests give the same report, whatever the number of threads.
/// `None` if the set does not compile.
pub fn mutants(tests: &TestSet<'_>) -> Option<MutantReport> {
    let outcome = tests.outcome();
    let policy = outcome.policy.as_ref()?;
    let places = Places::new(policy, outcome);
    let probes = probes(tests, policy);
    let search = Search::new(policy, &probes);
    let parts: Vec<Option<usize>> = std::iter::once(None).chain((0..policy.rules.len()).map(Some)).collect();
    let start = || Workbench::new(policy);
    let tried = parallel::map(&parts, tests.jobs(), start, |bench, part| {
        let mutants = match part {
            None => of_default(policy, &places),
            Some(idx) => of_rule(policy, *idx, &places),
        };
        judge(bench, &probes, search.candidates(*part), mutants)
    });
    Some(MutantReport { tried: tried.into_iter().flatten().collect(), tests: probes.len() })
}

/// The fates of mutants of one rule, or of the default.
fn judge(
    bench: &mut Workbench,
    probes: &[Probe<'_>],
    mut candidates: Candidates<'_>,
    mutants: Vec<Mutant>,
) -> Vec<Tried> {
    let fate = |mutant: Mutant| {
        let fate = bench.with(&mutant.change, |mutated, change| {
            let noticed = probes.iter().find(|probe| {
                let decision = probe.observed.changed(mutated, change);
                decision.is_some_and(|decision| probe.notices(&decision))
            });
            match noticed {
                Some(probe) => Fate::Killed { test: probe.name.to_owned() },
                None => match candidates.witness(mutated, &mutant.change, change) {
                    Some(witness) => Fate::Survived(Box::new(witness)),
                    None => Fate::NoDifference,
                },
            }
        });
        Tried { mutant, fate }
    };
    mutants.into_iter().map(fate).collect()
}
