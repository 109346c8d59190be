//! Names of records in other engines: Cedar's `principal`, Rego's `input`, Cerbos' `request`, Casbin's `sub`.

use super::Replacement::{Form, Word};
use super::{ForeignWordRow, Replacement};

/// What to write instead of a record that does not exist.
pub fn replacement_for(name: &str) -> Option<Replacement> {
    super::find(TABLE, name)
}

/// Names of records in other languages, with what to write instead.
pub const TABLE: &[ForeignWordRow] = &[
    (
        &[
            "principal",
            "subject",
            "user",
            "sub",
            "P",
            "agent",
            "caller",
            "identity",
            "client",
            "requester",
            "session",
            "auth",
            "who",
            "me",
            "currentUser",
            "current_user",
            "username",
        ],
        Word("actor"),
    ),
    (
        &[
            "resource",
            "args",
            "arguments",
            "params",
            "parameters",
            "arg",
            "param",
            "R",
            "act",
            "operation",
            "tool",
            "call",
            "object",
            "obj",
            "payload",
            "body",
            "tool_input",
            "properties",
            "permission",
        ],
        Form("action.field", "what is about to be done, with its arguments, is `action`"),
    ),
    (
        &[
            "context",
            "env",
            "environment",
            "ctx",
            "facts",
            "data",
            "state",
            "world",
            "vars",
            "variables",
            "V",
            "globals",
            "params_context",
        ],
        Form(
            "snapshot.field",
            "facts about the world are in `snapshot`; a value of the policy is `constants.NAME`",
        ),
    ),
    (
        &["input", "request", "req", "r", "event", "msg", "message", "event_data"],
        Form("action.field", "a request is three records: `action`, `actor` and `snapshot`"),
    ),
    (&["config", "settings"], Form("constants.name", "declared under `constants:`")),
];
