//! A value that is compared with texts that differ only in letter case.

use std::collections::BTreeMap;

use actra_diagnostics::{Diagnostic, Span, codes, terminal_safe};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind};
use actra_model::{Value, ValueState};

use super::LintInput;
use crate::permissive::{self, PermissiveWhen};

/// The first spelling of each text, by the operand that is compared and the text in lower case.
type Spellings<'a> = BTreeMap<(String, String), (&'a str, Span)>;

/// Warns about every spelling but the first.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = Spellings::new();
    for rule in set.rules {
        let permissive = set.effects.permissive_when(rule.effect, &rule.actions);
        permissive::visit_nodes(&rule.condition, permissive, &mut |expr, permissive| {
            let Some((operand, texts)) = compared(expr) else { return };
            let operand = print(operand);
            for text in texts {
                let found = second_spelling(&mut seen, &operand, text, expr.span);
                diagnostics.extend(found.map(|found| found.help(help(&operand, permissive))));
            }
        });
    }
}

fn second_spelling<'e>(
    seen: &mut Spellings<'e>,
    operand: &str,
    text: &'e str,
    span: Span,
) -> Option<Diagnostic> {
    let key = (operand.to_owned(), text.to_lowercase());
    let (first, place) = *seen.entry(key).or_insert((text, span));
    if first == text {
        return None;
    }
    let message = format!("`{operand}` is compared with `{}` here", terminal_safe(text));
    Some(
        Diagnostic::new(codes::LETTER_CASE, span, message)
            .also(place, format!("and with `{}` here", terminal_safe(first))),
    )
}

/// The correction that makes no outcome more permissive.
fn help(operand: &str, permissive: PermissiveWhen) -> String {
    let every = "text is compared letter by letter";
    match permissive {
        PermissiveWhen::True => format!("{every}; write the one spelling that is meant"),
        PermissiveWhen::False => {
            format!("{every}; compare `{operand}.lowerAscii()`, which covers all spellings")
        }
        PermissiveWhen::Either => {
            format!(
                "{every}; say which spellings are meant, because here adding or dropping any of them can make an outcome more permissive"
            )
        }
    }
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

fn item(item: &ValueState) -> Option<&str> {
    match item {
        ValueState::Present(Value::String(text)) => Some(text),
        _ => None,
    }
}
