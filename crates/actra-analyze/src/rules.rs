//! What single rules can do: ever match, ever be decisive, ever fail.

use std::collections::BTreeSet;

use actra_ir::{Mode, Policy, Rule};
use actra_model::Effect;

use crate::Analyzer;
use crate::encode::Side;
use crate::find::{Answer, Clause, Question, Want, Wish, find, opaque_parts};
use crate::prove::{reads_action_type, valid};
use crate::question::{Outcome, enforced};

/// What was proved of a rule, over all valid requests; nothing is said where nothing could be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleFinding {
    /// Its condition is true for no request.
    NeverTrue,
    /// Its condition is true for every request, though it is not `true`.
    AlwaysTrue,
    /// Without it, every outcome would be the same.
    NeverDecisive,
}

impl Analyzer {
    /// What can be proved of a rule, by its place in the policy.
    ///
    /// Cost: at most three searches for each action that it covers.
    pub fn rule(&mut self, policy: &Policy, rule: &Rule) -> Option<RuleFinding> {
        if rule.actions.iter().any(|action| self.vacant(&policy.schema, *action).is_some()) {
            return None;
        }
        let unconditional =
            matches!(rule.condition.kind, actra_ir::ExprKind::Literal(actra_model::Value::Bool(true)));
        let of = |want| vec![vec![Wish::own(&rule.condition, want)]];
        if !unconditional && self.never(policy, rule, |_| vec![(of(Want::True), Vec::new())]) {
            return Some(RuleFinding::NeverTrue);
        }
        if !unconditional && self.never(policy, rule, |_| vec![(of(Want::NotTrue), Vec::new())]) {
            return Some(RuleFinding::AlwaysTrue);
        }
        if rule.mode == Mode::Enforce && self.never(policy, rule, |action| decisive(policy, action, rule)) {
            return Some(RuleFinding::NeverDecisive);
        }
        None
    }

    /// The parts of a rule's condition that are not looked into, as text, ascending; empty if all of it is decided.
    pub fn opaque_parts(policy: &Policy, rule: &Rule) -> Vec<String> {
        let parts =
            rule.actions.iter().flat_map(|action| opaque_parts(valid(policy, *action), &rule.condition));
        parts.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether some request is left to the default.
    pub fn default_reachable(&mut self, policy: &Policy) -> bool {
        (0..).zip(&policy.schema.actions).any(|(number, _)| {
            let action = actra_model::ActionId(number);
            let Outcome { clauses, later } = Outcome::by_default(policy, action, Side::Own);
            let question = Question { space: valid(policy, action), fixed: None, clauses, later };
            find(&question, &mut self.library) != Answer::Never
                || self.vacant(&policy.schema, action).is_some()
        })
    }

    fn never<'a>(
        &mut self,
        policy: &'a Policy,
        rule: &'a Rule,
        ways: impl Fn(actra_model::ActionId) -> Vec<(Vec<Clause<'a>>, Vec<Wish<'a>>)>,
    ) -> bool {
        let mut seen = BTreeSet::new();
        rule.actions.iter().all(|action| {
            // Actions with the same fields and rules are alike, unless one of those reads their names.
            let names =
                enforced(policy, *action).chain([rule]).any(|rule| reads_action_type(&rule.condition));
            let fields = policy.schema.action(*action).map(|action| format!("{:?}", action.fields));
            let rules: Vec<&str> = enforced(policy, *action).map(|rule| rule.id.as_ref()).collect();
            if !seen.insert((fields, rules)) && !names {
                return true;
            }
            ways(*action).into_iter().all(|(clauses, later)| {
                let question = Question { space: valid(policy, *action), fixed: None, clauses, later };
                find(&question, &mut self.library) == Answer::Never
            })
        })
    }
}

/// The ways in which a rule can make an outcome other than it would be without it.
fn decisive<'a>(
    policy: &'a Policy,
    action: actra_model::ActionId,
    rule: &'a Rule,
) -> Vec<(Vec<Clause<'a>>, Vec<Wish<'a>>)> {
    let others = || enforced(policy, action).filter(|other| other.id != rule.id);
    let mut ways = Vec::new();
    // It makes the outcome stricter: all others that are as strict are false.
    let as_strict: Vec<Wish<'a>> = others()
        .filter(|other| other.effect >= rule.effect)
        .map(|other| Wish::own(&other.condition, Want::False))
        .collect();
    let own = |want| vec![Wish::own(&rule.condition, want)];
    if policy.default < rule.effect {
        ways.push((vec![own(Want::NotFalse)], as_strict));
    } else {
        let milder: Clause<'a> = others()
            .filter(|other| other.effect < rule.effect)
            .map(|other| Wish::own(&other.condition, Want::True))
            .collect();
        if !milder.is_empty() {
            ways.push((vec![own(Want::NotFalse), milder], as_strict));
        }
    }
    // It makes the outcome milder than the default would be, where no other rule is true, and none that is as strict as
    // the default is undetermined.
    if rule.effect < policy.default {
        let none = others().map(|other| {
            let want = if other.effect >= policy.default { Want::False } else { Want::NotTrue };
            Wish::own(&other.condition, want)
        });
        ways.push((vec![own(Want::True)], none.collect()));
    }
    ways
}

/// The effects, mildest first.
pub(crate) const EFFECTS: [Effect; 3] = [Effect::Allow, Effect::RequireApproval, Effect::Block];
