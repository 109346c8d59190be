//! The faults of a request, and those that a decision lists.

use std::collections::BTreeSet;

use actra_model::{
    ActionId, Fault, FaultHandling, Fields, RawMap, RawRequest, RawValue, Reason, RecordName, Schema, Type,
    TypeKind, limits,
};

use crate::envelope::record;
use crate::typing::{FieldState, read_field};
use crate::value::{EvalError, faults_within};

/// All faults of the fields of a request, in order.
pub(crate) fn faults(schema: &Schema, raw: &RawRequest, action: ActionId) -> BTreeSet<Fault> {
    let nothing = Fields::new();
    let mut found = BTreeSet::new();
    for record_name in RecordName::ALL {
        let fields = match record_name {
            RecordName::Action => schema.action(action).map_or(&nothing, |action| &action.fields),
            RecordName::Actor => &schema.actor,
            RecordName::Snapshot => &schema.snapshot,
        };
        match record(raw, record_name) {
            Ok(members) => {
                for (name, field) in fields {
                    let path = format!("{record_name}.{name}");
                    match read_field(field, members.get(name.as_ref()), &path) {
                        FieldState::Absent => {}
                        FieldState::Invalid(reason) => drop(found.insert(Fault { path, reason })),
                        FieldState::Present(value) => found.extend(
                            faults_within(&value)
                                .into_iter()
                                .map(|EvalError { path, reason }| Fault { path, reason }),
                        ),
                    }
                }
                if schema.extra_fields == FaultHandling::Reject {
                    let known = if record_name == RecordName::Action { "type" } else { "" };
                    add_undeclared(fields, members, known, (record_name.as_str(), true), &mut found);
                }
            }
            Err(_) if fields.is_empty() && is_left_out(raw, record_name) => {}
            Err(_) if fields.is_empty() && schema.extra_fields == FaultHandling::Ignore => {}
            Err(reason) => drop(found.insert(Fault { path: record_name.to_string(), reason })),
        }
    }
    found
}

/// The first undeclared member of an object, and of the objects inside it; its name only where the place may show it.
fn add_undeclared(
    fields: &Fields,
    members: &RawMap,
    known: &str,
    (path, may_name): (&str, bool),
    found: &mut BTreeSet<Fault>,
) {
    let undeclared =
        |name: &&String| !fields.contains_key(name.as_str()) && (name.as_str() != known || known.is_empty());
    if let Some(name) = members.keys().find(undeclared) {
        let is_record = !path.contains(['.', '[']);
        let is_beside_sensitive = !is_record && fields.values().any(|field| field.holds_sensitive());
        let is_named = may_name && !is_beside_sensitive && is_identifier(name);
        let path = if is_named { format!("{path}.{name}") } else { path.to_owned() };
        found.insert(Fault { path, reason: Reason::ExtraField });
    }
    for (name, field) in fields {
        if let Some(raw) = members.get(name.as_ref()) {
            add_undeclared_within(
                &field.ty,
                raw,
                (&format!("{path}.{name}"), may_name && !field.sensitive),
                found,
            );
        }
    }
}

fn add_undeclared_within(
    ty: &Type,
    raw: &RawValue,
    (path, may_name): (&str, bool),
    found: &mut BTreeSet<Fault>,
) {
    let most = ty.constraints.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS);
    let inner = format!("{path}[*]");
    match (&ty.kind, raw) {
        (TypeKind::Object(fields), RawValue::Map(members)) => {
            add_undeclared(fields, members, "", (path, may_name), found)
        }
        // A container with too many elements is not looked into.
        (TypeKind::List(of), RawValue::List(items)) if items.len() <= most => {
            items.iter().for_each(|item| add_undeclared_within(of, item, (&inner, may_name), found));
        }
        (TypeKind::Map(of), RawValue::Map(members)) if members.len() <= most => {
            members.values().for_each(|member| add_undeclared_within(of, member, (&inner, may_name), found));
        }
        _ => {}
    }
}

/// Whether a record, or a value that holds objects, cannot be looked into for undeclared fields.
pub(crate) fn may_hide_undeclared(schema: &Schema, raw: &RawRequest, action: ActionId) -> bool {
    let nothing = Fields::new();
    RecordName::ALL.into_iter().any(|record_name| {
        let fields = match record_name {
            RecordName::Action => schema.action(action).map_or(&nothing, |action| &action.fields),
            RecordName::Actor => &schema.actor,
            RecordName::Snapshot => &schema.snapshot,
        };
        match record(raw, record_name) {
            Ok(members) => members_may_hide(fields, members),
            Err(_) => !fields.is_empty() || !is_left_out(raw, record_name),
        }
    })
}

fn is_left_out(raw: &RawRequest, record_name: RecordName) -> bool {
    let record = match record_name {
        RecordName::Action => &raw.action,
        RecordName::Actor => &raw.actor,
        RecordName::Snapshot => &raw.snapshot,
    };
    matches!(record, None | Some(RawValue::Null))
}

fn members_may_hide(fields: &Fields, members: &RawMap) -> bool {
    fields.iter().any(|(name, field)| match members.get(name.as_ref()) {
        None | Some(RawValue::Null) if field.optional => false,
        raw => may_hide(&field.ty, raw.unwrap_or(&RawValue::Null)),
    })
}

fn may_hide(ty: &Type, raw: &RawValue) -> bool {
    let most = ty.constraints.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS);
    let holds_objects = ty.kind.name().contains("object");
    match (&ty.kind, raw) {
        _ if !holds_objects => false,
        (TypeKind::Object(fields), RawValue::Map(members)) => members_may_hide(fields, members),
        (TypeKind::List(of), RawValue::List(items)) if items.len() <= most => {
            items.iter().any(|item| may_hide(of, item))
        }
        (TypeKind::Map(of), RawValue::Map(members)) if members.len() <= most => {
            members.values().any(|member| may_hide(of, member))
        }
        _ => true,
    }
}

/// `[A-Za-z_][A-Za-z0-9_]{0,63}`
fn is_identifier(name: &str) -> bool {
    crate::scalar_ops::matches(name, "^[A-Za-z_][A-Za-z0-9_]{0,63}$")
}
