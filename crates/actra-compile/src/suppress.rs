//! The last step before diagnostics are reported: what is allowed in place is dropped, and repetitions are merged.

use actra_diagnostics::{Diagnostic, Sources, codes};
use actra_syntax::Suppression;

use crate::guard;

/// Drops warnings that an allowance covers; in a set without errors, reports allowances that cover none.
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
    // An error may keep parts of the set from being checked, so an allowance may still turn out to be needed.
    if diagnostics.iter().any(Diagnostic::is_error) {
        return;
    }
    for (suppression, _) in suppressions.iter().zip(used).filter(|(_, used)| !used) {
        debug_assert!(sources.get(suppression.span.file).is_some());
        let message = format!("nothing here raises `{}`", suppression.code);
        diagnostics.push(
            Diagnostic::new(codes::USELESS_ALLOWANCE, suppression.span, message).help("remove the comment"),
        );
    }
}

/// Sorts by place and merges repetitions, since a definition is checked once for every rule that uses it.
///
/// Help that only a repetition gives is kept, but not where it is about guards: guards that contradict each other are
/// no advice.
pub(crate) fn sort_and_merge(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    diagnostics.dedup_by(|repeated, first| {
        let same =
            repeated.span == first.span && repeated.code == first.code && repeated.message == first.message;
        if same && repeated.help != first.help {
            if guard::CODES.contains(&first.code) {
                first.help = guard::contradicting_guards();
                return true;
            }
            let new: Vec<String> =
                repeated.help.drain(..).filter(|help| !first.help.contains(help)).collect();
            first.help.extend(new);
        }
        same
    });
}
