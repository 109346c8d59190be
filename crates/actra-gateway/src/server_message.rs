//! What a server sends: only its envelope is read, since what it holds goes on as it is.

use std::borrow::Cow;

use crate::client_message::MEMBERS;
use crate::id::Id;
use crate::raw_object::RawObject;

/// The envelope of one message of a server.
#[derive(Debug)]
pub(crate) struct ServerMessage<'a> {
    pub(crate) kind: ServerKind,
    /// The result of an answer that is no error, as JSON text.
    pub(crate) result: Option<Cow<'a, str>>,
    /// The parameters of a request or a notification, as JSON text.
    pub(crate) params: Option<Cow<'a, str>>,
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
    #[error("its identifier is neither an integer of at most 53 bits nor a short text")]
    Id,
    #[error("it is neither a request nor a notification nor a response")]
    Kind,
}

impl<'a> ServerMessage<'a> {
    /// The message in a text that is one JSON value.
    pub(crate) fn read(text: &'a str) -> Result<Self, ServerFault> {
        let mut members = RawObject::parse(text, MEMBERS)?;
        let method: Option<String> = members.get("method").map(serde_json::from_str).transpose()?;
        let is_null = members.get("id") == Some("null");
        let id = members.get("id").filter(|_| !is_null);
        let id = id.map(|id| Id::of_json(id).ok_or(ServerFault::Id)).transpose()?;
        let (result, has_error) = (members.remove("result"), members.get("error").is_some());
        let kind = match (method, result.is_some(), has_error, id) {
            (Some(method), false, false, Some(id)) => ServerKind::Request { id, method },
            (Some(method), false, false, None) if !is_null => ServerKind::Notification { method },
            (None, true, false, Some(id)) => ServerKind::Response { id: Some(id) },
            (None, false, true, id) => ServerKind::Response { id },
            _ => return Err(ServerFault::Kind),
        };
        Ok(Self { kind, result, params: members.remove("params") })
    }
}
