//! What of a request may be shown: what the schema declares and does not mark `sensitive`.
//!
//! A sensitive field is `[redacted]`, whatever it is, and so is a map whose values hold something sensitive: its keys
//! say whose they are. What is not declared is counted by type and size, and its names are left out, since they can be
//! data like the values.

use std::fmt;
use std::sync::Arc;

use actra_ir::Policy;
use actra_model::{
    Field, Fields, RawMap, RawRequest, RawValue, Reason, RecordName, Schema, Type, TypeKind, limits,
};

use crate::taint::TaintedFields;

/// What stands in place of a sensitive value.
pub const REDACTED: &str = "[redacted]";

/// The member that says what an object has beside the fields that are declared: a list of types and sizes. It is no
/// name, so that no field can be called so.
pub const UNDECLARED: &str = "[undeclared]";

/// Undeclared members of one object that are listed.
const MAX_UNDECLARED_SHOWN: usize = 20;

/// The request as it may be shown; a fact that nobody could give is among its `unknown` ones.
/// Of an action that the schema does not declare only the type is kept, since nobody can say what is sensitive in it.
///
/// What lies deeper than a request may is unreadable: a host may hand in anything.
pub fn redact(schema: &Schema, request: &RawRequest) -> RawRequest {
    let nothing = Fields::new();
    let action = request.action.as_ref().map(|action| {
        let fields = action_type(request).and_then(|name| schema.action(schema.action_id(name)?));
        redact_action(fields.map_or(&nothing, |action| &action.fields), action)
    });
    let mut unknown = request.unknown.clone();
    unknown.retain(|path| schema.fact(path).is_some());
    let mut kept = |record_name: RecordName, value: &Option<RawValue>| {
        let fields = if record_name == RecordName::Actor { &schema.actor } else { &schema.snapshot };
        let mut kept = value.as_ref().map(|value| object(fields, value))?;
        if let (Some(RawValue::Map(found)), RawValue::Map(kept)) = (value, &mut kept) {
            unknown.extend(not_found_out(record_name, fields, found, kept));
        }
        Some(kept)
    };
    let (actor, snapshot) =
        (kept(RecordName::Actor, &request.actor), kept(RecordName::Snapshot, &request.snapshot));
    RawRequest { action, actor, snapshot, unknown, fault: request.fault }
}

/// A request that analysis found, in which records were given, as it may be shown: without values that were found by
/// what is sensitive in these, too.
pub fn redact_witness(policy: &Policy, request: &RawRequest) -> RawRequest {
    let mut shown = redact(&policy.schema, request);
    let action = action_type(request).and_then(|name| policy.schema.action_id(name));
    let Some(action) = action else { return shown };
    let tainted = TaintedFields::new(policy, action);
    let records = [
        (RecordName::Action, &mut shown.action),
        (RecordName::Actor, &mut shown.actor),
        (RecordName::Snapshot, &mut shown.snapshot),
    ];
    for (record_name, record) in records {
        let Some(RawValue::Map(members)) = record else { continue };
        let names: Vec<String> =
            members.keys().filter(|name| tainted.has(record_name, name)).cloned().collect();
        members.extend(names.into_iter().map(|name| (name, REDACTED.into())));
    }
    shown
}

/// The value of a declared field as it may be shown.
pub fn redact_field(field: &Field, value: &RawValue) -> RawValue {
    if field.sensitive { REDACTED.into() } else { typed(&field.ty, value) }
}

/// The type and size of a value that may not be shown: `string, 12 bytes`, `list, 3 elements`, `number`.
#[derive(Debug, Clone, Copy)]
pub struct SizeSummary<'v>(pub &'v RawValue);

impl fmt::Display for SizeSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, count, unit) = match self.0 {
            RawValue::Null => return f.write_str("null"),
            RawValue::Bool(_) => return f.write_str("boolean"),
            RawValue::Number(_) => return f.write_str("number"),
            RawValue::Unreadable(_) => return f.write_str("unreadable"),
            RawValue::String(text) => ("string", text.len(), "byte"),
            RawValue::List(elements) => ("list", elements.len(), "element"),
            RawValue::Map(members) => ("object", members.len(), "member"),
        };
        write!(f, "{kind}, {count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

/// The type of the action of a request, if it has one.
pub fn action_type(request: &RawRequest) -> Option<&str> {
    let RawValue::Map(members) = request.action.as_ref()? else { return None };
    if let RawValue::String(name) = members.get("type")? { Some(name) } else { None }
}

/// The type is no field, and is shown if it is one.
fn redact_action(fields: &Fields, action: &RawValue) -> RawValue {
    let RawValue::Map(members) = action else { return sized(action) };
    let mut kept = redact_members(fields, members.iter().filter(|(name, _)| *name != "type"));
    if let Some(name) = members.get("type") {
        let name = if matches!(name, RawValue::String(_)) { name.clone() } else { sized(name) };
        kept.insert("type".to_owned(), name);
    }
    RawValue::Map(kept)
}

/// Takes declared facts that nobody could give out of what is shown of a record; gives their paths. A request can say
/// so, but it has no value for them.
fn not_found_out(record_name: RecordName, fields: &Fields, found: &RawMap, kept: &mut RawMap) -> Vec<String> {
    let unresolved = RawValue::Unreadable(Reason::Unresolved);
    let missing = |name: &&Arc<str>| found.get(name) == Some(&unresolved);
    let missing: Vec<_> = fields.keys().filter(missing).collect();
    missing.iter().for_each(|name| drop(kept.remove(name)));
    missing.iter().map(|name| format!("{record_name}.{name}")).collect()
}

/// What is not an object where one is declared could hold anything.
fn object(fields: &Fields, value: &RawValue) -> RawValue {
    match value {
        RawValue::Map(members) => RawValue::Map(redact_members(fields, members.iter())),
        RawValue::Null | RawValue::Unreadable(_) => value.clone(),
        _ if fields.values().any(Field::holds_sensitive) => REDACTED.into(),
        _ => sized(value),
    }
}

fn redact_members<'v>(fields: &Fields, members: impl Iterator<Item = (&'v String, &'v RawValue)>) -> RawMap {
    let mut kept = RawMap::new();
    let mut undeclared = Vec::new();
    for (name, value) in members {
        match fields.get(name.as_str()) {
            Some(field) => drop(kept.insert(name.clone(), redact_field(field, value))),
            None => undeclared.push(value),
        }
    }
    if !undeclared.is_empty() {
        kept.insert(UNDECLARED.to_owned(), counted(&undeclared));
    }
    kept
}

/// In order of size: that of the names says something about them.
fn counted(values: &[&RawValue]) -> RawValue {
    let mut sizes: Vec<String> = values.iter().map(|value| SizeSummary(value).to_string()).collect();
    sizes.sort();
    let more = sizes.len().saturating_sub(MAX_UNDECLARED_SHOWN);
    sizes.truncate(MAX_UNDECLARED_SHOWN);
    if more > 0 {
        sizes.push(format!("and {more} more"));
    }
    RawValue::List(sizes.into_iter().map(RawValue::String).collect())
}

fn typed(ty: &Type, value: &RawValue) -> RawValue {
    match (&ty.kind, value) {
        (TypeKind::Any, value) => copied(value, limits::NESTING),
        (TypeKind::Object(fields), value) => object(fields, value),
        (TypeKind::List(element), RawValue::List(elements)) => {
            RawValue::List(elements.iter().map(|value| typed(element, value)).collect())
        }
        // Keys say whose the values are; and what is of another shape than declared could hold anything.
        (TypeKind::List(inner) | TypeKind::Map(inner), _) if inner.kind.holds_sensitive() => REDACTED.into(),
        (TypeKind::Map(inner), RawValue::Map(members)) => {
            let kept = |(name, value): (&String, &RawValue)| (name.clone(), typed(inner, value));
            RawValue::Map(members.iter().map(kept).collect())
        }
        // Nothing in it is declared.
        (_, RawValue::List(_) | RawValue::Map(_)) => sized(value),
        _ => value.clone(),
    }
}

/// A value without what lies deeper than so many levels. A record has some above it, so that what was too deep still
/// is.
fn copied(value: &RawValue, levels: usize) -> RawValue {
    let deeper = levels.checked_sub(1);
    match (value, deeper) {
        (RawValue::List(_) | RawValue::Map(_), None) => RawValue::Unreadable(Reason::TooDeep),
        (RawValue::List(elements), Some(levels)) => {
            RawValue::List(elements.iter().map(|element| copied(element, levels)).collect())
        }
        (RawValue::Map(members), Some(levels)) => {
            let copied = |(name, value): (&String, &RawValue)| (name.clone(), copied(value, levels));
            RawValue::Map(members.iter().map(copied).collect())
        }
        (other, _) => other.clone(),
    }
}

fn sized(value: &RawValue) -> RawValue {
    RawValue::String(format!("[{}]", SizeSummary(value)))
}
