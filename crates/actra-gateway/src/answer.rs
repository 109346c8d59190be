//! What the gateway itself answers to a client.

use actra_engine::model::RawValue;
use actra_runtime::Refused;
use actra_wire::{write_text, write_value};

use crate::id::Id;
use crate::revision::Revision;

/// The beginning of a message with this identifier; `null` for an answer to what has none.
pub(crate) fn begin(id: Option<&Id>) -> Vec<u8> {
    let mut out = b"{\"jsonrpc\":\"2.0\",\"id\":".to_vec();
    match id {
        Some(id) => id.write(&mut out),
        None => out.extend_from_slice(b"null"),
    }
    out
}

/// A tool's error, which a model reads and can act on: the refusal in two sentences, and as data beside it.
pub(crate) fn refused_call(id: &Id, revision: Revision, refused: &Refused) -> Vec<u8> {
    let mut out = begin(Some(id));
    out.extend_from_slice(b",\"result\":{");
    if revision.has_result_types() {
        out.extend_from_slice(b"\"resultType\":\"complete\",");
    }
    out.extend_from_slice(b"\"content\":[{\"type\":\"text\",\"text\":");
    write_text(&refused.for_model(), &mut out);
    out.extend_from_slice(b"}],\"isError\":true,\"_meta\":{\"actra/refused\":");
    out.extend_from_slice(refused.to_problem_json(STATUS, None).as_bytes());
    out.extend_from_slice(b"}}}");
    out
}

/// The status that the problem document of a refusal has, also where no HTTP is spoken.
const STATUS: u16 = 403;

/// The refusal of a request that is no call of a tool, as a protocol error with the refusal as its data.
pub(crate) fn refused(id: &Id, refused: &Refused) -> Vec<u8> {
    let mut out = begin(Some(id));
    out.extend_from_slice(format!(",\"error\":{{\"code\":{REFUSED},\"message\":").as_bytes());
    write_text(&refused.for_model(), &mut out);
    out.extend_from_slice(b",\"data\":");
    out.extend_from_slice(refused.to_problem_json(STATUS, None).as_bytes());
    out.extend_from_slice(b"}}");
    out
}

/// The error code of a refusal, one of those that the protocol leaves to implementations.
const REFUSED: i64 = -32010;

/// The error for a state that the gateway has not given out, has given out for another call, or has taken before.
pub(crate) fn invalid_state(id: &Id) -> Vec<u8> {
    let mut out = begin(Some(id));
    out.extend_from_slice(b",\"error\":{\"code\":-32602,\"message\":");
    write_text("`requestState` is not of this call, or was used before: make the call anew", &mut out);
    out.extend_from_slice(b",\"data\":{\"reason\":\"invalid_request_state\"}}}");
    out
}

/// A protocol error: the message is no request that can be passed on.
pub(crate) fn error(id: Option<&Id>, code: i64, message: &str) -> Vec<u8> {
    let mut out = begin(id);
    out.extend_from_slice(format!(",\"error\":{{\"code\":{code},\"message\":").as_bytes());
    write_text(message, &mut out);
    out.extend_from_slice(b"}}");
    out
}

/// The gateway's own request for the tools of a server.
pub(crate) fn list_request(id: &Id, revision: Revision, cursor: Option<&RawValue>) -> Vec<u8> {
    let mut out = begin(Some(id));
    out.extend_from_slice(b",\"method\":\"tools/list\",\"params\":{");
    if revision >= Revision::V2026_07_28 {
        out.extend_from_slice(b"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":");
        write_text(revision.as_str(), &mut out);
        out.extend_from_slice(b",\"io.modelcontextprotocol/clientCapabilities\":{}}");
    }
    if let Some(cursor) = cursor {
        out.extend_from_slice(if out.ends_with(b"{") { b"\"cursor\":" } else { b",\"cursor\":" });
        write_value(cursor, &mut out);
    }
    out.extend_from_slice(b"}}");
    out
}

/// The error for a revision that the gateway does not know, with those that it does.
pub(crate) fn unsupported_revision(id: &Id, requested: &str) -> Vec<u8> {
    let mut out = begin(Some(id));
    out.extend_from_slice(b",\"error\":{\"code\":-32022,\"message\":");
    write_text("the gateway does not know this revision of the protocol", &mut out);
    out.extend_from_slice(b",\"data\":{\"supported\":[");
    for (number, revision) in Revision::ALL.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write_text(revision.as_str(), &mut out);
    }
    out.extend_from_slice(b"],\"requested\":");
    write_text(requested, &mut out);
    out.extend_from_slice(b"}}}");
    out
}
