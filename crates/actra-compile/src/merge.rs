//! The last step before diagnostics are reported: they are sorted, and repetitions become one.

use actra_diagnostics::Diagnostic;

use crate::guard;

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
