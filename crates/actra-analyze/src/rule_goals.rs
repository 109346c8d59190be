//! What is said of many rules at once: most of them have nothing to do with a question.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_model::{ActionId, Effect};

use crate::budget::{Budget, steps};
use crate::candidate::Candidate;
use crate::goal::{Clause, Goal, Polarity};
use crate::indexed_rules::{IndexedRules, RuleTruths};
use crate::memory::Memory;
use crate::space::Side;

/// Rules that are added because they stood in the way lately.
const LIKELY: usize = 2;
/// Rules on either side of one that are likely to stand in its way.
const NEIGHBORS: usize = 2;

/// What shall hold of each enforced rule that covers an action; looked at only as far as requests that were found
/// break it.
#[derive(Debug, Clone)]
pub(crate) struct EachRule<'a> {
    pub(crate) rules: IndexedRules<'a>,
    pub(crate) action: ActionId,
    pub(crate) side: Side,
    /// By effect; nothing is said of rules with the other effects.
    pub(crate) polarities: [Option<Polarity>; 3],
    /// Nothing is said of this one.
    pub(crate) except: Option<usize>,
    /// Something is said of these only.
    pub(crate) only: Option<Arc<BTreeSet<usize>>>,
}

impl<'a> EachRule<'a> {
    /// Of the rules with an effect, and of those with a stricter one.
    pub(crate) fn from(
        rules: IndexedRules<'a>,
        action: ActionId,
        side: Side,
        least: Effect,
        polarity: Polarity,
    ) -> Self {
        let polarities = Effect::ALL.map(|effect| (effect >= least).then_some(polarity));
        Self { rules, action, side, polarities, except: None, only: None }
    }

    /// Of the rules with a stricter effect.
    pub(crate) fn above(
        rules: IndexedRules<'a>,
        action: ActionId,
        side: Side,
        effect: Effect,
        polarity: Polarity,
    ) -> Self {
        let polarities = Effect::ALL.map(|other| (other > effect).then_some(polarity));
        Self { polarities, ..Self::from(rules, action, side, effect, polarity) }
    }

    /// Of the rules with an effect alone.
    pub(crate) fn with(
        rules: IndexedRules<'a>,
        action: ActionId,
        side: Side,
        effect: Effect,
        polarity: Polarity,
    ) -> Self {
        let polarities = Effect::ALL.map(|other| (effect == other).then_some(polarity));
        Self { polarities, ..Self::from(rules, action, side, effect, polarity) }
    }

    /// Something else of the rules of which nothing is said because their effects are milder.
    pub(crate) fn or_below(mut self, polarity: Polarity) -> Self {
        self.polarities = self.polarities.map(|wanted| wanted.or(Some(polarity)));
        self
    }

    /// What is said of a rule.
    pub(crate) fn goal(&self, number: usize) -> Option<Goal<'a>> {
        let rule = self.rules.rule(number)?;
        let is_meant = self.except != Some(number)
            && self.only.as_ref().is_none_or(|only| only.contains(&number))
            && self.rules.covers(number, self.action);
        let polarity = self.polarities.get(rule.effect as usize).copied().flatten().filter(|_| is_meant)?;
        Some(Goal { condition: &rule.condition, polarity, side: self.side })
    }

    /// The rules that are not known yet and of which a request breaks what is said: some that stood in the way lately,
    /// else `most` of all.
    pub(crate) fn violated(
        &self,
        candidate: &Candidate,
        is_known: &dyn Fn(usize) -> bool,
        most: usize,
        memory: &Memory,
        budget: &Budget,
    ) -> Vec<usize> {
        let is_violated = |number: usize| self.goal(number).is_some_and(|goal| !goal.is_met(candidate));
        let breaks = |number: &usize| !is_known(*number) && is_violated(*number);
        let likely = memory.likely(self.rules.policy, self.action).chain(self.neighbors());
        let likely: Vec<usize> = likely.filter(breaks).take(LIKELY).collect();
        budget.spend(1);
        if !likely.is_empty() {
            return likely;
        }
        let Some(truths) = self.truths(candidate) else { return Vec::new() };
        budget.spend(steps(truths.count()) + 1);
        truths.true_rules.iter().chain(&truths.undetermined).copied().filter(breaks).take(most).collect()
    }

    /// The rules beside the one of which nothing is said: rules about one thing stand together.
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

/// Rules of which one at least shall be as wanted.
#[derive(Debug, Clone)]
pub(crate) struct AnyRule<'a> {
    pub(crate) rules: IndexedRules<'a>,
    pub(crate) action: ActionId,
    pub(crate) side: Side,
    /// True, or not false.
    pub(crate) polarity: Polarity,
    /// Their numbers, ascending in each part.
    pub(crate) numbers: Vec<Arc<[usize]>>,
    /// A rule that they may have to do with: those near it in the file are looked at first.
    pub(crate) near: usize,
}

impl<'a> AnyRule<'a> {
    /// The rules with effects that are milder than one.
    pub(crate) fn milder(rules: IndexedRules<'a>, action: ActionId, side: Side, than: Effect) -> Self {
        let effects = Effect::ALL.into_iter().filter(|effect| *effect < than);
        let numbers = effects.map(|effect| rules.with_effect(action, effect));
        Self { rules, action, side, polarity: Polarity::True, numbers: numbers.collect(), near: 0 }
    }

    /// The rules with an effect or a stricter one, which shall not be false.
    pub(crate) fn from(rules: IndexedRules<'a>, action: ActionId, least: Effect) -> Self {
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

    /// Whether a request has it, as it is decided.
    pub(crate) fn is_met(&self, candidate: &Candidate, budget: &Budget) -> bool {
        let Some(read) = candidate.read(self.side) else { return false };
        let truths = self.rules.truths(self.action, &candidate.raw, read);
        budget.spend(steps(truths.count()) + 1);
        let is_one = |number: &usize| self.numbers.iter().any(|part| part.binary_search(number).is_ok());
        truths.true_rules.iter().any(is_one)
            || (self.polarity == Polarity::NotFalse && truths.undetermined.iter().any(is_one))
    }
}
