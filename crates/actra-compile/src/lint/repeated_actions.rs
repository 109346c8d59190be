//! Actions that a list names twice.

use std::collections::BTreeSet;

use actra_diagnostics::{Diagnostic, codes, terminal_safe};
use actra_syntax::ast::Name;

use super::LintInput;

/// Warns about each, in scopes and in groups.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for rule in set.files.iter().flat_map(|file| &file.rules) {
        if let Some(names) = &rule.scope.action {
            repeated(&names.value, diagnostics);
        }
    }
    for (_, names) in &set.schema_decl.groups {
        repeated(names, diagnostics);
    }
}

fn repeated(names: &[Name], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for name in names.iter().filter(|name| !seen.insert(name.value.as_str())) {
        let message = format!("`{}` appears twice in this list", terminal_safe(&name.value));
        diagnostics
            .push(Diagnostic::new(codes::REDUNDANT_TEST, name.span, message).help("remove one of them"));
    }
}
