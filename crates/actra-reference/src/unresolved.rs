//! What a request says could not be found out, straight from section 5 of the language.

use std::collections::{BTreeMap, BTreeSet};

use actra_model::{Fault, Field, Fields, RawMap, RawRequest, RawValue, Reason, RecordName, Schema, TypeKind};

/// The request with invalid values where it says that something is unknown, or what is wrong with what it says.
pub(crate) fn without_unknown(schema: &Schema, raw: &RawRequest) -> Result<RawRequest, BTreeSet<Fault>> {
    let unknown: BTreeSet<&str> = raw.unknown.iter().map(String::as_str).collect();
    let mut declared = BTreeMap::new();
    for (record_name, fields) in
        [(RecordName::Actor, &schema.actor), (RecordName::Snapshot, &schema.snapshot)]
    {
        paths(record_name.as_str(), fields, &mut declared);
    }
    let mut faults = BTreeSet::new();
    if let Some(path) = unknown.iter().find(|path| !declared.contains_key(**path)) {
        let reads_as_path = crate::scalar_ops::matches(
            path,
            "^[A-Za-z_][A-Za-z0-9_]{0,63}([.][A-Za-z_][A-Za-z0-9_]{0,63}){0,63}$",
        );
        let hides = |(known, field): (&String, &&Field)| {
            let is_object = matches!(field.ty.kind, TypeKind::Object(_));
            let holds = field.sensitive || (!is_object && field.holds_sensitive());
            holds && path.starts_with(&format!("{known}."))
        };
        let path = if reads_as_path && !declared.iter().any(hides) { path } else { "unknown" };
        faults.insert(Fault { path: path.to_owned(), reason: Reason::UndeclaredPath });
    }
    let mut rewrite = |record_name: RecordName, fields: &Fields, record: &Option<RawValue>| match record {
        Some(RawValue::Map(members)) => {
            Some(RawValue::Map(rewritten(record_name.as_str(), fields, members, &unknown, &mut faults)))
        }
        other => other.clone(),
    };
    let actor = rewrite(RecordName::Actor, &schema.actor, &raw.actor);
    let snapshot = rewrite(RecordName::Snapshot, &schema.snapshot, &raw.snapshot);
    match faults.is_empty() {
        true => Ok(RawRequest { actor, snapshot, unknown: Vec::new(), ..raw.clone() }),
        false => Err(faults),
    }
}

fn paths<'s>(place: &str, fields: &'s Fields, declared: &mut BTreeMap<String, &'s Field>) {
    for (name, field) in fields {
        let path = format!("{place}.{name}");
        if let TypeKind::Object(members) = &field.ty.kind {
            paths(&path, members, declared);
        }
        declared.insert(path, field);
    }
}

fn rewritten(
    place: &str,
    fields: &Fields,
    members: &RawMap,
    unknown: &BTreeSet<&str>,
    faults: &mut BTreeSet<Fault>,
) -> RawMap {
    let mut after = members.clone();
    for (name, field) in fields {
        let path = format!("{place}.{name}");
        let inside = format!("{path}.");
        let within = unknown.iter().any(|unknown| unknown.starts_with(&inside));
        let value = members.get(name).filter(|value| **value != RawValue::Null);
        let itself = unknown.contains(path.as_str());
        match (value, &field.ty.kind) {
            (None, _) if itself || within => {
                after.insert(name.to_string(), RawValue::Unreadable(Reason::Unresolved));
            }
            (Some(_), _) if itself => {
                faults.insert(Fault { path: path.clone(), reason: Reason::KnownAndUnknown });
            }
            _ => {}
        }
        if let (Some(RawValue::Map(members)), TypeKind::Object(fields)) = (value, &field.ty.kind) {
            let inner = rewritten(&path, fields, members, unknown, faults);
            after.insert(name.to_string(), RawValue::Map(inner));
        }
    }
    after
}
