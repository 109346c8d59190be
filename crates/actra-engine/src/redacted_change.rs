//! The smallest change of a request as it may be shown: of sensitive and tainted fields only the path.

use std::collections::BTreeSet;

use actra_analyze::{FieldChange, NearestChange};
use actra_ir::Policy;
use actra_model::{Field, RawMap, RawValue, Type, TypeKind};

use crate::redact::{action_type, redact_field};
use crate::taint::TaintedFields;

/// A field that differs between two requests, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactedChange {
    /// The field: `action.amount`.
    pub path: String,
    /// Its value before and after, `None` where it is not there; none of both if nothing differs in what may be shown.
    pub values: Option<(Option<RawValue>, Option<RawValue>)>,
    /// What differs in it and may not be shown, in order, with `[*]` for elements: `action.cards[*].number`.
    pub hidden: BTreeSet<String>,
}

/// The fields of a change, in its order.
pub fn redacted_changes(policy: &Policy, change: &NearestChange) -> Vec<RedactedChange> {
    let schema = &policy.schema;
    let action = action_type(&change.request);
    let action = action.and_then(|name| schema.action_id(name));
    let tainted = action.map(|action| TaintedFields::new(policy, action)).unwrap_or_default();
    let shown = |field: &FieldChange| {
        let declared = action.and_then(|action| schema.field(field.record, action, &field.name));
        let declared = declared.filter(|_| !tainted.has(field.record, &field.name));
        redacted_change(format!("{}.{}", field.record, field.name), declared, field)
    };
    change.fields.iter().map(shown).collect()
}

fn redacted_change(path: String, declared: Option<&Field>, change: &FieldChange) -> RedactedChange {
    let mut hidden = BTreeSet::new();
    let Some(field) = declared.filter(|field| !field.sensitive) else {
        return RedactedChange { hidden: [path.clone()].into(), path, values: None };
    };
    differing(&field.ty, &path, change.before.as_ref(), change.after.as_ref(), &mut hidden);
    let value = |value: &Option<RawValue>| value.as_ref().map(|value| redact_field(field, value));
    let values = (value(&change.before), value(&change.after));
    RedactedChange { path, values: Some(values).filter(|(before, after)| before != after), hidden }
}

/// Collects the sensitive places that differ. Depth: that of types.
fn differing(
    ty: &Type,
    path: &str,
    before: Option<&RawValue>,
    after: Option<&RawValue>,
    found: &mut BTreeSet<String>,
) {
    if before == after || !ty.kind.holds_sensitive() {
        return;
    }
    match &ty.kind {
        TypeKind::Object(fields) => {
            let (before, after) = (members(before), members(after));
            for (name, field) in fields {
                let path = format!("{path}.{name}");
                let before = before.and_then(|members| members.get(name.as_ref()));
                let after = after.and_then(|members| members.get(name.as_ref()));
                if !field.sensitive {
                    differing(&field.ty, &path, before, after, found);
                } else if before != after {
                    found.insert(path);
                }
            }
        }
        TypeKind::List(element) => {
            let (before, after) = (elements(before), elements(after));
            for idx in 0..before.len().max(after.len()) {
                differing(element, &format!("{path}[*]"), before.get(idx), after.get(idx), found);
            }
        }
        // A map that holds something sensitive is not shown at all.
        _ => drop(found.insert(path.to_owned())),
    }
}

fn members(value: Option<&RawValue>) -> Option<&RawMap> {
    match value? {
        RawValue::Map(members) => Some(members),
        _ => None,
    }
}

fn elements(value: Option<&RawValue>) -> &[RawValue] {
    match value {
        Some(RawValue::List(elements)) => elements,
        _ => &[],
    }
}
