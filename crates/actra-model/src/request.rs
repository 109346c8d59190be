//! A typed request: every declared field of its three records is present, absent or invalid.

use crate::{ActionId, Decision, Fault, Record, RecordName};

/// A request, typed once by [`Request::from_raw`].
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
    /// The record of this name.
    pub fn record(&self, record_name: RecordName) -> &Record {
        match record_name {
            RecordName::Action => &self.action,
            RecordName::Actor => &self.actor,
            RecordName::Snapshot => &self.snapshot,
        }
    }
}

impl Request {
    /// The decision on an invalid request: `block`, no rule, all faults.
    pub fn refusal(&self, policy_hash: crate::PolicyHash) -> Decision<'static> {
        Decision { errors: self.faults.clone(), ..Decision::block(policy_hash) }
    }
}
