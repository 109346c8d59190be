//! What a client sends: read strictly, so that no server reads anything else in the same bytes.

use actra_engine::model::{RawMap, RawValue, Reason};
use actra_wire::json_reader::{JsonError, parse_value_of};
use serde_json::value::RawValue as RawJson;

use crate::frame::FRAME_BYTES;
use crate::id::{Id, MAX_ID};
use crate::names::look_alike;

/// One message of a client.
#[derive(Debug, Clone)]
pub(crate) struct ClientMessage {
    pub(crate) kind: ClientKind,
    /// Empty where there are none.
    pub(crate) params: RawMap,
    /// The result of an answer.
    pub(crate) result: Option<RawValue>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClientKind {
    Request {
        id: Id,
        method: String,
    },
    Notification {
        method: String,
    },
    /// An answer to a request of the server.
    Response {
        id: Id,
    },
}

/// Why bytes are no message, and the request that has to hear of it, if it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) id: Option<Id>,
    pub(crate) fault: MessageFault,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MessageFault {
    #[error("this is not JSON that every server reads in the same way: {0}")]
    Json(#[from] JsonError),
    #[error("a message is a JSON object")]
    NotAnObject,
    #[error("`jsonrpc` has to be \"2.0\"")]
    Version,
    #[error("the member `{name}` looks like `{known}`, and some servers take it for that: leave it out")]
    LookAlike { name: String, known: &'static str },
    #[error("`id` has to be an integer of at most 53 bits or a text of at most {MAX_ID} bytes")]
    Id,
    #[error("`method` has to be a text")]
    Method,
    #[error("`params` has to be an object")]
    Params,
    #[error("a message is a request, a notification or a response, and this is none of them or several")]
    Kind,
}

impl MessageFault {
    /// The error code of JSON-RPC: no JSON, or no request.
    pub(crate) fn code(&self) -> i64 {
        match self {
            Self::Json(JsonError { reason: Reason::MalformedJson | Reason::NotUtf8, .. }) => -32700,
            _ => -32600,
        }
    }
}

/// What a message of either side has, and what other readers may take something else for.
pub(crate) const MEMBERS: &[&str] = &["jsonrpc", "id", "method", "params", "result", "error"];

impl ClientMessage {
    /// The message in a text that is one JSON value.
    pub(crate) fn read(text: &str) -> Result<Self, Unreadable> {
        let value = parse_value_of(text.as_bytes(), FRAME_BYTES);
        value
            .map_err(MessageFault::from)
            .and_then(Self::of)
            .map_err(|fault| Unreadable { id: id_in(text), fault })
    }

    fn of(value: RawValue) -> Result<Self, MessageFault> {
        let RawValue::Map(mut members) = value else { return Err(MessageFault::NotAnObject) };
        if let Some((name, known)) = look_alike(members.keys().map(String::as_str), MEMBERS) {
            return Err(MessageFault::LookAlike { name: name.to_owned(), known });
        }
        if members.get("jsonrpc") != Some(&RawValue::from("2.0")) {
            return Err(MessageFault::Version);
        }
        let id = members.get("id").map(|id| Id::of(id).ok_or(MessageFault::Id)).transpose()?;
        let method = match members.remove("method") {
            None => None,
            Some(RawValue::String(method)) => Some(method),
            Some(_) => return Err(MessageFault::Method),
        };
        let is_answer = members.contains_key("result") || members.contains_key("error");
        let params = match members.remove("params") {
            None => RawMap::new(),
            Some(RawValue::Map(_)) if is_answer => return Err(MessageFault::Kind),
            Some(RawValue::Map(params)) => params,
            Some(_) => return Err(MessageFault::Params),
        };
        let kind = match (id, method) {
            (Some(id), Some(method)) if !is_answer => ClientKind::Request { id, method },
            (None, Some(method)) if !is_answer => ClientKind::Notification { method },
            (Some(id), None) if is_answer => ClientKind::Response { id },
            _ => return Err(MessageFault::Kind),
        };
        Ok(Self { kind, params, result: members.remove("result") })
    }

    /// What the request says that its client can do, as the newest revisions demand.
    pub(crate) fn stated_capabilities(&self) -> Option<&RawValue> {
        let Some(RawValue::Map(meta)) = self.params.get("_meta") else { return None };
        meta.get("io.modelcontextprotocol/clientCapabilities")
    }

    /// The revision that the request says it is of, which the newest revisions demand.
    pub(crate) fn stated_revision(&self) -> Option<&str> {
        let Some(RawValue::Map(meta)) = self.params.get("_meta") else { return None };
        match meta.get("io.modelcontextprotocol/protocolVersion") {
            Some(RawValue::String(revision)) => Some(revision),
            Some(_) => Some(""),
            None => None,
        }
    }
}

/// The messages of a batch, each as it was written; `None` if the text is no list.
pub(crate) fn batch(text: &str) -> Option<Vec<&str>> {
    if !text.trim_start_matches([' ', '\t']).starts_with('[') {
        return None;
    }
    let elements: Vec<&RawJson> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawJson::get).collect())
}

/// The identifier in a message that cannot be taken, so that its client does not wait for ever. Of two the last one,
/// as most readers do.
fn id_in(text: &str) -> Option<Id> {
    use serde::Deserialize;
    #[derive(Deserialize)]
    struct Any<'a>(#[serde(borrow)] std::collections::BTreeMap<String, &'a RawJson>);
    let Any(members) = serde_json::from_str(text).ok()?;
    // An answer has nobody who waits for one.
    members.get("method").and(members.get("id")).and_then(|id| Id::of_json(id.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> MessageFault {
        ClientMessage::read(text).expect_err(text).fault
    }

    #[test]
    fn what_readers_understand_differently_is_no_message() {
        let call = r#""jsonrpc":"2.0","id":1,"method":"tools/call""#;
        assert!(ClientMessage::read(&format!("{{{call}}}")).is_ok());
        for (more, message) in [
            (r#","Method":"ping""#, "`Method` looks like `method`"),
            (r#","id":2"#, "same key"),
            (r#","params":{"a":1,"a":2}"#, "same key"),
            (r#","result":{}"#, "none of them or several"),
            (r#","params":[1]"#, "has to be an object"),
            (r#","params":{"a":"\ud800"}"#, "surrogate"),
        ] {
            let said = fault(&format!("{{{call}{more}}}")).to_string();
            assert!(said.contains(message), "{more}: {said}");
        }
        for id in ["1.5", "9007199254740993", "null", "true", "{}"] {
            assert_eq!(fault(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)), MessageFault::Id);
        }
        assert_eq!(fault(r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#), MessageFault::Version);
        assert_eq!(fault("7"), MessageFault::NotAnObject);
    }

    #[test]
    fn a_client_hears_of_a_request_that_cannot_be_taken() {
        let unreadable =
            ClientMessage::read(r#"{"jsonrpc":"2.0","id":7,"method":"a","method":"b"}"#).unwrap_err();
        assert_eq!(unreadable.id, Some(Id::Integer(7)));
        assert_eq!(ClientMessage::read(r#"{"jsonrpc":"2.0","id":7,"#).unwrap_err().id, None);
    }
}
