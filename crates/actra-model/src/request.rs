use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{ActionId, Decision, Domain, Fault, Reason, Value};

/// The state of a declared field, an element or a map value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// There, and of its type.
    Present(Value),
    /// An optional field that is missing or null, in a record that is there.
    Absent,
    /// Anything else.
    Invalid(Reason),
}

/// Every declared field of a record or object, by name.
///
/// INVARIANT (every declared field): admission enters each declared field, so a name that is not here is not
/// declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The fields by name.
    pub slots: BTreeMap<Arc<str>, Slot>,
}

impl Record {
    /// The state of a declared field.
    pub fn get(&self, name: &str) -> Option<&Slot> {
        self.slots.get(name)
    }
}

/// A request, typed once at the door by [`Request::admit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The action, if the schema declares it.
    ///
    /// `None` makes the request invalid; `faults` then says why.
    pub action_id: Option<ActionId>,
    /// The arguments, with `type` as a present string.
    pub action: Record,
    /// The actor's fields.
    pub actor: Record,
    /// The snapshot's fields.
    pub snapshot: Record,
    /// All faults found, sorted by path then reason, each once.
    pub faults: Vec<Fault>,
    /// Whether the request is invalid as a whole: a block that lists `faults`.
    pub invalid: bool,
}

impl Request {
    /// The record of a domain.
    pub fn record(&self, domain: Domain) -> &Record {
        match domain {
            Domain::Action => &self.action,
            Domain::Actor => &self.actor,
            Domain::Snapshot => &self.snapshot,
        }
    }
}

/// The block that answers an invalid request.
impl Request {
    /// The decision on an invalid request: `block`, no rule, all faults.
    pub fn refusal(&self, policy_hash: crate::PolicyHash) -> Decision<'static> {
        Decision { errors: self.faults.clone(), ..Decision::block(policy_hash) }
    }
}
