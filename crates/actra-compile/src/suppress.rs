//! Warnings that a comment in their place allows are dropped.

use actra_diagnostics::{Diagnostic, Sources, codes};
use actra_syntax::Suppression;

/// Drops warnings that a suppression covers; in a set without errors, reports suppressions that cover none.
pub(crate) fn apply_suppressions(
    suppressions: &[Suppression],
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut used = vec![false; suppressions.len()];
    diagnostics.retain(|diagnostic| {
        let Some(span) = diagnostic.span.filter(|_| !diagnostic.is_error()) else { return true };
        let covering = suppressions.iter().position(|suppression| {
            suppression.code == diagnostic.code
                && suppression.covers.file == span.file
                && suppression.covers.start <= span.start
                && span.start <= suppression.covers.end
        });
        if let Some(mark) = covering.and_then(|idx| used.get_mut(idx)) {
            *mark = true;
        }
        covering.is_none()
    });
    // An error may keep parts of the set from being checked, so a suppression may still turn out to be needed.
    if diagnostics.iter().any(Diagnostic::is_error) {
        return;
    }
    for (suppression, _) in suppressions.iter().zip(used).filter(|(_, used)| !used) {
        debug_assert!(sources.get(suppression.span.file).is_some());
        let message = format!("nothing here raises `{}`", suppression.code);
        diagnostics.push(
            Diagnostic::new(codes::USELESS_SUPPRESSION, suppression.span, message).help("remove the comment"),
        );
    }
}
