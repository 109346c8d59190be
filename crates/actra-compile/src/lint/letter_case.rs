//! One value compared with texts that differ in letter case only.

use std::collections::BTreeMap;

use actra_diagnostics::{Diagnostic, Span, codes, visible};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind};
use actra_model::{Slot, Value};

use super::{Checked, each};

/// What a value is compared with: by operand and text in lower case, the first spelling.
type Seen<'a> = BTreeMap<(String, String), (&'a str, Span)>;

/// Warns about every spelling but the first.
pub(super) fn check(set: &Checked<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = Seen::new();
    for rule in set.rules {
        each(&rule.condition, &mut |expr| {
            let Some((operand, texts)) = compared(expr) else { return };
            let operand = print(operand);
            for text in texts {
                judge(&mut seen, &operand, text, expr.span, diagnostics);
            }
        });
    }
}

fn judge<'e>(
    seen: &mut Seen<'e>,
    operand: &str,
    text: &'e str,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let key = (operand.to_owned(), text.to_lowercase());
    let (first, place) = *seen.entry(key).or_insert((text, span));
    if first == text {
        return;
    }
    let message = format!("`{operand}` is compared with `{}` here", visible(text));
    diagnostics.push(
        Diagnostic::new(codes::LETTER_CASE, span, message)
            .also(place, format!("and with `{}` here", visible(first)))
            .help("texts are compared by every letter; write one spelling, or compare `lowerAscii()` of it"),
    );
}

/// A field or a member of one, and the literal texts that it is compared with.
fn compared(expr: &Expr) -> Option<(&Expr, Vec<&str>)> {
    match &expr.kind {
        ExprKind::Compare { op: Comparison::Equal, left, right } => match (text(left), text(right)) {
            (Some(text), None) if is_path(right) => Some((right, vec![text])),
            (None, Some(text)) if is_path(left) => Some((left, vec![text])),
            _ => None,
        },
        ExprKind::In { element, container } if is_path(element) => match &container.kind {
            ExprKind::Literal(Value::List(items)) => Some((element, items.iter().filter_map(item).collect())),
            _ => None,
        },
        _ => None,
    }
}

fn is_path(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Field { .. } | ExprKind::Member { .. })
}

fn text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn item(item: &Slot) -> Option<&str> {
    match item {
        Slot::Present(Value::String(text)) => Some(text),
        _ => None,
    }
}
