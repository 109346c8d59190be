//! Paths that mean a directory to a shell or to Windows and stand for themselves here: `~` and `C:/x`.

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::ExprKind;
use actra_model::{Path, Value, ValueState};

use super::{LintInput, visit_nodes};

/// Warns about each path that a shell or Windows would read as another one.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for rule in set.rules {
        visit_nodes(&rule.condition, &mut |expr| {
            let ExprKind::Literal(value) = &expr.kind else { return };
            diagnostics.extend(foreign(value).map(|message| {
                Diagnostic::new(codes::FOREIGN_TEXT, expr.span, message)
                    .help("no absolute path can be compared with a relative one; write the path from `/` on")
            }));
        });
    }
}

fn foreign(value: &Value) -> Option<String> {
    match value {
        Value::Path(path) => relative(path),
        Value::List(items) => items.iter().find_map(|item| match item {
            ValueState::Present(value) => foreign(value),
            _ => None,
        }),
        _ => None,
    }
}

fn relative(path: &Path) -> Option<String> {
    let shown = path.to_string();
    if path.is_absolute() {
        return None;
    }
    let first = shown.split('/').next()?;
    if first.starts_with('~') {
        return Some("`~` stands for itself in a path, not for a home directory".to_owned());
    }
    let drive =
        first.len() == 2 && first.ends_with(':') && first.starts_with(|c: char| c.is_ascii_alphabetic());
    drive.then(|| format!("`{first}` is a directory's name in a path, so this path is relative"))
}
