//! A stored approval as JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use actra_engine::model::{RawMap, RawValue};
use actra_wire::{write_request, write_text, write_value};

use super::{ApprovalAnswer, ApprovalRequest, StoredApproval};

/// Appends a stored request as one object: times in milliseconds since 1970, `state` as `waiting`, `granted` or
/// `denied`, and who answered. Who asks is in `request`, if it may be shown at all.
pub fn write_approval(kept: &StoredApproval, out: &mut Vec<u8>) {
    let StoredApproval { request, answer } = kept;
    out.push(b'{');
    write_text("id", out);
    out.push(b':');
    write_text(&request.id, out);
    member(out, "digest", &RawValue::String(request.digest.to_string()));
    member(out, "created_at", &millis(request.created_at));
    member(out, "expires_at", &millis(request.expires_at));
    let (state, by, reason) = match answer {
        None => ("waiting", None, None),
        Some(ApprovalAnswer::Granted { by }) => ("granted", Some(by), None),
        Some(ApprovalAnswer::Denied { by, reason }) => ("denied", Some(by), Some(reason)),
    };
    member(out, "state", &state.into());
    for (name, text) in [("answered_by", by), ("answer_reason", reason)] {
        member(out, name, &text.map_or(RawValue::Null, |text| text.as_str().into()));
    }
    out.extend_from_slice(b",\"request\":");
    write_request(&request.request, out);
    shown(request, out);
    out.push(b'}');
}

fn shown(request: &ApprovalRequest, out: &mut Vec<u8>) {
    let arguments = request.arguments.iter().map(|(name, text)| (name.clone(), text.as_str().into()));
    member(out, "arguments", &RawValue::Map(arguments.collect::<RawMap>()));
    for (name, texts) in [("rules", &request.rules), ("reasons", &request.reasons)] {
        member(out, name, &RawValue::List(texts.iter().map(|text| text.as_str().into()).collect()));
    }
    let required = request.required_actions.iter().cloned().map(RawValue::Map);
    member(out, "required_actions", &RawValue::List(required.collect()));
}

fn member(out: &mut Vec<u8>, name: &str, value: &RawValue) {
    out.push(b',');
    write_text(name, out);
    out.push(b':');
    write_value(value, out);
}

fn millis(time: SystemTime) -> RawValue {
    let millis = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    i64::try_from(millis).unwrap_or(i64::MAX).into()
}
