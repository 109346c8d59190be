//! Scenarios: what must hold of the rules of a policy for an outcome to come about.

use actra_ir::{Expr, Rule};
use actra_model::{ActionId, Effect, RawMap};

use crate::goal::{Clause, Goal, Polarity};
use crate::indexed_rules::IndexedRules;
use crate::known_fields::KnownFields;
use crate::question::Question;
use crate::request_space::{RequestSpace, Side};
use crate::rule_goals::{AnyRule, EachRule};

/// A choice among at most so many rules is an ordinary clause.
const MAX_CLAUSE_RULES: usize = 24;

/// Whether a required action has at least the keys of another one.
pub(crate) fn has_all(action: &RawMap, required: &RawMap) -> bool {
    required.iter().all(|(key, value)| action.get(key) == Some(value))
}

/// Pairs of rules for which it is said which of them carries an outcome; where there are more, the question is weaker.
const MAX_CARRIER_PAIRS: usize = 10_000;

/// One way in which an outcome can come about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scenario<'a> {
    pub(crate) clauses: Vec<Clause<'a>>,
    pub(crate) lazy: Vec<EachRule<'a>>,
    /// A choice among many rules.
    pub(crate) any: Option<AnyRule<'a>>,
    /// Rules, by id, that it is likely to depend on.
    pub(crate) eager: Vec<&'a str>,
}

impl<'a> Scenario<'a> {
    /// The outcome is less strict than `effect`; `None` if it never is.
    pub(crate) fn below(
        rules: IndexedRules<'a>,
        action: ActionId,
        effect: Effect,
        side: Side,
    ) -> Option<Self> {
        let outcome =
            Self::for_each(EachRule::at_least_as_strict(rules, action, side, effect, Polarity::False));
        if rules.policy.default < effect {
            return Some(outcome);
        }
        // Without a true rule the default decides.
        outcome.and_any(AnyRule::permissive(rules, action, side, effect))
    }

    /// Something may run for which no rule demands an action: the scenarios for each effect but a block.
    pub(crate) fn lacking_required_action(
        rules: IndexedRules<'a>,
        action: ActionId,
        required: &RawMap,
    ) -> Vec<Self> {
        let of = |effect| Self::lacking_with_effect(rules, action, effect, required);
        [Effect::Allow, Effect::RequireApproval].into_iter().flat_map(of).collect()
    }

    /// The outcome is this effect, and no rule that demands the action carries it.
    ///
    /// True rules carry it. Undetermined ones do where none of them is true and the base is more permissive: always
    /// beside another default, and beside a default of this effect where a more permissive rule is true, which is a
    /// scenario of its own.
    fn lacking_with_effect(
        rules: IndexedRules<'a>,
        action: ActionId,
        effect: Effect,
        required: &RawMap,
    ) -> Vec<Self> {
        let goal = |rule: &'a Rule, polarity| Goal::own(&rule.condition, polarity);
        let stricter = if effect == Effect::Allow { Effect::RequireApproval } else { Effect::Block };
        let Some(mut exactly) = Self::below(rules, action, stricter, Side::Own) else {
            return Vec::new();
        };
        let carrying = rules.enforced(action).filter(|rule| rule.effect == effect);
        let (with, without): (Vec<&Rule>, Vec<&Rule>) =
            carrying.partition(|rule| rule.required_actions.iter().any(|action| has_all(action, required)));
        exactly.clauses.extend(with.iter().map(|rule| vec![goal(rule, Polarity::NotTrue)]));
        let mut carried = exactly.clone();
        if with.len().saturating_mul(without.len()) <= MAX_CARRIER_PAIRS {
            carried.clauses.extend(with.iter().map(|rule| {
                let other = without.iter().map(|other| goal(other, Polarity::True));
                other.chain([goal(rule, Polarity::False)]).collect()
            }));
        }
        carried.clauses.push(without.iter().map(|rule| goal(rule, Polarity::NotFalse)).collect());
        if rules.policy.default != effect {
            return vec![carried];
        }
        if effect == Effect::Allow {
            return vec![exactly];
        }
        exactly.lazy.push(EachRule::with_effect(rules, action, Side::Own, Effect::Allow, Polarity::NotTrue));
        let carried = carried.and_any(AnyRule::permissive(rules, action, Side::Own, effect));
        [Some(exactly), carried].into_iter().flatten().collect()
    }

    /// No rule is true, so that the default is the base of the outcome.
    pub(crate) fn by_default(rules: IndexedRules<'a>, action: ActionId, side: Side) -> Self {
        Self::for_each(EachRule::at_least_as_strict(rules, action, side, Effect::Allow, Polarity::NotTrue))
    }

    /// A statement about many rules holds.
    pub(crate) fn for_each(each_rule: EachRule<'a>) -> Self {
        Self { lazy: vec![each_rule], ..Self::default() }
    }

    /// A condition has a polarity, too.
    pub(crate) fn and(mut self, condition: &'a Expr, polarity: Polarity, side: Side) -> Self {
        self.clauses.push(vec![Goal { condition, polarity, side }]);
        self
    }

    /// One of these rules is chosen, too; `None` if there are none.
    ///
    /// INVARIANT (one choice): a scenario has at most one choice among many rules; those among a few are clauses.
    pub(crate) fn and_any(mut self, any: AnyRule<'a>) -> Option<Self> {
        match any.count() {
            0 => return None,
            count if count <= MAX_CLAUSE_RULES || self.any.is_some() => self.clauses.push(any.clause()),
            _ => self.any = Some(any),
        }
        Some(self)
    }

    pub(crate) fn join(mut self, other: Self) -> Self {
        self.clauses.extend(other.clauses);
        self.lazy.extend(other.lazy);
        self.eager.extend(other.eager);
        match (&self.any, other.any) {
            (Some(_), Some(any)) => self.clauses.push(any.clause()),
            (None, any) => self.any = any,
            (Some(_), None) => {}
        }
        self
    }

    /// The question whether a space has a request of this scenario.
    pub(crate) fn question(
        self,
        space: RequestSpace<'a>,
        known_fields: Option<&'a KnownFields>,
    ) -> Question<'a> {
        let Self { clauses, lazy, any, eager } = self;
        Question { space, known_fields, clauses, lazy, any, eager }
    }
}
