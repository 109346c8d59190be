//! Whether a condition, or a part of it, makes an outcome milder where it is true or where it is false.
//!
//! An outcome is the strictest effect of the true rules, or the default if none is true. So a rule that becomes true
//! makes an outcome milder only where the default was stricter, and one that becomes false only where something milder
//! remains: the default, or another rule about the same action.

use actra_ir::{Expr, ExprKind, MacroKind, operands};
use actra_model::{ActionId, Effect, Schema};

/// Which truth of a condition can make an outcome milder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MilderWhen {
    True,
    False,
    /// Either, each for some request.
    Either,
}

impl MilderWhen {
    /// The same for the operand of a `!`.
    pub(crate) fn flip(self) -> MilderWhen {
        match self {
            MilderWhen::True => MilderWhen::False,
            MilderWhen::False => MilderWhen::True,
            MilderWhen::Either => MilderWhen::Either,
        }
    }
}

/// Visits a tree in preorder, each node with its truth that can make an outcome milder. The truth of a condition that
/// is an operand of a test does not determine that of the test, so it counts as either.
pub(crate) fn visit_nodes<'e>(
    expr: &'e Expr,
    milder: MilderWhen,
    visit: &mut impl FnMut(&'e Expr, MilderWhen),
) {
    visit(expr, milder);
    match &expr.kind {
        ExprKind::Not(inner) => visit_nodes(inner, milder.flip(), visit),
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| visit_nodes(part, milder, visit));
        }
        ExprKind::Conditional { condition, then, otherwise } => {
            visit_nodes(condition, MilderWhen::Either, visit);
            visit_nodes(then, milder, visit);
            visit_nodes(otherwise, milder, visit);
        }
        ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, range, body, .. } => {
            visit_nodes(range, MilderWhen::Either, visit);
            visit_nodes(body, milder, visit);
        }
        _ => operands(expr).into_iter().for_each(|operand| visit_nodes(operand, MilderWhen::Either, visit)),
    }
}

/// The effects that apply where a rule does not: the default of the set, and those of the rules about the same actions.
#[derive(Debug, Clone)]
pub(crate) struct EffectContext {
    default: Effect,
    /// The mildest effect of any rule about an action, by action number; `None` for an action without rules.
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

    /// Which truth of a rule of this effect, which covers these actions, can make an outcome milder.
    pub(crate) fn milder_when(&self, effect: Effect, actions: &[ActionId]) -> MilderWhen {
        let mut mildest = actions.iter().filter_map(|action| *self.mildest.get(action.0 as usize)?);
        let when_true = effect < self.default;
        let when_false = self.default < effect || mildest.any(|mildest| mildest < effect);
        match (when_true, when_false) {
            (true, true) => MilderWhen::Either,
            (true, false) => MilderWhen::True,
            (false, true) => MilderWhen::False,
            // The rule changes nothing yet, so this is what holds for most rules with such an effect.
            (false, false) if effect == Effect::Allow => MilderWhen::True,
            (false, false) => MilderWhen::False,
        }
    }
}
