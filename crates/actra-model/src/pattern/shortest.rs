//! How short a text can be that a pattern is found in.

use regex_syntax::hir::{Hir, HirKind};

/// See [`super::Pattern::shortest`]. What looks around is taken to hold.
pub(super) fn shortest(pattern: &Hir) -> Option<usize> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(literal) => {
            Some(std::str::from_utf8(&literal.0).map_or(1, |text| text.chars().count()))
        }
        // An empty class matches nothing.
        HirKind::Class(class) => (!class.is_empty()).then_some(1),
        HirKind::Repetition(repetition) => match repetition.min {
            0 => Some(0),
            times => Some(shortest(&repetition.sub)?.saturating_mul(usize::try_from(times).ok()?)),
        },
        HirKind::Capture(capture) => shortest(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(0_usize, |sum, part| Some(sum.saturating_add(shortest(part)?)))
        }
        HirKind::Alternation(parts) => parts.iter().filter_map(shortest).min(),
    }
}
