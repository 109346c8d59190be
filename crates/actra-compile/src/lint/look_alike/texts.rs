//! The texts of a set that values are compared with.

use actra_diagnostics::Span;
use actra_syntax::ast::{
    AtomOperand, Condition, ConditionKind, Data, DataKind, Expr, ExprKind, FieldDecl, StructuredAtom,
    TypeDecl,
};

use crate::lint::LintInput;

/// Data that values are compared with, outside of conditions: constants, values that the schema lists, and values that
/// governance looks for.
pub(super) fn data<'a>(set: &LintInput<'a>) -> Vec<&'a Data> {
    let constants = set.files.iter().flat_map(|file| file.constants.iter().map(|(_, data)| data));
    let mut found: Vec<&Data> = constants.collect();
    let records = set.schema_decl.actions.iter().map(|action| &action.fields);
    let records = records.chain([&set.schema_decl.actor, &set.schema_decl.snapshot]);
    records.for_each(|fields| listed(fields, &mut found));
    let rules = set.governance.into_iter().flat_map(|governance| &governance.rules);
    let atoms = rules.filter_map(|rule| rule.select.as_ref()?.when.as_ref()?.value.as_ref());
    found.extend(atoms.filter_map(|value| match value {
        AtomOperand::Literal(data) => Some(data),
        AtomOperand::Subject(_) | AtomOperand::Constant(_) => None,
    }));
    found
}

fn listed<'a>(fields: &'a [FieldDecl], found: &mut Vec<&'a Data>) {
    fields.iter().for_each(|field| declared(&field.ty, found));
}

/// Recursion is bounded: YAML nests at most 64 deep.
fn declared<'a>(ty: &'a TypeDecl, found: &mut Vec<&'a Data>) {
    found.extend(ty.one_of.iter().flat_map(|values| &values.value));
    ty.of.iter().for_each(|element| declared(element, found));
    ty.fields.iter().for_each(|fields| listed(&fields.value, found));
}

/// Visits each text, decoded, with its place: of conditions and of the data beside them.
pub(super) fn visit_texts(set: &LintInput<'_>, visit: &mut impl FnMut(&str, Span)) {
    set.conditions().for_each(|condition| in_condition(condition, visit));
    data(set).into_iter().for_each(|data| in_data(data, visit));
}

fn in_condition(condition: &Condition, visit: &mut impl FnMut(&str, Span)) {
    match &condition.kind {
        ConditionKind::Expression(expr) => in_expr(expr, visit),
        ConditionKind::StructuredAtom(atom) => {
            if let StructuredAtom { value: Some(AtomOperand::Literal(data)), .. } = &**atom {
                in_data(data, visit);
            }
        }
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            parts.iter().for_each(|part| in_condition(part, visit));
        }
        ConditionKind::Not(part) => in_condition(part, visit),
    }
}

fn in_expr(expr: &Expr, visit: &mut impl FnMut(&str, Span)) {
    if let ExprKind::String(text) = &expr.kind {
        visit(text, expr.span);
    }
    expr.children().into_iter().for_each(|child| in_expr(child, visit));
}

fn in_data(data: &Data, visit: &mut impl FnMut(&str, Span)) {
    match &data.value {
        DataKind::String(text) => visit(text, data.span),
        DataKind::List(items) => items.iter().for_each(|item| in_data(item, visit)),
        DataKind::Map(entries) => entries.iter().for_each(|(key, value)| {
            visit(&key.value, key.span);
            in_data(value, visit);
        }),
        DataKind::Null | DataKind::Bool(_) | DataKind::Number(_) => {}
    }
}
