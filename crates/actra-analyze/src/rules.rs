//! What single rules can do: ever match, ever be decisive, ever fail.

use std::collections::BTreeSet;

use actra_ir::{Policy, Rule, RuleMode};
use actra_model::{ActionId, Effect};

use crate::Analyzer;
use crate::fields::reads_action_type;
use crate::find::find;
use crate::goal::Polarity;
use crate::indexed_rules::IndexedRules;
use crate::opaque::opaque_parts;
use crate::question::SearchAnswer;
use crate::request_space::{RequestSpace, Side};
use crate::rule_goals::{AnyRule, EachRule};
use crate::scenario::Scenario;

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
        if rule.actions.iter().any(|action| self.uninhabited(&policy.schema, *action).is_some()) {
            return None;
        }
        let unconditional =
            matches!(rule.condition.kind, actra_ir::ExprKind::Literal(actra_model::Value::Bool(true)));
        let index = self.index(policy);
        let rules = IndexedRules::new(policy, &index);
        let of = |polarity| Scenario::default().and(&rule.condition, polarity, Side::Own);
        if !unconditional && self.never(rules, rule, |_| vec![of(Polarity::True)]) {
            return Some(RuleFinding::NeverTrue);
        }
        if !unconditional && self.never(rules, rule, |_| vec![of(Polarity::NotTrue)]) {
            return Some(RuleFinding::AlwaysTrue);
        }
        if rule.mode == RuleMode::Enforce && self.never(rules, rule, |action| decisive(rules, action, rule)) {
            return Some(RuleFinding::NeverDecisive);
        }
        None
    }

    /// The parts of a rule's condition that are not looked into, as text, ascending; empty if all of it is decided.
    pub fn opaque_parts(policy: &Policy, rule: &Rule) -> Vec<String> {
        let parts = rule
            .actions
            .iter()
            .flat_map(|action| opaque_parts(RequestSpace::valid(&policy.schema, *action), &rule.condition));
        parts.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether some request is left to the default.
    pub fn default_reachable(&mut self, policy: &Policy) -> bool {
        let index = self.index(policy);
        let rules = IndexedRules::new(policy, &index);
        (0..).zip(&policy.schema.actions).any(|(number, _)| {
            let action = ActionId(number);
            let question = Scenario::by_default(rules, action, Side::Own)
                .question(RequestSpace::valid(&policy.schema, action), None);
            find(&question, &mut self.cache) != SearchAnswer::Unsatisfiable
                || self.uninhabited(&policy.schema, action).is_some()
        })
    }

    fn never<'a>(
        &mut self,
        rules: IndexedRules<'a>,
        rule: &'a Rule,
        scenarios: impl Fn(ActionId) -> Vec<Scenario<'a>>,
    ) -> bool {
        let mut seen = BTreeSet::new();
        let names = reads_action_type(&rule.condition);
        rule.actions.iter().all(|action| {
            let alike = rules.group(*action).filter(|_| !names);
            if alike.is_some_and(|group| !seen.insert(group)) {
                return true;
            }
            scenarios(*action).into_iter().all(|outcome| {
                let question = outcome.question(RequestSpace::valid(&rules.policy.schema, *action), None);
                find(&question, &mut self.cache) == SearchAnswer::Unsatisfiable
            })
        })
    }
}

/// The ways in which a rule can make an outcome other than it would be without it.
fn decisive<'a>(rules: IndexedRules<'a>, action: ActionId, rule: &'a Rule) -> Vec<Scenario<'a>> {
    let default = rules.policy.default;
    let own = rules.number(&rule.id);
    let others = |least, polarity| {
        let each_rule = EachRule::at_least_as_strict(rules, action, Side::Own, least, polarity);
        Scenario::for_each(EachRule { except: own, ..each_rule })
    };
    let mut scenarios = Vec::new();
    // It makes the outcome stricter: all others that are as strict are false.
    let stricter = others(rule.effect, Polarity::False).and(&rule.condition, Polarity::NotFalse, Side::Own);
    if default < rule.effect {
        scenarios.push(stricter);
    } else {
        let permissive = AnyRule::permissive(rules, action, Side::Own, rule.effect);
        scenarios.extend(stricter.and_any(AnyRule { near: own.unwrap_or(0), ..permissive }));
    }
    // It makes the outcome more permissive than the default would be, where no other rule is true, and none that is
    // as strict as the default is undetermined.
    if rule.effect < default {
        let none = others(Effect::Allow, Polarity::NotTrue).join(others(default, Polarity::False));
        scenarios.push(none.and(&rule.condition, Polarity::True, Side::Own));
    }
    scenarios
}
