use std::fmt;

use actra_engine::model::{Decision, Domain, RawMap, RawRequest, RawValue};
use actra_engine::{Policy, Reads};
use actra_wire::{write_text, write_value};
use sha2::{Digest as _, Sha256};

/// The hash of exactly what is to be approved: SHA-256 over canonical JSON of the action with all its arguments, the
/// actor, the snapshot facts that rules of the action can read, the policy hash, and the rules and reasons shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Why something cannot be approved: it holds a value that has no exact form, such as NaN, so that another one would
/// have the same digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{record}` holds a value that has no exact form, so no approval can be bound to it")]
pub struct Unbindable {
    /// The record.
    pub record: &'static str,
}

impl Digest {
    /// Of a request and what was decided about it. `arguments` are those of the call that the schema does not
    /// declare; an edit of one of them is another request, too.
    pub fn of(
        policy: &Policy,
        request: &RawRequest,
        arguments: &RawMap,
        decision: &Decision<'_>,
    ) -> Result<Self, Unbindable> {
        let arguments = RawValue::Map(arguments.clone());
        if let Some(record) = unknown_record(policy, request) {
            return Err(Unbindable { record });
        }
        let snapshot = facts(policy, request);
        let records = [
            ("action", request.action.as_ref()),
            ("actor", request.actor.as_ref()),
            ("arguments", Some(&arguments)),
            ("snapshot", snapshot.as_ref()),
        ];
        let mut out = b"{\"schema\":\"actra/approval/v1\"".to_vec();
        for (name, record) in records {
            let Some(record) = record else { continue };
            if holds_unreadable(record) {
                return Err(Unbindable { record: name });
            }
            key(&mut out, name);
            write_value(record, &mut out);
        }
        key(&mut out, "policy_hash");
        write_text(&decision.policy_hash.to_string(), &mut out);
        key(&mut out, "rule");
        write_text(decision.matched_rule.as_deref().unwrap_or_default(), &mut out);
        key(&mut out, "reason");
        write_text(decision.message.as_deref().unwrap_or_default(), &mut out);
        key(&mut out, "required_actions");
        let required = decision.required_actions.iter().map(|action| RawValue::Map(action.as_ref().clone()));
        write_value(&RawValue::List(required.collect()), &mut out);
        out.push(b'}');
        Ok(Self(Sha256::digest(&out).into()))
    }
}

fn key(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    write_text(name, out);
    out.push(b':');
}

/// The snapshot without what no rule of the action can read.
fn facts(policy: &Policy, request: &RawRequest) -> Option<RawValue> {
    let Some(RawValue::Map(members)) = &request.snapshot else { return request.snapshot.clone() };
    let read = action_reads(policy, request);
    let is_read = |name: &str| read.is_none_or(|read| read.of(Domain::Snapshot).contains(name));
    let kept = members.iter().filter(|(name, _)| is_read(name));
    Some(RawValue::Map(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

/// The record of a fact that is said to be unknown and that rules of the action can read.
fn unknown_record(policy: &Policy, request: &RawRequest) -> Option<&'static str> {
    let read = action_reads(policy, request);
    let is_read = |path: &str| {
        let name = path.strip_prefix("snapshot.").map(|name| name.split('.').next().unwrap_or(name));
        name.is_none_or(|name| read.is_none_or(|read| read.of(Domain::Snapshot).contains(name)))
    };
    let unknown = request.unknown.iter().find(|path| is_read(path))?;
    Some(if unknown.starts_with("actor.") { "actor" } else { "snapshot" })
}

fn action_reads<'p>(policy: &'p Policy, request: &RawRequest) -> Option<&'p Reads> {
    let Some(RawValue::Map(action)) = &request.action else { return None };
    let Some(RawValue::String(name)) = action.get("type") else { return None };
    policy.reads(name)
}

fn holds_unreadable(value: &RawValue) -> bool {
    match value {
        RawValue::Unreadable(_) => true,
        RawValue::List(elements) => elements.iter().any(holds_unreadable),
        RawValue::Map(members) => members.values().any(holds_unreadable),
        RawValue::Null | RawValue::Bool(_) | RawValue::Number(_) | RawValue::String(_) => false,
    }
}
