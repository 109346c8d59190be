//! The search for witnesses: requests that a mutant decides otherwise than the policy.
//!
//! Candidates are put together from boundary values of what rules read, such that the changed part decides.

mod draft;
mod literals;
mod nested_edit;
mod pattern_text;
mod rng;
mod targeted;
mod values;
mod witness;

use std::collections::BTreeMap;

use actra_engine::ir;
use actra_engine::model::{ActionId, RawRequest, Request};

use crate::action_ids::action_ids;
use crate::decision_test::DecisionTest;
use crate::evaluated::EvaluatedRequest;
use crate::mutant::Mutation;
use crate::patchable_policy::AppliedChange;
use draft::{FieldValues, RequestDraft};
use literals::LiteralPool;
use targeted::TargetedGenerator;
pub use witness::Witness;

/// What the search starts from, for every rule of a policy.
pub(crate) struct WitnessSearch<'p> {
    policy: &'p ir::Policy,
    literals: LiteralPool,
    /// Requests of tests, by action.
    test_requests: BTreeMap<ActionId, Vec<&'p Request>>,
}

/// Requests that exercise one rule, by action; generated when they are first needed.
pub(crate) struct CandidateRequests<'s> {
    search: &'s WitnessSearch<'s>,
    rule: Option<usize>,
    generated: BTreeMap<(SearchStage, ActionId), Vec<(RawRequest, EvaluatedRequest)>>,
}

/// How candidates are generated: a later stage is tried where the earlier one has no witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SearchStage {
    /// Around the boundaries of the rule.
    Boundaries,
    /// Drawn at random, faults included.
    Random,
}

/// About how many evaluations of rules the candidates of one rule and action may cost.
const EVALUATIONS: usize = 600_000;
/// The most candidates for one rule and action.
const MAX_CANDIDATES: usize = 4_000;
/// The most actions that are looked at for one mutant.
const MAX_ACTIONS: usize = 6;
/// How many requests of tests variations start from, for each action.
const MAX_TEST_REQUESTS: usize = 12;

impl<'p> WitnessSearch<'p> {
    pub(crate) fn new(policy: &'p ir::Policy, tests: &'p [DecisionTest<'_>]) -> Self {
        let mut literals = LiteralPool::default();
        policy.rules.iter().for_each(|rule| literals.collect(&rule.condition));
        literals.share();
        let mut test_requests: BTreeMap<ActionId, Vec<&Request>> = BTreeMap::new();
        for test in tests {
            let Some(action) = test.evaluated.action() else { continue };
            let requests = test_requests.entry(action).or_default();
            if requests.len() < MAX_TEST_REQUESTS {
                requests.push(&test.evaluated.request);
            }
        }
        Self { policy, literals, test_requests }
    }

    /// Candidates for the changes of a rule, or of the default.
    pub(crate) fn candidates(&'p self, rule: Option<usize>) -> CandidateRequests<'p> {
        CandidateRequests { search: self, rule, generated: BTreeMap::new() }
    }

    fn generate(
        &self,
        rule: Option<usize>,
        stage: SearchStage,
        action: ActionId,
    ) -> Vec<(RawRequest, EvaluatedRequest)> {
        let schema = &self.policy.schema;
        let target = rule.and_then(|idx| self.policy.rules.get(idx));
        let mut literals = LiteralPool::default();
        target.iter().for_each(|rule| literals.collect(&rule.condition));
        literals.share();
        let fields = FieldValues::new(schema, action, &literals, &self.literals);
        let rules = self.policy.rules.iter();
        let covering: Vec<_> = rules.filter(|rule| rule.covers(action)).collect();
        let limit = (EVALUATIONS / covering.len().max(1)).clamp(64, MAX_CANDIDATES);
        let seed = rule.map_or(0, |idx| idx as u64 + 1) << 32 | u64::from(action.0);
        let mut generator = TargetedGenerator::new(schema, &fields, seed);
        let of_tests = self.test_requests.get(&action).map(Vec::as_slice).unwrap_or_default().iter();
        let of_tests: Vec<RequestDraft> = of_tests
            .map(|request| RequestDraft::from_request(schema, request, action, &fields.plain))
            .collect();
        let drafts = match stage {
            SearchStage::Boundaries => generator.at_boundaries(target, &covering, &of_tests, limit),
            SearchStage::Random => generator.at_random(target, &covering, &of_tests, limit),
        };
        let evaluate = |draft: RequestDraft| {
            let raw = draft.to_raw(schema);
            let evaluated = EvaluatedRequest::new(self.policy, &raw);
            (raw, evaluated)
        };
        let mut candidates: Vec<_> = drafts.into_iter().map(evaluate).collect();
        // Requests without faults come first, as people write them; the sort is stable.
        candidates.sort_by_key(|(_, evaluated)| !evaluated.request.faults.is_empty());
        candidates
    }
}

impl CandidateRequests<'_> {
    /// A request that is decided otherwise: with another effect if there is one, else with another difference that a
    /// test can name.
    pub(crate) fn witness(
        &mut self,
        mutated: &ir::Policy,
        change: &Mutation,
        applied: &AppliedChange<'_>,
    ) -> Option<Witness> {
        let witness = self.witness_in(SearchStage::Boundaries, mutated, change, applied);
        witness.or_else(|| self.witness_in(SearchStage::Random, mutated, change, applied))
    }

    fn witness_in(
        &mut self,
        stage: SearchStage,
        mutated: &ir::Policy,
        change: &Mutation,
        applied: &AppliedChange<'_>,
    ) -> Option<Witness> {
        let mut fallback = None;
        for action in self.actions(mutated, change) {
            let (search, rule) = (self.search, self.rule);
            let candidates =
                self.generated.entry((stage, action)).or_insert_with(|| search.generate(rule, stage, action));
            for (raw, evaluated) in candidates.iter() {
                let Some(decision) = evaluated.decision_under(mutated, applied) else { continue };
                let has_other_effect = decision.effect != evaluated.decision.effect;
                let is_wanted = has_other_effect
                    || (fallback.is_none() && witness::differ_visibly(&decision, &evaluated.decision));
                if !is_wanted {
                    continue;
                }
                let witness = Witness {
                    request: raw.clone(),
                    decided: evaluated.decision.clone(),
                    mutated: decision.into_owned(),
                };
                if has_other_effect {
                    return Some(witness);
                }
                fallback = Some(witness);
            }
        }
        fallback
    }

    /// The actions to look at: those that the change removes or adds, or else those of the rule.
    fn actions(&self, mutated: &ir::Policy, change: &Mutation) -> Vec<ActionId> {
        let Mutation::Rule(idx, rule) = change else {
            return action_ids(&mutated.schema).take(MAX_ACTIONS).collect();
        };
        let Some(original) = self.search.policy.rules.get(*idx) else { return Vec::new() };
        let only = |one: &[ActionId], other: &[ActionId]| -> Vec<ActionId> {
            one.iter().filter(|action| other.binary_search(action).is_err()).copied().collect()
        };
        let mut changed = only(&original.actions, &rule.actions);
        changed.extend(only(&rule.actions, &original.actions));
        let chosen = if changed.is_empty() { original.actions.to_vec() } else { changed };
        chosen.into_iter().take(MAX_ACTIONS).collect()
    }
}
