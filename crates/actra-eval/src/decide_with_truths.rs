//! Deciding with given truths, for tools that try many changes of one policy on the same requests.

use actra_ir::{Policy, Rule};
use actra_model::{Decision, Request};

use crate::decide::{RuleTruth, conclude};
use crate::scope::action_in_scope;
use crate::truth::Truth;

/// The decision that [`crate::decide`] gives if each rule in scope is what `truth_of` says.
///
/// `truth_of` is given each rule in scope with its index in the policy.
pub fn decide_with_truths<'p>(
    policy: &'p Policy,
    request: &Request,
    mut truth_of: impl FnMut(usize, &Rule) -> Truth,
) -> Decision<'p> {
    let Some(action) = action_in_scope(request) else {
        return request.refusal(policy.hash);
    };
    let rules = policy.rules.iter().enumerate();
    let covering = rules.filter(|(_, rule)| rule.covers(action));
    let not_false = covering.map(|(idx, rule)| RuleTruth { rule, truth: truth_of(idx, rule) });
    let not_false: Vec<_> = not_false.filter(|found| found.truth != Truth::False).collect();
    conclude(policy, request, action, &not_false)
}
