//! Whether an answer holds for every request, or within cost.
//!
//! A call that costs more than it may is undetermined, whatever it would say; the analysis takes conditions for what
//! they say. By the promise that who knows less is never treated more permissive, the outcome of a request with such
//! a call is at least as strict as what was looked at. So a lower bound that was proved holds always, and so does "is
//! true for no request"; that there is nothing stricter, that two policies are equivalent, and that a rule changes
//! nothing hold within cost. Which requests are meant is said by the containers that can hold so much.

use std::collections::BTreeSet;

use actra_ir::cost::{Bounds, excess, may_exceed};
use actra_ir::governance::AcceptedEffects;
use actra_ir::{Expr, Policy, Rule, RuleMode};
use actra_model::{ActionId, Effect};

use crate::fields::collect_fields;
use crate::prove::{ProofVerdict, Statement};
use crate::rules::RuleFinding;

/// The paths of containers that can hold so much that a condition costs more than it may, ascending; empty where an
/// answer holds for every request.
pub type CostCaveats = Vec<String>;

/// What there is to say of an answer that holds within cost.
pub fn note(containers: &CostCaveats) -> Option<String> {
    let named: Vec<String> = containers.iter().map(|path| format!("`{path}`")).collect();
    (!named.is_empty()).then(|| {
        format!(
            "within cost: this does not cover requests that hold so much in {} that a condition is too costly; to rule them out, set bounds in the schema",
            named.join(", ")
        )
    })
}

/// For the verdict about a statement.
pub fn of_verdict(policy: &Policy, statement: &Statement<'_>, verdict: &ProofVerdict) -> CostCaveats {
    // An action that is demanded may be so by a rule that is undetermined then, beside another one.
    let is_lower = matches!(statement.accepted, AcceptedEffects::AtLeast(_)) && statement.with.is_empty();
    match verdict {
        ProofVerdict::Proved if !is_lower => {
            let rules = covering(policy, statement.actions).map(|rule| &rule.condition);
            exceeding(policy, statement.actions, rules.chain(statement.when))
        }
        _ => CostCaveats::new(),
    }
}

/// For the comparison of two policies.
pub(crate) fn of_difference(old: &Policy, new: &Policy) -> CostCaveats {
    if old.hash == new.hash {
        return CostCaveats::new();
    }
    let both = [old, new].map(|policy| of_all(policy, |_| true));
    merged(both)
}

/// For "no weaker": what the old policy demands may be less than it seems where it is too costly, and what the new one
/// says is only stricter then, but for the actions that it demands.
pub fn of_baseline(old: &Policy, new: &Policy, verdict: &ProofVerdict) -> CostCaveats {
    if *verdict != ProofVerdict::Proved || old.hash == new.hash {
        return CostCaveats::new();
    }
    let demands = |rule: &Rule| !rule.required_actions.is_empty();
    let demanded = [old, new].into_iter().any(|policy| policy.rules.iter().any(demands));
    merged([of_all(old, |_| true), of_all(new, |_| demanded)])
}

/// For the effects that requests of an action can have.
pub(crate) fn of_possible(policy: &Policy, action: ActionId, effects: &[Effect]) -> CostCaveats {
    // That nothing is more permissive holds always.
    let mildest = effects.iter().min();
    let is_said = |effect: Effect| mildest.is_some_and(|least| effect > *least) && !effects.contains(&effect);
    if Effect::ALL.into_iter().any(is_said) {
        exceeding(policy, &[action], covering(policy, &[action]).map(|rule| &rule.condition))
    } else {
        CostCaveats::new()
    }
}

/// For what was proved of a rule.
pub fn of_finding(policy: &Policy, rule: &Rule, finding: RuleFinding) -> CostCaveats {
    match finding {
        RuleFinding::NeverTrue => CostCaveats::new(),
        RuleFinding::AlwaysTrue => exceeding(policy, &rule.actions, [&rule.condition]),
        RuleFinding::NeverDecisive => {
            exceeding(policy, &rule.actions, covering(policy, &rule.actions).map(|rule| &rule.condition))
        }
    }
}

/// For what depends on all rules of a policy, such as that nothing is left to its default.
pub fn of_policy(policy: &Policy) -> CostCaveats {
    of_all(policy, |_| true)
}

fn of_all(policy: &Policy, is_meant: impl Fn(&Rule) -> bool) -> CostCaveats {
    let actions: Vec<ActionId> =
        (0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)).collect();
    let rules = covering(policy, &actions).filter(|rule| is_meant(rule));
    exceeding(policy, &actions, rules.map(|rule| &rule.condition))
}

fn merged(all: [CostCaveats; 2]) -> CostCaveats {
    let all: BTreeSet<String> = all.into_iter().flatten().collect();
    all.into_iter().collect()
}

fn covering<'a>(policy: &'a Policy, actions: &[ActionId]) -> impl Iterator<Item = &'a Rule> {
    let covers = |rule: &&Rule| actions.iter().any(|action| rule.covers(*action));
    policy.rules.iter().filter(|rule| rule.mode == RuleMode::Enforce).filter(covers)
}

fn exceeding<'e>(
    policy: &Policy,
    actions: &[ActionId],
    conditions: impl IntoIterator<Item = &'e Expr>,
) -> CostCaveats {
    let mut bounds = Bounds::new(&policy.schema, actions);
    let mut found = BTreeSet::new();
    for condition in conditions {
        if !may_exceed(condition, &mut bounds) {
            continue;
        }
        let Some(excess) = excess(&policy.schema, actions, condition) else { continue };
        match excess.containers.is_empty() {
            false => found.extend(excess.containers.into_iter().map(|container| container.path)),
            // No bound helps: all that it reads.
            true => {
                let mut fields = BTreeSet::new();
                collect_fields(condition, &mut fields);
                found.extend(fields.iter().map(|(record, name)| format!("{record}.{name}")));
            }
        }
    }
    found.into_iter().collect()
}
