//! Questions about requests of which some fields are given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::Policy;
use actra_model::{ActionId, RawMap, RawRequest, RawValue, RecordName, Request, Value, ValueState};

use crate::request_space::RequestSpace;

/// Fields of a request whose values are known.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownFields {
    /// The state of each of them.
    pub(crate) states: BTreeMap<(RecordName, Arc<str>), ValueState>,
    /// The request that they come from; the others of its fields are open.
    pub(crate) base: RawRequest,
}

impl KnownFields {
    /// A request with these fields; those that are open are of no account.
    pub(crate) fn request(&self, space: &RequestSpace<'_>) -> Request {
        Request::from_raw(space.schema, &self.base)
    }

    /// Whether a path lies in one of these fields, or names a record that is not an object.
    pub(crate) fn covers(&self, path: &str) -> bool {
        let is_no_record =
            |record_name: RecordName| !matches!(record(&self.base, record_name), Some(RawValue::Map(_)));
        let is_gone = RecordName::parse(path).is_some_and(is_no_record);
        is_gone
            || self.states.keys().any(|(record_name, name)| {
                path.strip_prefix(record_name.as_str())
                    .and_then(|rest| rest.strip_prefix('.')?.strip_prefix(name.as_ref()))
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
    }

    /// The greatest size of the lists and maps at each static path.
    pub(crate) fn sizes(&self) -> BTreeMap<String, usize> {
        let mut sizes = BTreeMap::new();
        for ((record_name, name), state) in &self.states {
            measure(state, format!("{record_name}.{name}"), &mut sizes);
        }
        sizes
    }
}

/// Recursion is bounded: values nest as deep as their types.
fn measure(state: &ValueState, path: String, sizes: &mut BTreeMap<String, usize>) {
    let ValueState::Present(value) = state else { return };
    match value {
        Value::List(elements) => {
            let size = sizes.entry(path.clone()).or_insert(0);
            *size = elements.len().max(*size);
            elements.iter().for_each(|element| measure(element, format!("{path}[*]"), sizes));
        }
        Value::Map(entries) => {
            let size = sizes.entry(path.clone()).or_insert(0);
            *size = entries.len().max(*size);
            entries.values().for_each(|entry| measure(entry, format!("{path}[*]"), sizes));
        }
        Value::Object(record) => {
            for (name, state) in &record.fields {
                measure(state, format!("{path}.{name}"), sizes);
            }
        }
        _ => {}
    }
}

pub(crate) fn record(request: &RawRequest, record_name: RecordName) -> Option<&RawValue> {
    match record_name {
        RecordName::Action => request.action.as_ref(),
        RecordName::Actor => request.actor.as_ref(),
        RecordName::Snapshot => request.snapshot.as_ref(),
    }
}

pub(crate) fn member<'r>(
    request: &'r RawRequest,
    record_name: RecordName,
    name: &str,
) -> Option<&'r RawValue> {
    match record(request, record_name)? {
        RawValue::Map(members) => members.get(name),
        _ => None,
    }
}

/// All declared fields of an action's requests.
pub(crate) fn declared(policy: &Policy, action: ActionId) -> Vec<(RecordName, Arc<str>)> {
    let schema = &policy.schema;
    let arguments = schema.action(action).map(|action| &action.fields);
    let records = [
        (RecordName::Action, arguments),
        (RecordName::Actor, Some(&schema.actor)),
        (RecordName::Snapshot, Some(&schema.snapshot)),
    ];
    records
        .into_iter()
        .flat_map(|(record_name, fields)| {
            fields
                .into_iter()
                .flat_map(move |fields| fields.keys().map(move |name| (record_name, Arc::clone(name))))
        })
        .collect()
}

/// All fields but the free ones, as a request has them.
pub(crate) fn given_fields(
    policy: &Policy,
    action: ActionId,
    request: &RawRequest,
    typed: &Request,
    free: &BTreeSet<(RecordName, Arc<str>)>,
) -> KnownFields {
    let mut known_fields = KnownFields { base: request.clone(), ..KnownFields::default() };
    for key in declared(policy, action).into_iter().filter(|key| !free.contains(key)) {
        if let Some(state) = typed.record(key.0).get(&key.1) {
            known_fields.states.insert(key, state.clone());
        }
    }
    known_fields
}

/// The fields of the records that are given. A required field that its record lacks is left open, since a valid request
/// has it; an optional one is absent.
pub(crate) fn given_records(policy: &Policy, action: ActionId, given: &RawRequest) -> KnownFields {
    let request = with_action(policy, action, given);
    let typed = Request::from_raw(&policy.schema, &request);
    let is_open = |(record_name, name): &(RecordName, Arc<str>)| {
        let field = policy.schema.field(*record_name, action, name);
        *record_name == RecordName::Action
            || record(given, *record_name).is_none()
            || (field.is_some_and(|field| !field.optional) && member(given, *record_name, name).is_none())
    };
    let free = declared(policy, action).into_iter().filter(is_open).collect();
    let mut known_fields = given_fields(policy, action, &request, &typed, &free);
    for record in [&mut known_fields.base.actor, &mut known_fields.base.snapshot] {
        record.get_or_insert_with(|| RawValue::Map(RawMap::default()));
    }
    known_fields
}

pub(crate) fn with_action(policy: &Policy, action: ActionId, given: &RawRequest) -> RawRequest {
    let name = policy.schema.action(action).map_or("", |action| &action.name);
    let members = [("type".to_owned(), RawValue::from(name))];
    RawRequest { action: Some(RawValue::Map(members.into())), ..given.clone() }
}

pub(crate) fn set_member(request: &mut RawRequest, record_name: RecordName, name: &str, value: RawValue) {
    let record = match record_name {
        RecordName::Action => &mut request.action,
        RecordName::Actor => &mut request.actor,
        RecordName::Snapshot => &mut request.snapshot,
    };
    if let Some(RawValue::Map(members)) = record {
        members.insert(name.to_owned(), value);
    }
}
