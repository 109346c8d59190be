//! The space of requests that a question is about.

use actra_model::{ActionId, Schema};

/// The schema whose declarations a condition reads by: the one that requests are valid under, or an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Own,
    Earlier,
}

/// The requests of one action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestSpace<'a> {
    /// The schema that requests are valid under.
    pub(crate) schema: &'a Schema,
    pub(crate) action: ActionId,
    /// The schema that conditions of the earlier side were compiled under, which reads the same requests.
    pub(crate) earlier: Option<Earlier<'a>>,
    /// Whether invalid requests belong to it as well, where there is an earlier schema.
    pub(crate) includes_invalid: bool,
}

impl<'a> RequestSpace<'a> {
    /// The valid requests of an action.
    pub(crate) fn valid(schema: &'a Schema, action: ActionId) -> Self {
        Self { schema, action, earlier: None, includes_invalid: false }
    }
}

/// An earlier schema that reads the same requests, and whether each of the two takes or rejects them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earlier<'a> {
    pub(crate) schema: &'a Schema,
    /// Whether the schema of the own side takes or rejects requests.
    pub(crate) own: Acceptance,
    /// Whether this one does.
    pub(crate) earlier: Acceptance,
}

/// Whether a schema takes a request as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acceptance {
    /// It may take or reject it.
    Any,
    Accepted,
    Rejected,
}
