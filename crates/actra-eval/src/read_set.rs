//! Which fields deciding about an action can read.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::{Expr, ExprKind, MessagePart, Policy, operands};
use actra_model::{ActionId, Effect, Fields, RecordName};

use crate::scope::{rejects_unread_faults, rules_in_scope};

/// The fields that the rules of an action can read, by record; messages and shadow rules included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadSet {
    /// Arguments of the action, `type` left out.
    pub action: BTreeSet<Arc<str>>,
    /// Fields of the actor.
    pub actor: BTreeSet<Arc<str>>,
    /// Fields of the snapshot.
    pub snapshot: BTreeSet<Arc<str>>,
    /// Whether a rule that blocks may be true without the snapshot: it reads something else as well, or nothing at all.
    /// If not, deciding before the snapshot is there cannot block early.
    pub blocks_without_snapshot: bool,
    /// Whether the policy may require approval for the action.
    pub may_ask: bool,
}

impl ReadSet {
    /// The fields of a record.
    pub fn of(&self, record: RecordName) -> &BTreeSet<Arc<str>> {
        match record {
            RecordName::Action => &self.action,
            RecordName::Actor => &self.actor,
            RecordName::Snapshot => &self.snapshot,
        }
    }

    fn add(&mut self, record: RecordName, name: &Arc<str>) {
        let fields = match record {
            RecordName::Action if name.as_ref() == "type" => return,
            RecordName::Action => &mut self.action,
            RecordName::Actor => &mut self.actor,
            RecordName::Snapshot => &mut self.snapshot,
        };
        fields.insert(Arc::clone(name));
    }

    fn expression(&mut self, expr: &Expr) {
        if let ExprKind::Field { record, name } = &expr.kind {
            self.add(*record, name);
        }
        operands(expr).into_iter().for_each(|part| self.expression(part));
    }

    fn fields(&mut self, record: RecordName, fields: &Fields) {
        fields.keys().for_each(|name| self.add(record, name));
    }
}

/// The fields that deciding about an action can read.
///
/// What is not among them cannot change a decision. With `extra_fields: reject` or `invalid_fields: reject` every
/// declared field is among them.
/// Cost: linear in the rules of the set.
pub fn read_set(policy: &Policy, action: ActionId) -> ReadSet {
    let may_ask = policy.default == Effect::RequireApproval
        || rules_in_scope(policy, action).any(|rule| rule.effect == Effect::RequireApproval);
    let mut reads = ReadSet { may_ask, ..ReadSet::default() };
    if rejects_unread_faults(&policy.schema) {
        if let Some(declared) = policy.schema.action(action) {
            reads.fields(RecordName::Action, &declared.fields);
        }
        reads.fields(RecordName::Actor, &policy.schema.actor);
        reads.fields(RecordName::Snapshot, &policy.schema.snapshot);
        reads.blocks_without_snapshot = true;
        return reads;
    }
    for rule in rules_in_scope(policy, action) {
        reads.expression(&rule.condition);
        if rule.effect == Effect::Block {
            let mut own = ReadSet::default();
            own.expression(&rule.condition);
            let needs_snapshot = !own.snapshot.is_empty() && own.actor.is_empty() && own.action.is_empty();
            reads.blocks_without_snapshot |= !needs_snapshot;
        }
        for part in rule.message.iter().flat_map(|message| &message.parts) {
            if let MessagePart::Field(record, members) = part
                && let Some(name) = members.first()
            {
                reads.add(*record, name);
            }
        }
    }
    reads
}
