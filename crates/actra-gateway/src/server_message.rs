//! What a server sends: only its envelope is read, since what it holds goes on as it is.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue as RawJson;

use crate::id::Id;
use crate::names::look_alike;

/// The envelope of one message of a server.
#[derive(Debug)]
pub(crate) struct ServerMessage<'a> {
    pub(crate) kind: ServerKind,
    /// The result of an answer that is no error.
    pub(crate) result: Option<&'a RawJson>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerKind {
    Request {
        id: Id,
        method: String,
    },
    Notification {
        method: String,
    },
    /// An answer; an error that belongs to no request has no identifier.
    Response {
        id: Option<Id>,
    },
}

/// Why a line of a server is not passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerFault {
    #[error("it is not one JSON-RPC message: {0}")]
    Json(#[from] serde_json::Error),
    #[error("its identifier is neither a text nor an integer of at most 53 bits")]
    Id,
    #[error("it is neither a request nor a notification nor a response")]
    Kind,
}

impl<'a> ServerMessage<'a> {
    /// The message in a text that is one JSON value.
    pub(crate) fn read(text: &'a str) -> Result<Self, ServerFault> {
        let Members { id, method, result, has_error } = serde_json::from_str(text)?;
        let is_null = id.is_some_and(|id| id.get() == "null");
        let id = id.filter(|_| !is_null).map(|id| Id::of_json(id).ok_or(ServerFault::Id)).transpose()?;
        let kind = match (method, result.is_some(), has_error, id) {
            (Some(method), false, false, Some(id)) => ServerKind::Request { id, method },
            (Some(method), false, false, None) if !is_null => ServerKind::Notification { method },
            (None, true, false, Some(id)) => ServerKind::Response { id: Some(id) },
            (None, false, true, id) => ServerKind::Response { id },
            _ => return Err(ServerFault::Kind),
        };
        Ok(Self { kind, result })
    }
}

/// The members of a message, and what other readers may take something else for.
const ENVELOPE: &[&str] = &["jsonrpc", "id", "method", "params", "result", "error"];

#[derive(Default)]
struct Members<'a> {
    id: Option<&'a RawJson>,
    method: Option<String>,
    result: Option<&'a RawJson>,
    has_error: bool,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message of JSON-RPC, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(key) = map.next_key::<String>()? {
            let value: &'de RawJson = map.next_value()?;
            let is_repeated = match key.as_str() {
                "id" => members.id.replace(value).is_some(),
                "method" => {
                    let method = serde_json::from_str(value.get()).map_err(A::Error::custom)?;
                    members.method.replace(method).is_some()
                }
                "result" => members.result.replace(value).is_some(),
                "error" => std::mem::replace(&mut members.has_error, true),
                other => match look_alike([other], ENVELOPE) {
                    Some((name, known)) => {
                        return Err(A::Error::custom(format!(
                            "some clients take its `{name}` for `{known}`"
                        )));
                    }
                    None => false,
                },
            };
            if is_repeated {
                return Err(A::Error::custom(format!("it has `{key}` twice")));
            }
        }
        Ok(members)
    }
}
