//! From truths to a decision.

use std::borrow::Cow;
use std::collections::BTreeSet;

use actra_ir::{Mode, Policy, Rule};
use actra_model::{ActionId, Decision, RawMap, RawValue, Request, ShadowMatch, ShadowTruth, Undetermined};

use crate::record::Silent;
use crate::truth::{Leaf, Truth};
use crate::walk::Walk;
use crate::{errors, message};

/// What the policy says about a request: pure, total, the same bytes everywhere.
///
/// The request must have been admitted under the policy's schema.
pub fn decide<'p>(policy: &'p Policy, request: &Request) -> Decision<'p> {
    let Some(action) = action_in_scope(request) else {
        return request.refusal(policy.hash);
    };
    let judged = rules_in_scope(policy, action)
        .map(|rule| Judged { rule, truth: Walk::new(request, Silent).truth(&rule.condition).into() })
        .filter(|judged| judged.truth != Truth::False)
        .collect::<Vec<_>>();
    conclude(policy, request, action, &judged)
}

/// A rule and what its condition is for a request.
pub(crate) struct Judged<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) truth: Truth,
}

/// The action of a valid request.
pub(crate) fn action_in_scope(request: &Request) -> Option<ActionId> {
    request.action_id.filter(|_| !request.invalid)
}

/// The rules that cover an action, in file order.
pub(crate) fn rules_in_scope(policy: &Policy, action: ActionId) -> impl Iterator<Item = &Rule> {
    policy.rules.iter().filter(move |rule| rule.actions.binary_search(&action).is_ok())
}

/// The decision, given every rule in scope that is not false, in file order.
pub(crate) fn conclude<'p>(
    policy: &'p Policy,
    request: &Request,
    action: ActionId,
    judged: &[Judged<'p>],
) -> Decision<'p> {
    let enforced = judged.iter().filter(|judged| judged.rule.mode == Mode::Enforce).collect::<Vec<_>>();
    let held = enforced.iter().filter(|judged| judged.truth == Truth::True).map(|judged| judged.rule);
    let held = held.collect::<Vec<_>>();
    let open =
        enforced.iter().filter_map(|judged| Some((judged.rule, leaf(&judged.truth)?))).collect::<Vec<_>>();

    let base = held.iter().map(|rule| rule.effect).max().unwrap_or(policy.default);
    // An undetermined rule counts only when it is stricter, so its being false is never assumed.
    let effect = open.iter().map(|(rule, _)| rule.effect).max().map_or(base, |strictest| strictest.max(base));
    let carries = |rule: &&Rule| rule.effect == effect;
    let carriers: Vec<&'p Rule> = if effect == base {
        held.iter().copied().filter(carries).collect()
    } else {
        open.iter().map(|(rule, _)| *rule).filter(carries).collect()
    };
    let matched = held.iter().chain(open.iter().map(|(rule, _)| rule)).copied().find(carries);

    Decision {
        effect,
        matched_rule: matched.map(id),
        matched_rules: held.iter().copied().map(id).collect(),
        message: matched.and_then(|rule| Some(message::render(rule.message.as_ref()?, request).into())),
        required_actions: required_actions(&carriers),
        undetermined: open.iter().map(|(rule, leaf)| undetermined(rule, leaf)).collect(),
        errors: errors::relevant(policy, request, action),
        shadow: judged.iter().filter_map(shadow).collect(),
        policy_hash: policy.hash,
    }
}

fn leaf(truth: &Truth) -> Option<&Leaf> {
    match truth {
        Truth::Undetermined(leaf) => Some(leaf),
        Truth::True | Truth::False => None,
    }
}

fn id(rule: &Rule) -> Cow<'_, str> {
    Cow::Borrowed(&rule.id)
}

fn undetermined<'p>(rule: &'p Rule, leaf: &Leaf) -> Undetermined<'p> {
    Undetermined { rule: id(rule), path: Cow::Owned(leaf.path.to_string()), reason: leaf.reason }
}

fn shadow<'p>(judged: &Judged<'p>) -> Option<ShadowMatch<'p>> {
    let truth = match judged.truth {
        Truth::True => ShadowTruth::True,
        Truth::Undetermined(_) => ShadowTruth::Undetermined,
        Truth::False => return None,
    };
    (judged.rule.mode == Mode::Shadow).then(|| ShadowMatch {
        rule: id(judged.rule),
        effect: judged.rule.effect,
        truth,
    })
}

/// Equal ones once, at the first place.
pub(crate) fn required_actions<'p>(carriers: &[&'p Rule]) -> Vec<Cow<'p, RawMap>> {
    let mut seen = BTreeSet::new();
    let all = carriers.iter().flat_map(|rule| &rule.required_actions);
    all.filter(|action| seen.insert(RawValue::Map((*action).clone()).to_json())).map(Cow::Borrowed).collect()
}
