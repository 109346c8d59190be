//! Questions about outcomes, as clauses over the conditions of rules.

use actra_ir::{Expr, Mode, Policy, Rule};
use actra_model::{ActionId, Effect, RawMap};

use crate::encode::Side;
use crate::find::{Clause, Want, Wish};

/// The enforced rules that cover an action, in file order.
pub(crate) fn enforced(policy: &Policy, action: ActionId) -> impl Iterator<Item = &Rule> + Clone {
    policy
        .rules
        .iter()
        .filter(move |rule| rule.mode == Mode::Enforce && rule.actions.binary_search(&action).is_ok())
}

/// Whether a required action has at least the keys of another one.
pub(crate) fn has_all(action: &RawMap, wanted: &RawMap) -> bool {
    wanted.iter().all(|(key, value)| action.get(key) == Some(value))
}

/// Pairs of rules of which it is said which of them carries an outcome; beyond, more is asked than is needed.
const CARRYING: usize = 10_000;

/// One way in which an outcome can be at least, or less than, an effect.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome<'a> {
    pub(crate) clauses: Vec<Clause<'a>>,
    pub(crate) later: Vec<Wish<'a>>,
}

impl<'a> Outcome<'a> {
    /// The outcome is less strict than `effect`; `None` if it never is.
    pub(crate) fn below(policy: &'a Policy, action: ActionId, effect: Effect, side: Side) -> Option<Self> {
        let rules = enforced(policy, action);
        let wish = move |rule: &'a Rule, want| Wish { condition: &rule.condition, want, side };
        let later =
            rules.clone().filter(|rule| rule.effect >= effect).map(|rule| wish(rule, Want::False)).collect();
        let mut clauses = Vec::new();
        if policy.default >= effect {
            // Without a true rule the default decides.
            let milder: Clause<'a> =
                rules.filter(|rule| rule.effect < effect).map(|rule| wish(rule, Want::True)).collect();
            if milder.is_empty() {
                return None;
            }
            clauses.push(milder);
        }
        Some(Self { clauses, later })
    }

    /// Something runs that no rule demands an action for: the ways of it, for each effect but a block.
    pub(crate) fn without(policy: &'a Policy, action: ActionId, wanted: &RawMap) -> Vec<Self> {
        let of = |effect| Self::lacking(policy, action, effect, wanted, Side::Own);
        [Effect::Allow, Effect::RequireApproval].into_iter().flat_map(of).collect()
    }

    /// The outcome is this effect, and no rule that demands the action carries it: the ways of it.
    ///
    /// True rules carry it. Undetermined ones do where none of them is true and the base is milder: always beside
    /// another default, and beside a default of this effect where a milder rule is true. So that is asked apart.
    pub(crate) fn lacking(
        policy: &'a Policy,
        action: ActionId,
        effect: Effect,
        wanted: &RawMap,
        side: Side,
    ) -> Vec<Self> {
        let wish = |rule: &'a Rule, want| Wish { condition: &rule.condition, want, side };
        let Some(mut exactly) = Self::at_most(policy, action, effect, side) else { return Vec::new() };
        let carrying = enforced(policy, action).filter(|rule| rule.effect == effect);
        let (with, without): (Vec<&Rule>, Vec<&Rule>) =
            carrying.partition(|rule| rule.required_actions.iter().any(|action| has_all(action, wanted)));
        exactly.clauses.extend(with.iter().map(|rule| vec![wish(rule, Want::NotTrue)]));
        let mut carried = exactly.clone();
        if with.len().saturating_mul(without.len()) <= CARRYING {
            carried.clauses.extend(with.iter().map(|rule| {
                let other = without.iter().map(|other| wish(other, Want::True));
                other.chain([wish(rule, Want::False)]).collect()
            }));
        }
        carried.clauses.push(without.iter().map(|rule| wish(rule, Want::NotFalse)).collect());
        if policy.default != effect {
            return vec![carried];
        }
        let milder: Vec<&Rule> = enforced(policy, action).filter(|rule| rule.effect < effect).collect();
        exactly.later.extend(milder.iter().map(|rule| wish(rule, Want::NotTrue)));
        if milder.is_empty() {
            return vec![exactly];
        }
        carried.clauses.push(milder.iter().map(|rule| wish(rule, Want::True)).collect());
        vec![exactly, carried]
    }

    /// The outcome is this effect or a milder one; `None` if it never is.
    pub(crate) fn at_most(policy: &'a Policy, action: ActionId, effect: Effect, side: Side) -> Option<Self> {
        match effect {
            Effect::Allow => Self::below(policy, action, Effect::RequireApproval, side),
            Effect::RequireApproval => Self::below(policy, action, Effect::Block, side),
            Effect::Block => Some(Self::default()),
        }
    }

    /// No rule is true, so that the default is the base of the outcome.
    pub(crate) fn by_default(policy: &'a Policy, action: ActionId, side: Side) -> Self {
        let later = enforced(policy, action)
            .map(|rule| Wish { condition: &rule.condition, want: Want::NotTrue, side })
            .collect();
        Self { clauses: Vec::new(), later }
    }

    /// This condition is as wanted, too.
    pub(crate) fn and(mut self, condition: &'a Expr, want: Want, side: Side) -> Self {
        self.clauses.push(vec![Wish { condition, want, side }]);
        self
    }

    pub(crate) fn join(mut self, other: Self) -> Self {
        self.clauses.extend(other.clauses);
        self.later.extend(other.later);
        self
    }
}
