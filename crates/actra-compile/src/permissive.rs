//! Whether a condition, or a part of it, makes an outcome more permissive where it is true or where it is false.
//!
//! An outcome is the strictest effect of the true rules, or the default if none is true. So a rule that becomes true
//! makes an outcome more permissive only where the default was stricter, and one that becomes false only where
//! something more permissive remains: the default, or another rule about the same action.

use actra_ir::{Expr, ExprKind, MacroKind, operands};
use actra_model::{ActionId, Effect, Schema};

/// Which truth of a condition can make an outcome more permissive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PermissiveWhen {
    True,
    False,
    /// Either, each for some request.
    Either,
}

impl PermissiveWhen {
    /// Which truth of the operand of a `!` can make an outcome more permissive, if this is that of the whole.
    pub(crate) fn flip(self) -> PermissiveWhen {
        match self {
            PermissiveWhen::True => PermissiveWhen::False,
            PermissiveWhen::False => PermissiveWhen::True,
            PermissiveWhen::Either => PermissiveWhen::Either,
        }
    }
}

/// Visits a tree in preorder, each node with its truth that can make an outcome more permissive. The truth of a
/// condition that is an operand of a test does not determine that of the test, so it counts as either.
pub(crate) fn visit_nodes<'e>(
    expr: &'e Expr,
    permissive: PermissiveWhen,
    visit: &mut impl FnMut(&'e Expr, PermissiveWhen),
) {
    visit(expr, permissive);
    match &expr.kind {
        ExprKind::Not(inner) => visit_nodes(inner, permissive.flip(), visit),
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| visit_nodes(part, permissive, visit));
        }
        ExprKind::Conditional { condition, then, otherwise } => {
            visit_nodes(condition, PermissiveWhen::Either, visit);
            visit_nodes(then, permissive, visit);
            visit_nodes(otherwise, permissive, visit);
        }
        ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, range, body, .. } => {
            visit_nodes(range, PermissiveWhen::Either, visit);
            visit_nodes(body, permissive, visit);
        }
        _ => {
            operands(expr).into_iter().for_each(|operand| visit_nodes(operand, PermissiveWhen::Either, visit))
        }
    }
}

/// The effects that apply where a rule does not: the default of the set, and those of the rules about the same actions.
#[derive(Debug, Clone)]
pub(crate) struct EffectContext {
    default: Effect,
    /// The most permissive effect of any rule about an action, by action number; `None` for an action without rules.
    mildest: Vec<Option<Effect>>,
}

impl EffectContext {
    /// `rules` are the effects of all enforced rules and the actions that each covers.
    pub(crate) fn new<'r>(
        default: Effect,
        schema: &Schema,
        rules: impl Iterator<Item = (Effect, &'r [ActionId])>,
    ) -> EffectContext {
        let mut mildest: Vec<Option<Effect>> = vec![None; schema.actions.len()];
        for (effect, actions) in rules {
            for action in actions {
                if let Some(known) = mildest.get_mut(action.0 as usize) {
                    *known = Some(known.map_or(effect, |known| known.min(effect)));
                }
            }
        }
        EffectContext { default, mildest }
    }

    /// Which truth of a rule of this effect, which covers these actions, can make an outcome more permissive.
    pub(crate) fn permissive_when(&self, effect: Effect, actions: &[ActionId]) -> PermissiveWhen {
        let mut mildest = actions.iter().filter_map(|action| *self.mildest.get(action.0 as usize)?);
        let when_true = effect < self.default;
        let when_false = self.default < effect || mildest.any(|mildest| mildest < effect);
        match (when_true, when_false) {
            (true, true) => PermissiveWhen::Either,
            (true, false) => PermissiveWhen::True,
            (false, true) => PermissiveWhen::False,
            // The rule changes nothing yet, so this is what holds for most rules with such an effect.
            (false, false) if effect == Effect::Allow => PermissiveWhen::True,
            (false, false) => PermissiveWhen::False,
        }
    }
}
