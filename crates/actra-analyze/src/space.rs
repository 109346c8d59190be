//! Which requests a question is about.

use actra_model::{ActionId, Schema};

/// Whose declarations a condition reads by: those that requests are valid under, or those of an earlier schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Own,
    Earlier,
}

/// The requests of one action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space<'a> {
    /// What requests are valid under.
    pub(crate) schema: &'a Schema,
    pub(crate) action: ActionId,
    /// The schema that conditions of the earlier side were compiled under, which reads the same requests.
    pub(crate) earlier: Option<Earlier<'a>>,
    /// Whether requests count that are not valid, where there is an earlier schema.
    pub(crate) includes_invalid: bool,
}

impl<'a> Space<'a> {
    /// The valid requests of an action.
    pub(crate) fn valid(schema: &'a Schema, action: ActionId) -> Self {
        Self { schema, action, earlier: None, includes_invalid: false }
    }
}

/// A schema that reads the same requests as another, and what each of the two shall say of a request as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earlier<'a> {
    pub(crate) schema: &'a Schema,
    /// What becomes of the request under the schema of its own side.
    pub(crate) own: Admission,
    /// And under this one.
    pub(crate) earlier: Admission,
}

/// What a schema shall make of a request as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It takes or rejects it.
    Either,
    Taken,
    Rejected,
}
