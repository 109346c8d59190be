//! From the truths of all rules to a decision.

use std::borrow::Cow;
use std::collections::BTreeSet;

use actra_ir::{Policy, Rule, RuleMode};
use actra_model::{ActionId, Decision, RawMap, RawValue, Request, ShadowMatch, ShadowTruth, Undetermined};

use crate::evaluator::Evaluator;
use crate::message;
use crate::recorder::NoRecorder;
use crate::relevant_faults::relevant_faults;
use crate::scope::{action_in_scope, rules_in_scope};
use crate::strictest::{CarriedBy, Strictest, strictest_obtainable};
use crate::truth::{EvalError, Truth};

/// What the policy says about a request: pure, total, the same bytes everywhere.
///
/// The request must have been typed under the policy's schema.
pub fn decide<'p>(policy: &'p Policy, request: &Request) -> Decision<'p> {
    let Some(action) = action_in_scope(request) else {
        return request.refusal(policy.hash);
    };
    let not_false = rules_in_scope(policy, action)
        .map(|rule| RuleTruth {
            rule,
            truth: Evaluator::new(request, NoRecorder).truth(&rule.condition).into(),
        })
        .filter(|found| found.truth != Truth::False)
        .collect::<Vec<_>>();
    conclude(policy, request, action, &not_false)
}

/// A rule and the truth of its condition for a request.
pub(crate) struct RuleTruth<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) truth: Truth,
}

/// The decision, given every rule in scope that is not false, in file order.
pub(crate) fn conclude<'p>(
    policy: &'p Policy,
    request: &Request,
    action: ActionId,
    not_false: &[RuleTruth<'p>],
) -> Decision<'p> {
    let enforced = not_false.iter().filter(|found| found.rule.mode == RuleMode::Enforce).collect::<Vec<_>>();
    let certain = enforced.iter().filter(|found| found.truth == Truth::True).map(|found| found.rule);
    let certain = certain.collect::<Vec<_>>();
    let undecided =
        enforced.iter().filter_map(|found| Some((found.rule, error(&found.truth)?))).collect::<Vec<_>>();

    let strictest_certain = certain.iter().map(|rule| rule.effect).max();
    let strictest_undecided = undecided.iter().map(|(rule, _)| rule.effect).max();
    let Strictest { effect, carried_by } =
        strictest_obtainable(policy.default, strictest_certain, strictest_undecided);
    let carries = |rule: &&Rule| rule.effect == effect;
    let carriers: Vec<&'p Rule> = match carried_by {
        CarriedBy::True => certain.iter().copied().filter(carries).collect(),
        CarriedBy::Undetermined => undecided.iter().map(|(rule, _)| *rule).filter(carries).collect(),
    };
    let matched = certain.iter().chain(undecided.iter().map(|(rule, _)| rule)).copied().find(carries);

    Decision {
        effect,
        matched_rule: matched.map(id),
        matched_rules: certain.iter().copied().map(id).collect(),
        message: matched.and_then(|rule| Some(message::render(rule.message.as_ref()?, request).into())),
        required_actions: required_actions(&carriers),
        undetermined: undecided.iter().map(|(rule, error)| undetermined(rule, error)).collect(),
        errors: relevant_faults(policy, request, action),
        shadow: not_false.iter().filter_map(shadow).collect(),
        policy_hash: policy.hash,
    }
}

fn error(truth: &Truth) -> Option<&EvalError> {
    match truth {
        Truth::Undetermined(error) => Some(error),
        Truth::True | Truth::False => None,
    }
}

fn id(rule: &Rule) -> Cow<'_, str> {
    Cow::Borrowed(&rule.id)
}

fn undetermined<'p>(rule: &'p Rule, error: &EvalError) -> Undetermined<'p> {
    Undetermined { rule: id(rule), path: Cow::Owned(error.path.to_string()), reason: error.reason }
}

fn shadow<'p>(found: &RuleTruth<'p>) -> Option<ShadowMatch<'p>> {
    let truth = match found.truth {
        Truth::True => ShadowTruth::True,
        Truth::Undetermined(_) => ShadowTruth::Undetermined,
        Truth::False => return None,
    };
    (found.rule.mode == RuleMode::Shadow).then(|| ShadowMatch {
        rule: id(found.rule),
        effect: found.rule.effect,
        truth,
    })
}

/// The required actions of these rules, equal ones once.
pub(crate) fn required_actions<'p>(carriers: &[&'p Rule]) -> Vec<Cow<'p, RawMap>> {
    let mut seen = BTreeSet::new();
    let all = carriers.iter().flat_map(|rule| &rule.required_actions);
    all.filter(|action| seen.insert(RawValue::Map((*action).clone()).to_json())).map(Cow::Borrowed).collect()
}
