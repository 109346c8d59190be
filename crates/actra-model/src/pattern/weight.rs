//! What searching with a pattern costs.

use regex_syntax::hir::{Hir, HirKind};

/// Up to so many classes the weight is one: the deterministic automaton stays small.
const FREE: u64 = 8;
/// With more, its states may have to be worked out anew for each byte.
const ANEW: u64 = 40;
/// What each further class costs, for a state that may have to be followed by itself.
const CLASS: u64 = 4;

/// See [`super::Pattern::weight`].
pub(super) fn weight(pattern: &Hir) -> u64 {
    match classes(pattern).saturating_sub(FREE) {
        0 => 1,
        more => ANEW.saturating_add(more.saturating_mul(CLASS)),
    }
}

/// The classes of characters in a pattern, repetitions written out.
fn classes(pattern: &Hir) -> u64 {
    match pattern.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => 0,
        HirKind::Class(_) => 1,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            // Each copy of a repeated part is a state of its own, also of a single character.
            let one = classes(&repetition.sub).max(u64::from(times > 1));
            one.saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => classes(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(classes).fold(0, u64::saturating_add)
        }
    }
}
