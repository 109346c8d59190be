//! Requests under construction, and the values that their fields can take.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_engine::ir::{Expr, ExprKind, operands};
use actra_engine::model::{
    ActionId, Field, RawMap, RawRequest, RawValue, RecordName, Request, Schema, Value, ValueState,
};

use super::literals::LiteralPool;
use super::values::{LiteralSources, plain, raw, values};

/// A field of the action, the actor or the snapshot.
pub(super) type FieldKey = (RecordName, Arc<str>);

/// A request under construction: the top-level fields that it has.
#[derive(Debug, Clone)]
pub(super) struct RequestDraft {
    action: ActionId,
    fields: BTreeMap<FieldKey, RawValue>,
}

impl RequestDraft {
    /// The request of a test, with the values of `plain` where it may hold something sensitive: what is generated
    /// from it is shown and written to files, where a test's own values do not belong.
    pub(super) fn from_request(
        schema: &Schema,
        request: &Request,
        action: ActionId,
        plain: &RequestDraft,
    ) -> Self {
        let value = |(record_name, name): &FieldKey, value: &Value| {
            let key = (*record_name, Arc::clone(name));
            match schema.field(*record_name, action, name)?.holds_sensitive() {
                true => plain.get(&key).cloned(),
                false => Some(raw(value)),
            }
        };
        let fields = RecordName::ALL.into_iter().flat_map(|record_name| {
            let states = request.record(record_name).fields.iter();
            states.filter_map(move |(name, state)| match state {
                ValueState::Present(found)
                    if (record_name, name.as_ref()) != (RecordName::Action, "type") =>
                {
                    let key = (record_name, Arc::clone(name));
                    Some((key.clone(), value(&key, found)?))
                }
                _ => None,
            })
        });
        Self { action, fields: fields.collect() }
    }

    pub(super) fn set(&mut self, field: &FieldKey, value: Option<RawValue>) {
        match value {
            Some(value) => drop(self.fields.insert(field.clone(), value)),
            None => drop(self.fields.remove(field)),
        }
    }

    pub(super) fn get(&self, field: &FieldKey) -> Option<&RawValue> {
        self.fields.get(field)
    }

    pub(super) fn to_request(&self, schema: &Schema) -> Request {
        Request::from_raw(schema, &self.to_raw(schema))
    }

    pub(super) fn to_raw(&self, schema: &Schema) -> RawRequest {
        let mut records = RecordName::ALL.map(|_| RawMap::new());
        for ((record_name, name), value) in &self.fields {
            if let Some(record) = records.get_mut(*record_name as usize) {
                record.insert(name.to_string(), value.clone());
            }
        }
        let [mut action, actor, snapshot] = records;
        let name = schema.action(self.action).map_or("", |action| action.name.as_ref());
        action.insert("type".to_owned(), RawValue::from(name));
        let record = |members: RawMap, declared: bool| {
            (declared || !members.is_empty()).then_some(RawValue::Map(members))
        };
        RawRequest {
            action: Some(RawValue::Map(action)),
            actor: record(actor, !schema.actor.is_empty()),
            snapshot: record(snapshot, !schema.snapshot.is_empty()),
            ..RawRequest::default()
        }
    }
}

/// The declared fields of an action, the actor and the snapshot, with values worth trying.
pub(super) struct FieldValues {
    /// Values worth trying for each field, valid ones first.
    pub(super) values: BTreeMap<FieldKey, Vec<RawValue>>,
    pub(super) optional: Vec<FieldKey>,
    /// A valid request without optional fields, if one was found.
    pub(super) plain: RequestDraft,
}

impl FieldValues {
    pub(super) fn new(schema: &Schema, action: ActionId, own: &LiteralPool, all: &LiteralPool) -> Self {
        let sources = LiteralSources { own, all };
        let declared: Vec<(FieldKey, &Field)> = declared(schema, action).collect();
        let mut start = RequestDraft { action, fields: BTreeMap::new() };
        for (key, field) in declared.iter().filter(|(_, field)| !field.optional) {
            start.set(key, Some(plain(&field.ty.kind)));
        }
        let mut fields = Self { values: BTreeMap::new(), optional: Vec::new(), plain: start };
        for (key, field) in declared {
            let path = format!("{}.{}", key.0, key.1);
            let candidates = values(&field.ty, &path, &sources);
            let (valid, invalid) = by_validity(schema, &fields.plain, &key, candidates);
            if field.optional {
                fields.optional.push(key.clone());
            } else {
                // The plain value comes last among those to try, but is the best to start from.
                let start = valid.iter().find(|value| **value == plain(&field.ty.kind)).or(valid.first());
                fields.plain.set(&key, start.cloned());
            }
            fields.values.insert(key, valid.into_iter().chain(invalid).collect());
        }
        fields
    }

    pub(super) fn values(&self, field: &FieldKey) -> &[RawValue] {
        self.values.get(field).map(Vec::as_slice).unwrap_or_default()
    }
}

fn declared(schema: &Schema, action: ActionId) -> impl Iterator<Item = (FieldKey, &Field)> {
    let arguments = schema.action(action).map(|action| &action.fields);
    let records = [
        (RecordName::Action, arguments),
        (RecordName::Actor, Some(&schema.actor)),
        (RecordName::Snapshot, Some(&schema.snapshot)),
    ];
    records.into_iter().flat_map(|(record_name, fields)| {
        fields.into_iter().flatten().map(move |(name, field)| ((record_name, Arc::clone(name)), field))
    })
}

/// The values that are valid for a field, and those that are not.
fn by_validity(
    schema: &Schema,
    start: &RequestDraft,
    field: &FieldKey,
    values: Vec<RawValue>,
) -> (Vec<RawValue>, Vec<RawValue>) {
    let path = format!("{}.{}", field.0, field.1);
    let mut draft = start.clone();
    values.into_iter().partition(|value| {
        draft.set(field, Some(value.clone()));
        let request = draft.to_request(schema);
        !request.faults.iter().any(|fault| {
            let rest = fault.path.strip_prefix(&path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    })
}

/// The top-level fields that a condition reads.
pub(super) fn reads(expr: &Expr) -> Vec<FieldKey> {
    let mut found = Vec::new();
    collect_reads(expr, &mut found);
    found.retain(|(record_name, name)| (*record_name, name.as_ref()) != (RecordName::Action, "type"));
    found.sort();
    found.dedup();
    found
}

fn collect_reads(expr: &Expr, found: &mut Vec<FieldKey>) {
    if let ExprKind::Field { record: record_name, name } = &expr.kind {
        found.push((*record_name, Arc::clone(name)));
    }
    operands(expr).into_iter().for_each(|operand| collect_reads(operand, found));
}
