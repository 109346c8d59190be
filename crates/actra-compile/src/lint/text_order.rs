//! Versions and numbers that are compared as text, character by character: `"10.0" < "9.0"`.

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::{Comparison, Expr, ExprKind, Rule};
use actra_model::{Schema, TypeKind, Value};

use super::{LintInput, number_range, visit_nodes};

/// Warns about each comparison of versions or numbers as text.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for rule in set.rules {
        visit_nodes(&rule.condition, &mut |expr| {
            let ExprKind::Compare { op: Comparison::Less | Comparison::LessOrEqual, left, right } =
                &expr.kind
            else {
                return;
            };
            let sides = [left.as_ref(), right.as_ref()];
            if sides.iter().any(|side| is_number_like(side) || is_named_version(side, rule, set.schema)) {
                let message = "text is compared character by character, so `\"10.0\"` is less than `\"9.0\"`";
                diagnostics.push(
                    Diagnostic::new(codes::TEXT_ORDER, expr.span, message).help(
                        "declare the field, or each part of a version, as a number; or list the versions",
                    ),
                );
            }
        });
    }
}

/// A text such as `1.20`, `v2.0.0-rc.1` or `1024`.
fn is_number_like(expr: &Expr) -> bool {
    let ExprKind::Literal(Value::String(text)) = &expr.kind else { return false };
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let core = digits.split(['-', '+']).next().unwrap_or("");
    let mut parts = core.split('.');
    let numbers = parts.clone().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    // A day such as `2026-01-31`, and numbers that zeros make equally long, have their order as text.
    let one = parts.by_ref().count() == 1;
    numbers && !(one && (core.len() < digits.len() || core.starts_with('0')))
}

fn is_named_version(expr: &Expr, rule: &Rule, schema: &Schema) -> bool {
    let ExprKind::Field { record, name } = &expr.kind else { return false };
    let mut types = number_range::types(*record, name, rule, schema);
    name.to_ascii_lowercase().ends_with("version") && types.any(|ty| ty.kind == TypeKind::String)
}
