//! Tests that together exclude every value of a field, or accept every value, by the type of the field alone.

use std::collections::BTreeMap;

use actra_diagnostics::Diagnostic;
use actra_ir::{Comparison, Expr, ExprKind, Rule};
use actra_model::{RecordName, Schema, TypeKind, Value, ValueState};

use super::redundant::{Connective, report_excluded, report_exhaustive};
use super::{LintInput, number_range, visit_nodes};

/// Warns about tests that exclude every value of a field, or accept every value.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for rule in set.rules {
        let mut check_connective =
            |parts: &[Expr], kind| self::check_connective(parts, kind, rule, set.schema, diagnostics);
        visit_nodes(&rule.condition, &mut |expr| match &expr.kind {
            ExprKind::And(parts) => check_connective(parts, Connective::And),
            ExprKind::Or(parts) => check_connective(parts, Connective::Or),
            _ => {}
        });
    }
}

type FieldKey<'e> = (RecordName, &'e str);

fn check_connective(
    parts: &[Expr],
    kind: Connective,
    rule: &Rule,
    schema: &Schema,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut tests: BTreeMap<FieldKey<'_>, Vec<&Expr>> = BTreeMap::new();
    for part in parts {
        if let Some(subject) = subject(part) {
            tests.entry(subject).or_default().push(part);
        }
    }
    for (subject, tests) in tests {
        let Some(values) = values(subject, rule, schema) else { continue };
        // A value decides the junction if one of its tests does.
        let decides = |value: &Value| tests.iter().any(|test| holds(test, value) == (kind == Connective::Or));
        if values.iter().all(decides) {
            diagnostics.extend(report(&tests, kind));
        }
    }
}

fn report(tests: &[&Expr], kind: Connective) -> Option<Diagnostic> {
    Some(match (tests, kind) {
        ([first, .., last], Connective::And) => report_excluded(last.span, first.span),
        ([first, .., last], Connective::Or) => report_exhaustive(last.span, first.span),
        _ => return None,
    })
}

/// Whether a test lists every value that its field can have.
pub(super) fn lists_all(test: &Expr, rule: &Rule, schema: &Schema) -> bool {
    let values = subject(test).and_then(|subject| values(subject, rule, schema));
    values.is_some_and(|values| values.iter().all(|value| holds(test, value)))
}

/// The field that a test compares with literals.
fn subject(test: &Expr) -> Option<FieldKey<'_>> {
    let field = match &test.kind {
        ExprKind::Not(inner) => return subject(inner),
        ExprKind::Field { .. } => test,
        ExprKind::Compare { op: Comparison::Equal, left, right } => match (&left.kind, &right.kind) {
            (ExprKind::Literal(_), _) => right,
            (_, ExprKind::Literal(_)) => left,
            _ => return None,
        },
        ExprKind::In { element, container } if matches!(container.kind, ExprKind::Literal(_)) => element,
        _ => return None,
    };
    match &field.kind {
        ExprKind::Field { record, name } => Some((*record, name)),
        _ => None,
    }
}

/// Whether a test of a field holds where the field has this value.
fn holds(test: &Expr, value: &Value) -> bool {
    match &test.kind {
        ExprKind::Not(inner) => !holds(inner, value),
        ExprKind::Field { .. } => *value == Value::Bool(true),
        ExprKind::Compare { left, right, .. } => [left, right]
            .iter()
            .any(|side| matches!(&side.kind, ExprKind::Literal(literal) if literal == value)),
        ExprKind::In { container, .. } => match &container.kind {
            ExprKind::Literal(Value::List(items)) => {
                items.iter().any(|item| matches!(item, ValueState::Present(item) if item == value))
            }
            _ => false,
        },
        _ => false,
    }
}

/// The values that a field can have in a rule; `None` if they are not listed.
fn values(subject: FieldKey<'_>, rule: &Rule, schema: &Schema) -> Option<Vec<Value>> {
    let mut all: Vec<Value> = Vec::new();
    for ty in number_range::types(subject.0, subject.1, rule, schema) {
        match (&ty.constraints.one_of, &ty.kind) {
            (Some(values), _) => all.extend(values.iter().cloned()),
            (None, TypeKind::Boolean) => all.extend([Value::Bool(true), Value::Bool(false)]),
            _ => return None,
        }
    }
    Some(all).filter(|all| !all.is_empty())
}
