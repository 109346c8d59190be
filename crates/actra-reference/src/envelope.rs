//! The envelope of a request: its records and its declared action, or why it is no request.

use actra_model::{ActionId, Fault, RawMap, RawRequest, RawValue, Reason, RecordName, Schema, limits};

/// The record of this name, if it is an object.
pub(crate) fn record(raw: &RawRequest, record_name: RecordName) -> Result<&RawMap, Reason> {
    let record = match record_name {
        RecordName::Action => &raw.action,
        RecordName::Actor => &raw.actor,
        RecordName::Snapshot => &raw.snapshot,
    };
    match record {
        Some(RawValue::Map(members)) => Ok(members),
        None => Err(Reason::RecordMissing),
        Some(_) => Err(Reason::RecordNotObject),
    }
}

/// The declared action of a request, or the fault of its envelope.
pub(crate) fn action_of(schema: &Schema, raw: &RawRequest) -> Result<ActionId, Fault> {
    let fault = |path: &str, reason| Err(Fault { path: path.to_owned(), reason });
    let records = [&raw.action, &raw.actor, &raw.snapshot];
    if let Some(reason) = raw.fault {
        return fault("", reason);
    }
    // The request is the first level, its records are the second.
    if records.into_iter().flatten().any(|record| depth(record) + 1 > limits::NESTING) {
        return fault("", Reason::TooDeep);
    }
    if let Some(reason) = records.into_iter().flatten().find_map(broken) {
        return fault("", reason);
    }
    if canonical(raw).len() > limits::REQUEST_BYTES {
        return fault("", Reason::TooLarge);
    }
    let Some(RawValue::Map(members)) = &raw.action else {
        return fault("action.type", Reason::ActionTypeMissing);
    };
    let Some(RawValue::String(name)) = members.get("type") else {
        return fault("action.type", Reason::ActionTypeMissing);
    };
    schema.action_id(name).map_or_else(|| fault("action.type", Reason::UndeclaredAction), Ok)
}

fn depth(raw: &RawValue) -> usize {
    match raw {
        RawValue::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        RawValue::Map(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// What can stand in no request, whether or not it is read.
fn broken(raw: &RawValue) -> Option<Reason> {
    match raw {
        RawValue::Unreadable(Reason::UnrepresentableNumber | Reason::Unresolved) => None,
        RawValue::Unreadable(reason) => Some(*reason),
        RawValue::List(items) => items.iter().find_map(broken),
        RawValue::Map(members) => members.values().find_map(broken),
        _ => None,
    }
}

/// The request as canonical JSON.
fn canonical(raw: &RawRequest) -> String {
    let records = [("action", &raw.action), ("actor", &raw.actor), ("snapshot", &raw.snapshot)];
    let unknown = raw.unknown.iter().map(|path| RawValue::from(path.as_str())).collect();
    let unknown = Some(RawValue::List(unknown)).filter(|_| !raw.unknown.is_empty());
    let records = records.into_iter().chain([("unknown", &unknown)]);
    let members = records.filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    written(&RawValue::Map(members.collect()))
}

fn written(raw: &RawValue) -> String {
    match raw {
        RawValue::Unreadable(_) => "null".to_owned(),
        RawValue::List(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(",")),
        RawValue::Map(members) => {
            let member = |(key, value): (&String, &RawValue)| {
                format!("{}:{}", RawValue::from(key.as_str()).to_json(), written(value))
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_json(),
    }
}
