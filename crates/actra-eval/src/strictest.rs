//! The strictest obtainable effect of the enforced rules that are not false, for both ways of deciding.

use actra_model::Effect;

/// The strictest obtainable effect, and which rules carry it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strictest {
    pub(crate) effect: Effect,
    pub(crate) carried_by: CarriedBy,
}

/// The rules of the effect that count: an undetermined one only raises an effect, so its being false is never assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CarriedBy {
    /// Those that are true, or the default.
    True,
    /// Those that are undetermined: without them the effect would be more permissive.
    Undetermined,
}

/// The strictest effect of a true rule or else the default, unless an undetermined rule has a stricter one.
#[inline]
pub(crate) fn strictest_obtainable(
    default: Effect,
    of_true: Option<Effect>,
    of_undetermined: Option<Effect>,
) -> Strictest {
    let certain = of_true.unwrap_or(default);
    match of_undetermined {
        Some(effect) if effect > certain => Strictest { effect, carried_by: CarriedBy::Undetermined },
        _ => Strictest { effect: certain, carried_by: CarriedBy::True },
    }
}
