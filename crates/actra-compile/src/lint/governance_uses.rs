//! What governance uses of a schema: the groups and fields that it names.

use std::collections::BTreeSet;

use actra_model::RecordName;
use actra_syntax::ast::governance::{Governance, Must};
use actra_syntax::ast::{AtomOperand, Condition, ConditionKind, Expr, ExprKind, Name, Subject};

/// The groups that scopes name.
pub(super) fn groups(governance: &Governance) -> impl Iterator<Item = &str> {
    let selectors = governance.rules.iter().filter_map(|rule| rule.select.as_ref()?.scope.as_ref());
    let invariants = governance.invariants.iter().filter_map(|invariant| invariant.scope.as_ref());
    let groups = selectors.chain(invariants).filter_map(|scope| scope.group.as_ref());
    groups.map(|name| name.value.as_str())
}

/// The fields that selectors, lists of allowed fields and conditions name.
pub(super) fn fields(governance: &Governance) -> BTreeSet<(RecordName, &str)> {
    let mut fields = BTreeSet::new();
    for rule in &governance.rules {
        if let Some(atom) = rule.select.as_ref().and_then(|select| select.when.as_ref()) {
            let records = RecordName::ALL.into_iter().filter(|record_name| {
                atom.domain.as_ref().is_none_or(|wanted| wanted.value == record_name.as_str())
            });
            fields.extend(
                records.filter_map(|record_name| Some((record_name, atom.field.first()?.value.as_str()))),
            );
        }
        if let Some(Must::AllowedFields(paths)) = rule.must.as_ref().map(|must| &must.value) {
            paths.iter().for_each(|path| {
                if let [record_name, field, ..] = path.value.as_slice() {
                    add(record_name, field, &mut fields);
                }
            });
        }
    }
    let conditions = governance.invariants.iter().filter_map(|invariant| invariant.when.as_ref());
    conditions.for_each(|condition| of_condition(condition, &mut fields));
    fields
}

fn add<'a>(record_name: &Name, field: &'a Name, fields: &mut BTreeSet<(RecordName, &'a str)>) {
    fields
        .extend(RecordName::parse(&record_name.value).map(|record_name| (record_name, field.value.as_str())));
}

fn of_condition<'a>(condition: &'a Condition, fields: &mut BTreeSet<(RecordName, &'a str)>) {
    let mut subject = |subject: &'a Subject| {
        subject.field.first().into_iter().for_each(|field| add(&subject.domain, field, fields));
    };
    match &condition.kind {
        ConditionKind::Expression(expr) => of_expr(expr, fields),
        ConditionKind::StructuredAtom(atom) => {
            subject(&atom.subject);
            if let Some(AtomOperand::Subject(other)) = &atom.value {
                subject(other);
            }
        }
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            parts.iter().for_each(|part| of_condition(part, fields));
        }
        ConditionKind::Not(part) => of_condition(part, fields),
    }
}

fn of_expr<'a>(expr: &'a Expr, fields: &mut BTreeSet<(RecordName, &'a str)>) {
    if let ExprKind::Select { operand, field, .. } = &expr.kind
        && let ExprKind::Ident(record) = &operand.kind
    {
        fields.extend(RecordName::parse(record).map(|record_name| (record_name, field.value.as_str())));
    }
    expr.children().into_iter().for_each(|child| of_expr(child, fields));
}
