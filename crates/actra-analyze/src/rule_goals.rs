//! Goals for many rules at once, universal and existential, most of which have nothing to do with a question.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_model::{ActionId, Effect};

use crate::budget::{Budget, steps};
use crate::cache::AnalyzerCache;
use crate::candidate::Candidate;
use crate::goal::{Clause, Goal, Polarity};
use crate::indexed_rules::{IndexedRules, RuleTruths};
use crate::request_space::Side;

/// Rules that are instantiated because requests violated them lately.
const EAGER_RECENT_RULES: usize = 2;
/// Neighbors of a rule, on either side, that requests are likely to violate.
const NEIGHBORS: usize = 2;

/// A goal for each enforced rule that covers an action; it is instantiated only for rules where a found request
/// violates it.
#[derive(Debug, Clone)]
pub(crate) struct EachRule<'a> {
    pub(crate) rules: IndexedRules<'a>,
    pub(crate) action: ActionId,
    pub(crate) side: Side,
    /// By effect; there is no goal for rules with the other effects.
    pub(crate) polarities: [Option<Polarity>; 3],
    /// There is no goal for this rule.
    pub(crate) except: Option<usize>,
    /// There are goals for these rules only.
    pub(crate) only: Option<Arc<BTreeSet<usize>>>,
}

impl<'a> EachRule<'a> {
    /// For the rules with an effect or a stricter one.
    pub(crate) fn at_least_as_strict(
        rules: IndexedRules<'a>,
        action: ActionId,
        side: Side,
        least: Effect,
        polarity: Polarity,
    ) -> Self {
        let polarities = Effect::ALL.map(|effect| (effect >= least).then_some(polarity));
        Self { rules, action, side, polarities, except: None, only: None }
    }

    /// For the rules with a stricter effect.
    pub(crate) fn stricter(
        rules: IndexedRules<'a>,
        action: ActionId,
        side: Side,
        effect: Effect,
        polarity: Polarity,
    ) -> Self {
        let polarities = Effect::ALL.map(|other| (other > effect).then_some(polarity));
        Self { polarities, ..Self::at_least_as_strict(rules, action, side, effect, polarity) }
    }

    /// For the rules with exactly this effect.
    pub(crate) fn with_effect(
        rules: IndexedRules<'a>,
        action: ActionId,
        side: Side,
        effect: Effect,
        polarity: Polarity,
    ) -> Self {
        let polarities = Effect::ALL.map(|other| (effect == other).then_some(polarity));
        Self { polarities, ..Self::at_least_as_strict(rules, action, side, effect, polarity) }
    }

    /// And another polarity for the rules with the other effects.
    pub(crate) fn or_below(mut self, polarity: Polarity) -> Self {
        self.polarities = self.polarities.map(|own| own.or(Some(polarity)));
        self
    }

    /// The goal for a rule, if there is one.
    pub(crate) fn goal(&self, number: usize) -> Option<Goal<'a>> {
        let rule = self.rules.rule(number)?;
        let is_meant = self.except != Some(number)
            && self.only.as_ref().is_none_or(|only| only.contains(&number))
            && self.rules.covers(number, self.action);
        let polarity = self.polarities.get(rule.effect as usize).copied().flatten().filter(|_| is_meant)?;
        Some(Goal { condition: &rule.condition, polarity, side: self.side })
    }

    /// Rules that are not known yet and whose goals a candidate violates: a few of those that were violated lately, or
    /// else up to `most` of all.
    pub(crate) fn violated(
        &self,
        candidate: &Candidate,
        is_known: &dyn Fn(usize) -> bool,
        most: usize,
        cache: &AnalyzerCache,
        budget: &Budget,
    ) -> Vec<usize> {
        let is_violated = |number: usize| self.goal(number).is_some_and(|goal| !goal.is_met(candidate));
        let breaks = |number: &usize| !is_known(*number) && is_violated(*number);
        let likely = cache.likely(self.rules.policy, self.action).chain(self.neighbors());
        let likely: Vec<usize> = likely.filter(breaks).take(EAGER_RECENT_RULES).collect();
        budget.spend(1);
        if !likely.is_empty() {
            return likely;
        }
        let Some(truths) = self.truths(candidate) else { return Vec::new() };
        budget.spend(steps(truths.count()) + 1);
        truths.true_rules.iter().chain(&truths.undetermined).copied().filter(breaks).take(most).collect()
    }

    /// The rules around the excepted one: rules about one thing stand together in a file.
    fn neighbors(&self) -> impl Iterator<Item = usize> {
        let all = self.rules.numbers(self.action);
        let at = self.except.map(|number| all.partition_point(|other| *other < number));
        let around = at.map_or(0..0, |at| at.saturating_sub(NEIGHBORS)..(at + NEIGHBORS + 1).min(all.len()));
        all.get(around).unwrap_or_default().iter().copied()
    }

    fn truths(&self, candidate: &Candidate) -> Option<RuleTruths> {
        Some(self.rules.truths(self.action, &candidate.raw, candidate.read(self.side)?))
    }
}

/// A choice among rules: at least one of their conditions has the polarity.
#[derive(Debug, Clone)]
pub(crate) struct AnyRule<'a> {
    pub(crate) rules: IndexedRules<'a>,
    pub(crate) action: ActionId,
    pub(crate) side: Side,
    /// `True` or `NotFalse`.
    pub(crate) polarity: Polarity,
    /// Their numbers, ascending in each part.
    pub(crate) numbers: Vec<Arc<[usize]>>,
    /// A rule that the choice is likely to depend on: those near it in the file come first.
    pub(crate) near: usize,
}

impl<'a> AnyRule<'a> {
    /// One of the rules with a more permissive effect is true.
    pub(crate) fn permissive(rules: IndexedRules<'a>, action: ActionId, side: Side, than: Effect) -> Self {
        let effects = Effect::ALL.into_iter().filter(|effect| *effect < than);
        let numbers = effects.map(|effect| rules.with_effect(action, effect));
        Self { rules, action, side, polarity: Polarity::True, numbers: numbers.collect(), near: 0 }
    }

    /// One of the rules with an effect or a stricter one is not false.
    pub(crate) fn at_least_as_strict(rules: IndexedRules<'a>, action: ActionId, least: Effect) -> Self {
        let effects = Effect::ALL.into_iter().filter(|effect| *effect >= least);
        let numbers = effects.map(|effect| rules.with_effect(action, effect));
        Self {
            rules,
            action,
            side: Side::Own,
            polarity: Polarity::NotFalse,
            numbers: numbers.collect(),
            near: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    pub(crate) fn count(&self) -> usize {
        self.numbers.iter().map(|part| part.len()).sum()
    }

    pub(crate) fn goal(&self, number: usize) -> Option<Goal<'a>> {
        let condition = &self.rules.rule(number)?.condition;
        Some(Goal { condition, polarity: self.polarity, side: self.side })
    }

    /// All of them, as one clause.
    pub(crate) fn clause(&self) -> Clause<'a> {
        self.numbers.iter().flat_map(|part| part.iter()).filter_map(|number| self.goal(*number)).collect()
    }

    /// Their numbers, those near a rule first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = usize> {
        let behind = self.numbers.iter().flat_map(|part| {
            let at = part.partition_point(|number| *number < self.near);
            part.get(at..).unwrap_or_default().iter()
        });
        let before = self.numbers.iter().flat_map(|part| {
            let at = part.partition_point(|number| *number < self.near);
            part.get(..at).unwrap_or_default().iter().rev()
        });
        behind.chain(before).copied()
    }

    /// Whether the engine finds it met by a candidate.
    pub(crate) fn is_met(&self, candidate: &Candidate, budget: &Budget) -> bool {
        let Some(read) = candidate.read(self.side) else { return false };
        let truths = self.rules.truths(self.action, &candidate.raw, read);
        budget.spend(steps(truths.count()) + 1);
        let is_one = |number: &usize| self.numbers.iter().any(|part| part.binary_search(number).is_ok());
        truths.true_rules.iter().any(is_one)
            || (self.polarity == Polarity::NotFalse && truths.undetermined.iter().any(is_one))
    }
}
