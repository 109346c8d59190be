//! Which rules a request is decided by.

use actra_ir::{Policy, Rule};
use actra_model::{ActionId, FaultHandling, Request, Schema};

/// The action of a valid request.
pub(crate) fn action_in_scope(request: &Request) -> Option<ActionId> {
    request.action_id.filter(|_| !request.invalid)
}

/// The rules that cover an action, in file order.
pub(crate) fn rules_in_scope(policy: &Policy, action: ActionId) -> impl Iterator<Item = &Rule> {
    policy.rules.iter().filter(move |rule| rule.covers(action))
}

/// Whether a fault of a field that no rule reads can make a request invalid.
pub(crate) fn rejects_unread_faults(schema: &Schema) -> bool {
    schema.extra_fields == FaultHandling::Reject || schema.invalid_fields == FaultHandling::Reject
}
