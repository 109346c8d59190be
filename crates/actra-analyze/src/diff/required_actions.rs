//! Actions that one policy demands of the caller, and the other one does not.
//!
//! An outcome is carried by the true rules with its effect where the strictest true rule, or the default, has it;
//! else by the undetermined ones. So a rule of the stricter policy carries its outcome in one of two [`Carried`]
//! ways, and the lenient policy comes to that effect, or to a stricter one that lets something run, without a rule
//! that demands the action in one of three ways ([`Without`]). Each pair of them is one question. What is said there
//! is at least what has to be, so that "no such request" is a proof.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::Rule;
use actra_model::{Effect, RawMap};

use super::{ComparedParts, PolicyPair, Region, StricterBy};
use crate::Analyzer;
use crate::find::find;
use crate::goal::Polarity;
use crate::question::SearchAnswer;
use crate::request_space::Acceptance;
use crate::rule_goals::{AnyRule, EachRule};
use crate::scenario::{Scenario, has_all};

/// How a rule of the stricter policy carries its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum StrictCarrier {
    /// It is true.
    True,
    /// It is undetermined, and no rule with its effect is true.
    Undetermined,
}

/// How the lenient policy comes to an effect without a rule that demands an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LenientCarrier {
    /// By another rule that is true.
    True,
    /// By its default.
    Default,
    /// By another rule that is undetermined.
    Undetermined,
}

/// The effects of the lenient policy that have to come with what a rule with this effect demands: what is at least as
/// strict and lets something run; of a block, the block itself.
pub(super) fn outcomes(effect: Effect) -> impl Iterator<Item = Effect> {
    Effect::ALL
        .into_iter()
        .filter(move |other| *other == effect || (*other > effect && *other != Effect::Block))
}

/// The rules of the lenient policy with an effect: those that demand an action, and the others.
struct ActionCarriers {
    /// Of these rules, and of the lenient policy's outcome.
    effect: Effect,
    demanding: Arc<BTreeSet<usize>>,
    others: Arc<[usize]>,
    /// The pairs of ways in which something may be found at all.
    combinations: Vec<(StrictCarrier, LenientCarrier)>,
}

impl Analyzer {
    /// Asks for each action that a rule of the stricter policy demands whether the other one demands it, too.
    pub(super) fn demands(
        &mut self,
        pair: &PolicyPair<'_>,
        extent: ComparedParts,
        shared: &BTreeSet<usize>,
        regions: &mut Vec<Region>,
    ) {
        let known = regions.len();
        let mut groups: BTreeMap<String, Vec<ActionCarriers>> = BTreeMap::new();
        for rule in demanding(pair, extent, shared) {
            let group = format!("{:?} {:?}", rule.effect, rule.required_actions);
            let group = groups.entry(group).or_insert_with(|| {
                let all = rule.required_actions.iter();
                let all = all.flat_map(|action| outcomes(rule.effect).map(move |own| (action, own)));
                all.map(|(action, own)| self.carriers(pair, (rule.effect, own), action)).collect()
            });
            let combinations = group.iter().flat_map(|carriers| {
                carriers.combinations.iter().map(move |combination| (carriers, *combination))
            });
            for (carriers, combination) in combinations {
                // One region for a rule is enough, and none where its effect moved.
                let is_told = |region: &Region| region.rule.as_ref() == Some(&rule.id);
                if !regions.iter().skip(known).any(is_told) {
                    let because = (StricterBy::RequiredAction, Some(rule));
                    self.ask(
                        pair,
                        because,
                        required_action_dropped(pair, rule, carriers, combination),
                        regions,
                    );
                }
            }
        }
    }

    /// The carriers for all rules with an effect that demand an action.
    fn carriers(
        &mut self,
        pair: &PolicyPair<'_>,
        (effect, own): (Effect, Effect),
        action: &RawMap,
    ) -> ActionCarriers {
        let all = pair.lenient.with_effect(pair.lenient_action, own);
        let demands = |number: &usize| {
            let rule = pair.lenient.rule(*number);
            rule.is_some_and(|rule| rule.required_actions.iter().any(|kept| has_all(kept, action)))
        };
        let (demanding, others): (Vec<usize>, Vec<usize>) = all.iter().copied().partition(demands);
        let mut carriers = ActionCarriers {
            effect: own,
            demanding: Arc::new(demanding.into_iter().collect()),
            others: others.into(),
            combinations: Vec::new(),
        };
        for strict_carrier in [StrictCarrier::True, StrictCarrier::Undetermined] {
            for lenient_carrier in
                [LenientCarrier::True, LenientCarrier::Default, LenientCarrier::Undetermined]
            {
                let combination = (strict_carrier, lenient_carrier);
                if is_possible(pair, effect, &carriers, combination)
                    && !self.is_excluded(pair, effect, &carriers, combination)
                {
                    carriers.combinations.push(combination);
                }
            }
        }
        carriers
    }

    /// Whether the ways exclude each other, whichever rule it is that carries the outcome.
    fn is_excluded(
        &mut self,
        pair: &PolicyPair<'_>,
        effect: Effect,
        carriers: &ActionCarriers,
        combination: (StrictCarrier, LenientCarrier),
    ) -> bool {
        // Of a rule that is true, more is said below.
        combination.0 == StrictCarrier::Undetermined
            && both_ways(pair, effect, carriers, combination).is_none_or(|outcome| {
                let question = outcome.question(pair.space(Acceptance::Any), None);
                find(&question, &mut self.cache) == SearchAnswer::Unsatisfiable
            })
    }
}

/// The rules of the stricter policy that demand what the lenient one might not.
fn demanding<'a>(pair: &PolicyPair<'a>, extent: ComparedParts, shared: &BTreeSet<usize>) -> Vec<&'a Rule> {
    let is_shared = |number: usize| {
        let id = pair.lenient.rule(number).map(|rule| rule.id.as_ref());
        id.and_then(|id| pair.strict.number(id)).is_some_and(|number| shared.contains(&number))
    };
    let lenient = pair.lenient.numbers(pair.lenient_action).iter().copied();
    let changed = lenient.filter(|number| !is_shared(*number));
    let changed: BTreeSet<Effect> =
        changed.filter_map(|number| Some(pair.lenient.rule(number)?.effect)).collect();
    let strict = || pair.strict.numbers(pair.strict_action).iter().copied();
    let gone = strict().filter(|number| !shared.contains(number));
    let gone: BTreeSet<Effect> = gone.filter_map(|number| Some(pair.strict.rule(number)?.effect)).collect();
    // Beside a default of its effect an undetermined rule carries only what is stricter than some true rule.
    let has_same_base = |effect: Effect| {
        pair.strict.policy.default != effect || gone.iter().all(|permissive| *permissive >= effect)
    };
    // Where a rule that both have carries the outcome of one, it does so for the other, unless something else might.
    let is_kept = |number: usize, rule: &Rule| {
        let same = pair.lenient.number(&rule.id).and_then(|same| pair.lenient.rule(same));
        let has = |action: &RawMap| {
            same.is_some_and(|same| same.required_actions.iter().any(|kept| has_all(kept, action)))
        };
        pair.strict.policy.default == pair.lenient.policy.default
            && !outcomes(rule.effect).any(|effect| changed.contains(&effect))
            && shared.contains(&number)
            && has_same_base(rule.effect)
            && rule.required_actions.iter().all(has)
    };
    strict()
        .filter_map(|number| Some((number, pair.strict.rule(number)?)))
        // Nothing runs after a block, whatever is demanded.
        .filter(|(_, rule)| {
            !rule.required_actions.is_empty()
                && (extent == ComparedParts::All || rule.effect != Effect::Block)
        })
        .filter(|(number, rule)| !is_kept(*number, rule))
        .map(|(_, rule)| rule)
        .collect()
}

/// Whether the policies can have an effect in these ways, whatever the conditions of their rules are.
fn is_possible(
    pair: &PolicyPair<'_>,
    effect: Effect,
    carriers: &ActionCarriers,
    (strict_carrier, lenient_carrier): (StrictCarrier, LenientCarrier),
) -> bool {
    let strict_may_carry =
        || !AnyRule::permissive(pair.strict, pair.strict_action, pair.strict_side, effect).is_empty();
    let own = carriers.effect;
    let lenient_may_carry =
        || !AnyRule::permissive(pair.lenient, pair.lenient_action, pair.lenient_side, own).is_empty();
    let (strict, lenient) = (pair.strict.policy.default, pair.lenient.policy.default);
    // Beside a base that is never more permissive, what is undetermined carries nothing.
    let carries = strict_carrier == StrictCarrier::True || strict < effect || strict_may_carry();
    carries
        && match lenient_carrier {
            LenientCarrier::Default => lenient == own,
            LenientCarrier::True => !carriers.others.is_empty(),
            LenientCarrier::Undetermined => {
                !carriers.others.is_empty() && (lenient < own || lenient_may_carry())
            }
        }
}

/// Both policies have their effects in these ways; which rule carries the stricter one's is left open.
fn both_ways<'a>(
    pair: &PolicyPair<'a>,
    effect: Effect,
    carriers: &ActionCarriers,
    (strict_carrier, lenient_carrier): (StrictCarrier, LenientCarrier),
) -> Option<Scenario<'a>> {
    let strict =
        |polarity| EachRule::with_effect(pair.strict, pair.strict_action, pair.strict_side, effect, polarity);
    let own = carriers.effect;
    let lenient =
        |polarity| EachRule::with_effect(pair.lenient, pair.lenient_action, pair.lenient_side, own, polarity);
    let demanding = |polarity| EachRule { only: Some(Arc::clone(&carriers.demanding)), ..lenient(polarity) };
    let others = |polarity| AnyRule {
        polarity,
        numbers: vec![Arc::clone(&carriers.others)],
        ..AnyRule::permissive(pair.lenient, pair.lenient_action, pair.lenient_side, own)
    };
    let mut outcome = Scenario::default();
    let stricter = |rules, action, side, than| EachRule::stricter(rules, action, side, than, Polarity::False);
    outcome.lazy.push(stricter(pair.strict, pair.strict_action, pair.strict_side, effect));
    outcome.lazy.push(stricter(pair.lenient, pair.lenient_action, pair.lenient_side, own));
    if strict_carrier == StrictCarrier::Undetermined {
        outcome.lazy.push(strict(Polarity::NotTrue));
        if pair.strict.policy.default >= effect {
            let permissive = AnyRule::permissive(pair.strict, pair.strict_action, pair.strict_side, effect);
            outcome = outcome.and_any(permissive)?;
        }
    }
    if lenient_carrier == LenientCarrier::Undetermined && pair.lenient.policy.default > own {
        let permissive = AnyRule::permissive(pair.lenient, pair.lenient_action, pair.lenient_side, own);
        outcome = outcome.and_any(permissive)?;
    }
    match lenient_carrier {
        LenientCarrier::True => {
            outcome.lazy.push(demanding(Polarity::NotTrue));
            outcome.and_any(others(Polarity::True))
        }
        LenientCarrier::Default => {
            Some(outcome.join(Scenario::by_default(pair.lenient, pair.lenient_action, pair.lenient_side)))
        }
        LenientCarrier::Undetermined => {
            outcome.lazy.extend([demanding(Polarity::False), lenient(Polarity::NotTrue)]);
            outcome.and_any(others(Polarity::NotFalse))
        }
    }
}

/// The outcome of both is the effect of a rule, which carries that of the stricter policy, and no rule of the lenient
/// one that demands the action carries its.
fn required_action_dropped<'a>(
    pair: &PolicyPair<'a>,
    rule: &'a Rule,
    carriers: &ActionCarriers,
    combination: (StrictCarrier, LenientCarrier),
) -> Option<Scenario<'a>> {
    let polarity = if combination.0 == StrictCarrier::True { Polarity::True } else { Polarity::NotFalse };
    let outcome = both_ways(pair, rule.effect, carriers, combination)?;
    Some(Scenario {
        eager: vec![rule.id.as_ref()],
        ..outcome.and(&rule.condition, polarity, pair.strict_side)
    })
}
