//! Facts that a request declares unknown: how they become invalid values.

use crate::{Fault, RawMap, RawRequest, RawValue, Reason, Schema, limits};

/// The value of an unknown fact: it is invalid for every type, and also where the field is optional.
const UNRESOLVED: RawValue = RawValue::Unreadable(Reason::Unresolved);

impl RawRequest {
    /// A copy of the request with an unreadable value for each fact listed as unknown, or the faults of the list.
    ///
    /// If the object that would hold the fact is missing, the whole object becomes unknown.
    pub fn apply_unknown(&self, schema: &Schema) -> Result<RawRequest, Vec<Fault>> {
        let mut faults: Vec<Fault> = undeclared(schema, &self.unknown).into_iter().collect();
        let mut resolved = RawRequest { unknown: Vec::new(), ..self.clone() };
        for path in self.unknown.iter().filter(|path| schema.fact(path).is_some()) {
            let names: Vec<&str> = path.split('.').collect();
            let [record, names @ ..] = names.as_slice() else { continue };
            let record = if *record == "actor" { &mut resolved.actor } else { &mut resolved.snapshot };
            // Of a record that is not there, everything is invalid already.
            if let Some(RawValue::Map(members)) = record
                && !mark_unknown(members, names)
            {
                faults.push(Fault { path: path.clone(), reason: Reason::KnownAndUnknown });
            }
        }
        if faults.is_empty() { Ok(resolved) } else { Err(faults) }
    }
}

/// One fault, so that a request cannot make the list of faults long. It names the path only if it reads like one
/// and leads into nothing sensitive.
fn undeclared(schema: &Schema, unknown: &[String]) -> Option<Fault> {
    let path = unknown.iter().filter(|path| schema.fact(path).is_none()).min()?;
    let names = || path.split('.');
    let named = !schema.leads_into_sensitive(path)
        && names().count() <= limits::NESTING
        && names().all(crate::typing::is_identifier);
    let path = if named { path } else { "unknown" };
    Some(Fault { path: path.to_owned(), reason: Reason::UndeclaredPath })
}

/// Makes a fact unknown; false if it has a value. A value of another type than declared is invalid already.
fn mark_unknown(members: &mut RawMap, names: &[&str]) -> bool {
    let [name, inner @ ..] = names else { return false };
    match members.get_mut(name) {
        Some(RawValue::Map(members)) if !inner.is_empty() => mark_unknown(members, inner),
        None | Some(RawValue::Null) => {
            members.insert((*name).to_owned(), UNRESOLVED);
            true
        }
        Some(value) => !inner.is_empty() || *value == UNRESOLVED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Field, Fields, Type, TypeKind};

    fn schema() -> Schema {
        let field = |kind| Field { optional: true, ..Field::new(Type::plain(kind)) };
        let fields = |fields: [(&str, Field); 2]| fields.map(|(name, field)| (name.into(), field));
        let account = fields([("owner", field(TypeKind::String)), ("limit", field(TypeKind::Number))]);
        let account = TypeKind::Object(Fields::from(account));
        let snapshot =
            Fields::from(fields([("account", field(account)), ("flag", field(TypeKind::Boolean))]));
        Schema { snapshot, ..Schema::default() }
    }

    fn object<const N: usize>(members: [(&str, RawValue); N]) -> RawValue {
        RawValue::Map(members.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn apply_unknown(snapshot: RawValue, unknown: &[&str]) -> Result<String, Vec<String>> {
        let unknown = unknown.iter().map(|path| (*path).to_owned()).collect();
        let request = RawRequest { snapshot: Some(snapshot), unknown, ..RawRequest::default() };
        let resolved = request.apply_unknown(&schema()).map(|resolved| resolved.snapshot.unwrap().to_json());
        let fault = |fault: &Fault| format!("{} {}", fault.path, fault.reason);
        resolved.map_err(|faults| faults.iter().map(fault).collect())
    }

    #[test]
    fn what_is_unknown_cannot_be_read() {
        let account = || object([("limit", 1.into())]);
        for (snapshot, unknown, expected) in [
            (object([]), "snapshot.flag", r#"{"flag":"(unreadable)"}"#),
            (object([("flag", RawValue::Null)]), "snapshot.flag", r#"{"flag":"(unreadable)"}"#),
            (
                object([("account", account())]),
                "snapshot.account.owner",
                r#"{"account":{"limit":1,"owner":"(unreadable)"}}"#,
            ),
            (object([]), "snapshot.account.owner", r#"{"account":"(unreadable)"}"#),
            (object([("account", "x".into())]), "snapshot.account.owner", r#"{"account":"x"}"#),
        ] {
            assert_eq!(apply_unknown(snapshot, &[unknown, unknown]).as_deref(), Ok(expected), "{unknown}");
        }
        assert_eq!(apply_unknown(RawValue::Null, &["snapshot.flag"]).as_deref(), Ok("null"));
    }

    #[test]
    fn what_is_no_fact_or_is_known_is_a_fault() {
        for (path, fault) in [
            ("snapshot.flags", "snapshot.flags undeclared_path"),
            ("snapshot", "snapshot undeclared_path"),
            ("action.type", "action.type undeclared_path"),
            ("snapshot.flag.x", "snapshot.flag.x undeclared_path"),
            ("snapshot.account.x", "snapshot.account.x undeclared_path"),
            ("snapshot.a b", "unknown undeclared_path"),
            ("", "unknown undeclared_path"),
            ("snapshot.account", "snapshot.account known_and_unknown"),
        ] {
            let snapshot = object([("account", object([])), ("flag", true.into())]);
            assert_eq!(apply_unknown(snapshot, &[path]), Err(vec![fault.to_owned()]), "{path}");
        }
        let known = ["snapshot.z", "snapshot.flag", "snapshot.b"];
        let faults = ["snapshot.b undeclared_path", "snapshot.flag known_and_unknown"];
        assert_eq!(
            apply_unknown(object([("flag", true.into())]), &known),
            Err(faults.map(str::to_owned).into())
        );
    }
}
