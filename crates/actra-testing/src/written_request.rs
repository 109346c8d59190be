//! A request as people write it into a test file: one line, which is JSON and YAML.
//!
//! It has spaces and starts with the action's type, since people read it and edit it; what programs read is the
//! canonical JSON of `actra_wire::write_request`.

use actra_engine::model::{RawMap, RawRequest, RawValue, write_json_string};

/// A request as one line of JSON, `type` first; also YAML.
pub fn written_request(request: &RawRequest) -> String {
    let records = [("action", &request.action), ("actor", &request.actor), ("snapshot", &request.snapshot)];
    let records: Vec<_> =
        records.into_iter().filter_map(|(name, record)| Some((name, record.as_ref()?))).collect();
    let mut text = String::from("{");
    for (idx, (name, record)) in records.iter().enumerate() {
        text.push_str(if idx > 0 { ", \"" } else { "\"" });
        text.push_str(name);
        text.push_str("\": ");
        match record {
            RawValue::Map(members) => write_record(&mut text, members),
            other => other.write_json(&mut text),
        }
    }
    if !request.unknown.is_empty() {
        let paths = request.unknown.iter().map(|path| RawValue::from(path.as_str()));
        text.push_str(if records.is_empty() { "\"unknown\": " } else { ", \"unknown\": " });
        RawValue::List(paths.collect()).write_json(&mut text);
    }
    text.push('}');
    text
}

/// Writes the action's `type` before the other members, as people write it.
fn write_record(text: &mut String, members: &RawMap) {
    let action_type = members.get_key_value("type");
    let rest = members.iter().filter(|(name, _)| *name != "type");
    text.push('{');
    for (idx, (name, value)) in action_type.into_iter().chain(rest).enumerate() {
        if idx > 0 {
            text.push_str(", ");
        }
        write_json_string(text, name);
        text.push_str(": ");
        value.write_json(text);
    }
    text.push('}');
}
