//! What of a request may be shown.

use std::sync::Arc;

use actra_engine::model::{
    Domain, Field, Fields, RawMap, RawRequest, RawValue, Reason, Schema, Type, TypeKind,
};

/// What stands in place of a sensitive value.
pub const REDACTED: &str = "[redacted]";

/// The request without what the schema marks `sensitive`; a fact that nobody could give is among its `unknown` ones.
/// Of an action that the schema does not declare only the type is kept, since nobody can say what is sensitive in it.
pub fn redact(schema: &Schema, request: &RawRequest) -> RawRequest {
    let action = request.action.as_ref().map(|action| {
        let name = match action {
            RawValue::Map(members) => match members.get("type") {
                Some(RawValue::String(name)) => schema.action_id(name),
                _ => None,
            },
            _ => None,
        };
        match name.and_then(|id| schema.action(id)) {
            Some(declared) => record(&declared.fields, action),
            None => undeclared(action),
        }
    });
    let mut unknown = request.unknown.clone();
    let mut kept = |domain: Domain, value: &Option<RawValue>| {
        let fields = if domain == Domain::Actor { &schema.actor } else { &schema.snapshot };
        let mut kept = value.as_ref().map(|value| record(fields, value))?;
        if let (Some(RawValue::Map(found)), RawValue::Map(kept)) = (value, &mut kept) {
            unknown.extend(not_found_out(domain, fields, found, kept));
        }
        Some(kept)
    };
    let (actor, snapshot) = (kept(Domain::Actor, &request.actor), kept(Domain::Snapshot, &request.snapshot));
    RawRequest { action, actor, snapshot, unknown, fault: request.fault }
}

/// Takes declared facts that nobody could give out of what is shown of a record; gives their paths. A request can say
/// so, but it has no value for them.
fn not_found_out(domain: Domain, fields: &Fields, found: &RawMap, kept: &mut RawMap) -> Vec<String> {
    let unresolved = RawValue::Unreadable(Reason::Unresolved);
    let missing = |name: &&Arc<str>| found.get(name) == Some(&unresolved);
    let missing: Vec<_> = fields.keys().filter(missing).collect();
    missing.iter().for_each(|name| drop(kept.remove(name)));
    missing.iter().map(|name| format!("{domain}.{name}")).collect()
}

fn undeclared(action: &RawValue) -> RawValue {
    let RawValue::Map(members) = action else { return REDACTED.into() };
    let kept = |(name, value): (&String, &RawValue)| {
        let value = if name == "type" { value.clone() } else { REDACTED.into() };
        (name.clone(), value)
    };
    RawValue::Map(members.iter().map(kept).collect())
}

/// What is no object where an object is declared could hold anything.
fn record(fields: &Fields, value: &RawValue) -> RawValue {
    match value {
        RawValue::Map(members) => RawValue::Map(object(fields, members)),
        RawValue::Null | RawValue::Unreadable(_) => value.clone(),
        _ if fields.values().any(holds_sensitive) => REDACTED.into(),
        _ => value.clone(),
    }
}

fn object(fields: &Fields, members: &RawMap) -> RawMap {
    let kept = |(name, value): (&String, &RawValue)| {
        let value = match fields.get(name.as_str()) {
            Some(field) => self::field(field, value),
            None => value.clone(),
        };
        (name.clone(), value)
    };
    members.iter().map(kept).collect()
}

fn field(field: &Field, value: &RawValue) -> RawValue {
    if field.sensitive { REDACTED.into() } else { typed(&field.ty, value) }
}

fn typed(ty: &Type, value: &RawValue) -> RawValue {
    match (&ty.kind, value) {
        (TypeKind::Object(fields), value) => record(fields, value),
        (TypeKind::List(element), RawValue::List(elements)) => {
            RawValue::List(elements.iter().map(|value| typed(element, value)).collect())
        }
        (TypeKind::Map(inner), RawValue::Map(members)) => {
            let kept = |(name, value): (&String, &RawValue)| (name.clone(), typed(inner, value));
            RawValue::Map(members.iter().map(kept).collect())
        }
        // What is of another shape than declared could hold anything.
        (TypeKind::List(inner) | TypeKind::Map(inner), _) if any_sensitive(inner) => REDACTED.into(),
        _ => value.clone(),
    }
}

fn holds_sensitive(field: &Field) -> bool {
    field.sensitive || any_sensitive(&field.ty)
}

fn any_sensitive(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::List(inner) | TypeKind::Map(inner) => any_sensitive(inner),
        TypeKind::Object(members) => members.values().any(holds_sensitive),
        _ => false,
    }
}
