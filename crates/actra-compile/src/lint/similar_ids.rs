//! Rule ids that are easily mistaken for one another.

use std::collections::BTreeMap;

use actra_diagnostics::{Diagnostic, Span, codes};

use super::LintInput;

/// Warns about every id but the first of those that look alike.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, (&str, Span)> = BTreeMap::new();
    for (written, _) in set.rules() {
        let id = written.id.value.as_str();
        let Some((first, span)) = seen.get(&looks(id)) else {
            seen.insert(looks(id), (id, written.id.span));
            continue;
        };
        let message = format!("`{id}` is easily mistaken for `{first}`");
        diagnostics.push(
            Diagnostic::new(codes::ALIKE_IDS, written.id.span, message)
                .also(*span, "the other rule")
                .help("give one of the rules an id that says how they differ"),
        );
    }
}

/// An id as a hasty reader sees it: without letter case, with one separator, and with `l I 1` and `o O 0` each the
/// same.
fn looks(id: &str) -> String {
    let look = |c: char| match c.to_ascii_lowercase() {
        '_' | '.' | '-' => '-',
        'l' | 'i' | '1' => '1',
        'o' | '0' => '0',
        other => other,
    };
    id.chars().map(look).collect()
}
