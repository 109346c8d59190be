//! Fields that governance names. Each must be declared by an action that the demand covers, or by the other records.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, codes};
use actra_model::{ActionId, Field, Fields, RecordName, Schema, TypeKind};
use actra_syntax::ast::{Name, Spanned};
use actra_syntax::suggest;

use crate::check::fields::record_name;
use crate::shorten::shortened;

/// An entry of `allowed_fields`, `record.path`, of any action.
pub(super) fn allowed(
    schema: &Schema,
    path: &Spanned<Vec<Name>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<str>> {
    let (first, rest) = path.value.split_first()?;
    let record_name = record_name(first, diagnostics)?;
    if rest.is_empty() {
        let message = format!("`{record_name}` is a record, but this list takes fields");
        diagnostics.push(
            Diagnostic::new(codes::UNKNOWN_FIELD, path.span, message)
                .help(format!("write `{record_name}.FIELD` for each field that may be read")),
        );
        return None;
    }
    let all: Vec<ActionId> = (0u32..).zip(&schema.actions).map(|(idx, _)| ActionId(idx)).collect();
    declared(schema, record_name, rest, &all, diagnostics)?;
    Some(format!("{record_name}.{}", dotted(rest)).into())
}

/// Which of these actions declare a field; all of them for a field of another record. Reports a field that is not
/// declared.
pub(super) fn declared(
    schema: &Schema,
    record_name: RecordName,
    path: &[Name],
    actions: &[ActionId],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<ActionId>> {
    let tops = tops(schema, record_name, actions);
    let declaring: Vec<ActionId> =
        actions.iter().copied().filter(|id| is_declared(schema, record_name, *id, path)).collect();
    if !declaring.is_empty() || (record_name != RecordName::Action && reaches(tops.first().copied(), path)) {
        return Some(declaring);
    }
    report(&format!("`{record_name}`"), &tops, path, diagnostics);
    None
}

/// Checks that some record declares a field.
pub(super) fn declared_anywhere(
    schema: &Schema,
    path: &[Name],
    actions: &[ActionId],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<()> {
    let any = RecordName::ALL.into_iter().any(|record_name| {
        let found = tops(schema, record_name, actions).into_iter().any(|fields| reaches(Some(fields), path));
        found || is_action_type(record_name, path)
    });
    if !any {
        let tops: Vec<&Fields> =
            RecordName::ALL.into_iter().flat_map(|record_name| tops(schema, record_name, actions)).collect();
        report("a request", &tops, path, diagnostics);
    }
    any.then_some(())
}

/// A path as in a policy.
pub(super) fn dotted(path: &[Name]) -> String {
    path.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(".")
}

/// The fields of a record: of `action`, one map for each action.
fn tops<'s>(schema: &'s Schema, record_name: RecordName, actions: &[ActionId]) -> Vec<&'s Fields> {
    match record_name {
        RecordName::Action => {
            actions.iter().filter_map(|id| schema.action(*id)).map(|action| &action.fields).collect()
        }
        RecordName::Actor => vec![&schema.actor],
        RecordName::Snapshot => vec![&schema.snapshot],
    }
}

fn is_declared(schema: &Schema, record_name: RecordName, action: ActionId, path: &[Name]) -> bool {
    is_action_type(record_name, path) || reaches(tops(schema, record_name, &[action]).first().copied(), path)
}

/// `action.type`, which every action has.
fn is_action_type(record_name: RecordName, path: &[Name]) -> bool {
    record_name == RecordName::Action && matches!(path, [only] if only.value == "type")
}

/// Whether a path names a field, through members of objects.
fn reaches(fields: Option<&Fields>, path: &[Name]) -> bool {
    let (Some(fields), Some((first, rest))) = (fields, path.split_first()) else { return false };
    let Some(field) = fields.get(first.value.as_str()) else { return false };
    rest.is_empty() || reaches(members(field), rest)
}

fn members(field: &Field) -> Option<&Fields> {
    match &field.ty.kind {
        TypeKind::Object(fields) => Some(fields),
        _ => None,
    }
}

/// Reports the first part of a path that nothing declares.
fn report(record: &str, tops: &[&Fields], path: &[Name], diagnostics: &mut Vec<Diagnostic>) {
    let (mut within, mut owner) = (tops.to_vec(), record.to_owned());
    for (idx, name) in path.iter().enumerate() {
        let next: Vec<&Field> = within.iter().filter_map(|fields| fields.get(name.value.as_str())).collect();
        if next.is_empty() {
            let names: BTreeSet<&str> =
                within.iter().flat_map(|fields| fields.keys()).map(AsRef::as_ref).collect();
            diagnostics.push(unknown(name, &owner, &names, diagnostics.len()));
            return;
        }
        owner = format!("`{}`", dotted(path.get(..=idx).unwrap_or_default()));
        within = next.into_iter().filter_map(members).collect();
    }
}

fn unknown(name: &Name, owner: &str, names: &BTreeSet<&str>, reports: usize) -> Diagnostic {
    let close = suggest::closest_within_budget(reports, &name.value, names.iter().copied());
    let close = close.map(suggest::question);
    let some: Vec<&str> = names.iter().copied().take(12).collect();
    let help = close.unwrap_or_else(|| match some.is_empty() {
        true => "the schema declares no fields there".to_owned(),
        false => format!("the schema declares `{}`", some.join("`, `")),
    });
    let message = format!("{owner} has no field `{}`", shortened(&name.value));
    Diagnostic::new(codes::UNKNOWN_FIELD, name.span, message).help(help)
}
