//! Requests on which a change of the policy shows: boundary values of what rules read, put together so that the
//! changed part decides.

mod aim;
mod draft;
mod edit;
mod pool;
mod rng;
mod text;
mod values;
mod witness;

use std::collections::BTreeMap;

use actra_engine::ir;
use actra_engine::model::{ActionId, RawRequest, Request};

use crate::mutate::Change;
use crate::observed::{Applied, Observed, Probe, actions};
use aim::Aim;
use draft::{Draft, Fields};
use pool::Pool;
pub use witness::Witness;

/// What the search for one rule starts from.
pub(crate) struct Search<'p> {
    policy: &'p ir::Policy,
    pool: Pool,
    /// What tests ask, by action.
    asked: BTreeMap<ActionId, Vec<&'p Request>>,
}

/// Requests that look at one rule, by action; made when they are first needed.
pub(crate) struct Candidates<'s> {
    search: &'s Search<'s>,
    rule: Option<usize>,
    made: BTreeMap<(Tier, ActionId), Vec<(RawRequest, Observed)>>,
}

/// What is tried first, and what is tried where that shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    /// Around the boundaries of the rule.
    Near,
    /// Drawn at random, faults included.
    Far,
}

/// Truths of rules worked out for the candidates of one rule and action, about.
const EFFORT: usize = 600_000;
/// Candidates for one rule and action at most.
const MOST: usize = 4_000;
/// Actions looked at for one mutant at most.
const ACTIONS: usize = 6;
/// Requests of tests that variations start from, for each action.
const ASKED: usize = 12;

impl<'p> Search<'p> {
    pub(crate) fn new(policy: &'p ir::Policy, probes: &'p [Probe<'_>]) -> Self {
        let mut pool = Pool::default();
        policy.rules.iter().for_each(|rule| pool.collect(&rule.condition));
        pool.share();
        let mut asked: BTreeMap<ActionId, Vec<&Request>> = BTreeMap::new();
        for probe in probes {
            if let Some(action) = probe.observed.action() {
                let requests = asked.entry(action).or_default();
                if requests.len() < ASKED {
                    requests.push(&probe.observed.request);
                }
            }
        }
        Self { policy, pool, asked }
    }

    /// Candidates for the changes of a rule, or of the default.
    pub(crate) fn candidates(&'p self, rule: Option<usize>) -> Candidates<'p> {
        Candidates { search: self, rule, made: BTreeMap::new() }
    }

    fn make(&self, rule: Option<usize>, tier: Tier, action: ActionId) -> Vec<(RawRequest, Observed)> {
        let schema = &self.policy.schema;
        let own = rule.and_then(|idx| self.policy.rules.get(idx));
        let mut pool = Pool::default();
        own.iter().for_each(|rule| pool.collect(&rule.condition));
        pool.share();
        let fields = Fields::new(schema, action, &pool, &self.pool);
        let rules = self.policy.rules.iter();
        let covering: Vec<_> = rules.filter(|rule| rule.actions.binary_search(&action).is_ok()).collect();
        let most = (EFFORT / covering.len().max(1)).clamp(64, MOST);
        let seed = rule.map_or(0, |idx| idx as u64 + 1) << 32 | u64::from(action.0);
        let mut aim = Aim::new(schema, &fields, seed);
        let asked = self.asked.get(&action).map(Vec::as_slice).unwrap_or_default();
        let asked: Vec<Draft> =
            asked.iter().map(|request| Draft::of_request(schema, request, action, &fields.plain)).collect();
        let drafts = match tier {
            Tier::Near => aim.near(own, &covering, &asked, most),
            Tier::Far => aim.far(own, &covering, &asked, most),
        };
        let observed = drafts.into_iter().map(|draft| {
            let raw = draft.to_raw(schema);
            let observed = Observed::new(self.policy, &raw);
            (raw, observed)
        });
        // Requests that everyone would write come first; sorting keeps the order otherwise.
        let mut observed: Vec<_> = observed.collect();
        observed.sort_by_key(|(_, observed)| !observed.request.faults.is_empty());
        observed
    }
}

impl Candidates<'_> {
    /// A request on which the change shows: in the effect if there is one, else in something that a test can name.
    pub(crate) fn witness(
        &mut self,
        mutated: &ir::Policy,
        change: &Change,
        applied: &Applied<'_>,
    ) -> Option<Witness> {
        let near = self.witness_in(Tier::Near, mutated, change, applied);
        near.or_else(|| self.witness_in(Tier::Far, mutated, change, applied))
    }

    fn witness_in(
        &mut self,
        tier: Tier,
        mutated: &ir::Policy,
        change: &Change,
        applied: &Applied<'_>,
    ) -> Option<Witness> {
        let mut fallback = None;
        for action in self.actions(mutated, change) {
            let (search, rule) = (self.search, self.rule);
            let made = self.made.entry((tier, action)).or_insert_with(|| search.make(rule, tier, action));
            for (raw, observed) in made.iter() {
                let Some(decision) = observed.changed(mutated, applied) else { continue };
                let effect = decision.effect != observed.decision.effect;
                if !effect && (fallback.is_some() || !witness::shows(&decision, &observed.decision)) {
                    continue;
                }
                let witness = Witness {
                    request: raw.clone(),
                    decided: observed.decision.clone(),
                    mutated: decision.into_owned(),
                };
                if effect {
                    return Some(witness);
                }
                fallback = Some(witness);
            }
        }
        fallback
    }

    /// The actions to look at: those that the change takes away or adds, else those of the rule.
    fn actions(&self, mutated: &ir::Policy, change: &Change) -> Vec<ActionId> {
        let Change::Rule(idx, rule) = change else {
            return actions(&mutated.schema).take(ACTIONS).collect();
        };
        let Some(original) = self.search.policy.rules.get(*idx) else { return Vec::new() };
        let only = |one: &[ActionId], other: &[ActionId]| -> Vec<ActionId> {
            one.iter().filter(|action| other.binary_search(action).is_err()).copied().collect()
        };
        let mut changed = only(&original.actions, &rule.actions);
        changed.extend(only(&rule.actions, &original.actions));
        let chosen = if changed.is_empty() { original.actions.to_vec() } else { changed };
        chosen.into_iter().take(ACTIONS).collect()
    }
}
