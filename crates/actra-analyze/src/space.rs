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
pub(crate) struct Space<'a> {
    /// The schema that requests are valid under.
    pub(crate) schema: &'a Schema,
    pub(crate) action: ActionId,
    /// The schema that conditions of the earlier side were compiled under, which reads the same requests.
    pub(crate) earlier: Option<Earlier<'a>>,
    /// Whether invalid requests belong to it as well, where there is an earlier schema.
    pub(crate) includes_invalid: bool,
}

impl<'a> Space<'a> {
    /// The valid requests of an action.
    pub(crate) fn valid(schema: &'a Schema, action: ActionId) -> Self {
        Self { schema, action, earlier: None, includes_invalid: false }
    }
}

/// An earlier schema that reads the same requests, and how each of the two must admit them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earlier<'a> {
    pub(crate) schema: &'a Schema,
    /// How the schema of the own side admits requests.
    pub(crate) own: Admission,
    /// How this one does.
    pub(crate) earlier: Admission,
}

/// How a schema must admit a request as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It may take or reject it.
    Either,
    Taken,
    Rejected,
}
