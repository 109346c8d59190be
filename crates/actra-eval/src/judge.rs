//! Deciding in parts, for tools that try many changes of one policy on the same requests.

use actra_ir::{Expr, Policy, Rule};
use actra_model::{Decision, Request};

use crate::decide::{Judged, action_in_scope, conclude};
use crate::record::Silent;
use crate::truth::Truth;
use crate::walk::Walk;

/// What a condition is for a request that was admitted under the schema that it was compiled for.
pub fn truth(condition: &Expr, request: &Request) -> Truth {
    Walk::new(request, Silent).truth(condition).into()
}

/// The decision that [`crate::decide`] gives if each rule in scope is what `truth_of` says.
///
/// Rules are asked for by their place in the policy.
pub fn decide_by<'p>(
    policy: &'p Policy,
    request: &Request,
    mut truth_of: impl FnMut(usize, &Rule) -> Truth,
) -> Decision<'p> {
    let Some(action) = action_in_scope(request) else {
        return request.refusal(policy.hash);
    };
    let rules = policy.rules.iter().enumerate();
    let covering = rules.filter(|(_, rule)| rule.actions.binary_search(&action).is_ok());
    let judged = covering.map(|(idx, rule)| Judged { rule, truth: truth_of(idx, rule) });
    let judged: Vec<_> = judged.filter(|judged| judged.truth != Truth::False).collect();
    conclude(policy, request, action, &judged)
}
