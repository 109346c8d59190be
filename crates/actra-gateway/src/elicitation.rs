//! How the user of a client is asked for approval: by the means of the protocol, an elicitation.

use std::fmt::Write;

use actra_engine::diagnostics::terminal_safe;
use actra_engine::model::{RawMap, RawValue};
use actra_runtime::approval::ApprovalRequest;
use actra_wire::{write_text, write_value};

use crate::answer::begin;
use crate::gate::{CanAsk, UserAnswer};
use crate::id::Id;
use crate::revision::Revision;

/// Whether a client with these capabilities can show its user a form.
pub(crate) fn can_ask(capabilities: Option<&RawValue>) -> CanAsk {
    let Some(RawValue::Map(capabilities)) = capabilities else { return CanAsk::Nobody };
    match capabilities.get("elicitation") {
        // Without modes it can show forms, and nothing else.
        Some(RawValue::Map(modes)) if modes.is_empty() || modes.contains_key("form") => CanAsk::User,
        _ => CanAsk::Nobody,
    }
}

/// The request of an older revision that asks the user.
pub(crate) fn request(id: &Id, revision: Revision, asked: &ApprovalRequest) -> Vec<u8> {
    let mut out = begin(Some(id));
    out.extend_from_slice(b",\"method\":\"elicitation/create\",\"params\":");
    write_form(revision, asked, &mut out);
    out.push(b'}');
    out
}

/// The result of a call of a newer revision that asks the user; the client sends the call again with `state`.
pub(crate) fn input_required(id: &Id, state: &str, revision: Revision, asked: &ApprovalRequest) -> Vec<u8> {
    let mut out = begin(Some(id));
    out.extend_from_slice(b",\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{");
    write_text(INPUT, &mut out);
    out.extend_from_slice(b":{\"method\":\"elicitation/create\",\"params\":");
    write_form(revision, asked, &mut out);
    out.extend_from_slice(b"}},\"requestState\":");
    write_text(state, &mut out);
    out.extend_from_slice(b"}}");
    out
}

/// The name of the one input that is asked for.
const INPUT: &str = "approve";

fn write_form(revision: Revision, asked: &ApprovalRequest, out: &mut Vec<u8>) {
    out.push(b'{');
    if revision >= Revision::V2025_11_25 {
        out.extend_from_slice(b"\"mode\":\"form\",");
    }
    out.extend_from_slice(b"\"message\":");
    write_text(&question(asked), out);
    let form = br#","requestedSchema":{"type":"object","properties":{"approve":{"type":"boolean","title":"Approve this call"}},"required":["approve"]}}"#;
    out.extend_from_slice(form);
}

/// What the user is asked: what is to be done, with all that an approval is bound to and that may be shown.
fn question(asked: &ApprovalRequest) -> String {
    let json = |value: &RawValue| {
        let mut json = Vec::new();
        write_value(value, &mut json);
        String::from_utf8_lossy(&json).into_owned()
    };
    let mut text = "Approve this call?".to_owned();
    if let Some(action) = &asked.request.action {
        let _ = write!(text, "\n{}", json(action));
    }
    for (name, size) in &asked.arguments {
        // As JSON, so that no name begins a line of its own.
        let _ = write!(text, "\n{}: {size}", json(&RawValue::String(name.clone())));
    }
    for reason in &asked.reasons {
        let _ = write!(text, "\n{}", reason.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    // Its parts were written by others.
    text.lines().map(terminal_safe).collect::<Vec<_>>().join("\n")
}

/// What the user said, in the result of an elicitation. Only an explicit yes is one.
pub(crate) fn answer(result: Option<&RawValue>) -> UserAnswer {
    let Some(RawValue::Map(result)) = result else { return UserAnswer::None };
    let approves = match result.get("content") {
        Some(RawValue::Map(content)) => content.get("approve") == Some(&RawValue::Bool(true)),
        _ => false,
    };
    match result.get("action") {
        Some(RawValue::String(action)) if action == "accept" && approves => UserAnswer::Granted,
        Some(RawValue::String(action)) if action == "accept" || action == "decline" => UserAnswer::Denied,
        _ => UserAnswer::None,
    }
}

/// What the user said, among the inputs that came with a call that is sent again.
pub(crate) fn answer_in(params: &RawMap) -> UserAnswer {
    match params.get("inputResponses") {
        Some(RawValue::Map(responses)) => answer(responses.get(INPUT)),
        _ => UserAnswer::None,
    }
}
