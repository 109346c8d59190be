//! Which truth of a condition, or of a part of it, makes an outcome milder.
//!
//! An outcome is the strictest effect of the true rules, or the default if none is true. So a rule that becomes true
//! makes an outcome milder only where the default was stricter, and one that becomes false only where something milder
//! is left: the default, or another rule about the same action.

use actra_ir::{Expr, ExprKind, MacroKind, operands};
use actra_model::{ActionId, Effect, Schema};

/// The truths that can make an outcome milder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Milder {
    WhenTrue,
    WhenFalse,
    /// Each of them for some request.
    Either,
}

impl Milder {
    /// What holds for the operand of a `!` that this holds for.
    pub(crate) fn flip(self) -> Milder {
        match self {
            Milder::WhenTrue => Milder::WhenFalse,
            Milder::WhenFalse => Milder::WhenTrue,
            Milder::Either => Milder::Either,
        }
    }
}

/// Visits a tree, each node before what it is made of, with the truths of it that can make an outcome milder; the truth
/// of a condition inside of a test says nothing of the test's.
pub(crate) fn each<'e>(expr: &'e Expr, milder: Milder, visit: &mut impl FnMut(&'e Expr, Milder)) {
    visit(expr, milder);
    match &expr.kind {
        ExprKind::Not(inner) => each(inner, milder.flip(), visit),
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| each(part, milder, visit));
        }
        ExprKind::Conditional { condition, then, otherwise } => {
            each(condition, Milder::Either, visit);
            each(then, milder, visit);
            each(otherwise, milder, visit);
        }
        ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, range, body, .. } => {
            each(range, Milder::Either, visit);
            each(body, milder, visit);
        }
        _ => operands(expr).into_iter().for_each(|operand| each(operand, Milder::Either, visit)),
    }
}

/// What rules stand beside: the default of their set, and the rules that cover the same actions.
#[derive(Debug, Clone)]
pub(crate) struct Beside {
    default: Effect,
    /// The mildest effect of any rule that covers an action, by its number; `None` for an action without rules.
    mildest: Vec<Option<Effect>>,
}

impl Beside {
    /// `rules` are the effects of all enforced rules and the actions that each covers.
    pub(crate) fn new<'r>(
        default: Effect,
        schema: &Schema,
        rules: impl Iterator<Item = (Effect, &'r [ActionId])>,
    ) -> Beside {
        let mut mildest: Vec<Option<Effect>> = vec![None; schema.actions.len()];
        for (effect, actions) in rules {
            for action in actions {
                if let Some(known) = mildest.get_mut(action.0 as usize) {
                    *known = Some(known.map_or(effect, |known| known.min(effect)));
                }
            }
        }
        Beside { default, mildest }
    }

    /// Which truth of a rule of this effect, which covers these actions, can make an outcome milder.
    pub(crate) fn milder(&self, effect: Effect, actions: &[ActionId]) -> Milder {
        let mut mildest = actions.iter().filter_map(|action| *self.mildest.get(action.0 as usize)?);
        let when_true = effect < self.default;
        let when_false = self.default < effect || mildest.any(|mildest| mildest < effect);
        match (when_true, when_false) {
            (true, true) => Milder::Either,
            (true, false) => Milder::WhenTrue,
            (false, true) => Milder::WhenFalse,
            // It changes nothing yet; what is said fits the sets that its author has in mind.
            (false, false) if effect == Effect::Allow => Milder::WhenTrue,
            (false, false) => Milder::WhenFalse,
        }
    }
}
