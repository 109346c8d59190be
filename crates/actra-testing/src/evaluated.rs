//! A request evaluated once, so that its decision under many small changes of the policy costs little.

use actra_engine::ir::Rule;
use actra_engine::model::{ActionId, Decision, RawRequest, Request};
use actra_engine::{Truth, decide_with_truths, evaluate_condition, ir};

use crate::patchable_policy::AppliedChange;

/// A request with its decision, and with what every rule comes to.
#[derive(Debug)]
pub(crate) struct EvaluatedRequest {
    pub(crate) request: Request,
    /// The rules in scope that are not false, by index, ascending.
    truths: Vec<(usize, Truth)>,
    pub(crate) decision: Decision<'static>,
}

impl EvaluatedRequest {
    pub(crate) fn new(policy: &ir::Policy, raw: &RawRequest) -> Self {
        let request = Request::from_raw(&policy.schema, raw);
        let mut truths = Vec::new();
        let decision = decide_with_truths(policy, &request, |idx, rule| {
            let truth = evaluate_condition(&rule.condition, &request);
            if truth != Truth::False {
                truths.push((idx, truth.clone()));
            }
            truth
        });
        let decision = decision.into_owned();
        Self { request, truths, decision }
    }

    /// The action of a valid request.
    pub(crate) fn action(&self) -> Option<ActionId> {
        self.request.action_id.filter(|_| !self.request.invalid)
    }

    pub(crate) fn truth(&self, idx: usize) -> &Truth {
        match self.truths.binary_search_by_key(&idx, |(idx, _)| *idx) {
            Ok(found) => self.truths.get(found).map_or(&Truth::False, |(_, truth)| truth),
            Err(_) => &Truth::False,
        }
    }

    /// The decision by the policy with a change in it; `None` if it is the same.
    pub(crate) fn decision_under<'p>(
        &self,
        mutated: &'p ir::Policy,
        change: &AppliedChange<'_>,
    ) -> Option<Decision<'p>> {
        let action = self.action()?;
        let decision = match change {
            AppliedChange::Default => {
                decide_with_truths(mutated, &self.request, |idx, _| self.truth(idx).clone())
            }
            AppliedChange::Rule { idx, original } => {
                let rule = mutated.rules.get(*idx)?;
                let covers = |rule: &Rule| rule.covers(action);
                let (old_truth, covered) = (self.truth(*idx), covers(rule));
                let new_truth =
                    if covered { evaluate_condition(&rule.condition, &self.request) } else { Truth::False };
                let is_false = new_truth == Truth::False && *old_truth == Truth::False;
                let has_same_effect = new_truth == *old_truth && !differ_when_true(original, rule);
                // Which faults a decision lists depends on which rules cover the action.
                let lists_same_faults = self.request.faults.is_empty() || (!covers(original) && !covered);
                if (is_false || has_same_effect) && lists_same_faults {
                    return None;
                }
                decide_with_truths(mutated, &self.request, |other, _| {
                    if other == *idx { new_truth.clone() } else { self.truth(other).clone() }
                })
            }
        };
        (decision != self.decision).then_some(decision)
    }
}

/// Whether two versions of a rule decide differently even if their conditions come to the same.
fn differ_when_true(old: &Rule, new: &Rule) -> bool {
    old.effect != new.effect || old.mode != new.mode || old.required_actions != new.required_actions
}
