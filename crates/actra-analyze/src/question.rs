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

    /// Something runs that no rule demands an action for: the ways of it, one for each effect but a block.
    ///
    /// A rule that is undetermined carries an outcome only where no true one does; here it is enough that the rules
    /// with the action are not true, which is more than that.
    pub(crate) fn without(policy: &'a Policy, action: ActionId, wanted: &RawMap) -> Vec<Self> {
        let ways = [Effect::Allow, Effect::RequireApproval].map(|effect| {
            let stricter = if effect == Effect::Allow { Effect::RequireApproval } else { Effect::Block };
            let mut outcome = Self::below(policy, action, stricter, Side::Own)?;
            let own = |condition, want| Wish::own(condition, want);
            let carrying = enforced(policy, action).filter(|rule| rule.effect == effect);
            let (with, without): (Vec<&Rule>, Vec<&Rule>) =
                carrying.partition(|rule| rule.required_actions.iter().any(|action| has_all(action, wanted)));
            if policy.default < effect {
                let other = without.iter().map(|rule| own(&rule.condition, Want::NotFalse));
                outcome.clauses.push(other.collect());
            }
            for rule in with {
                let other = without.iter().map(|rule| own(&rule.condition, Want::True));
                outcome.clauses.push(vec![own(&rule.condition, Want::NotTrue)]);
                let unless = other.chain([own(&rule.condition, Want::False)]).collect();
                outcome.clauses.extend((policy.default < effect).then_some(unless));
            }
            Some(outcome)
        });
        ways.into_iter().flatten().collect()
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
