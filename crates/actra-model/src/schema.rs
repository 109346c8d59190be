//! The schema: what requests may hold.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::action_schema::ActionSchema;
use crate::types::{Field, Fields, TypeKind};

/// One of the three records of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordName {
    /// What is about to be done.
    Action,
    /// Who does it.
    Actor,
    /// Facts about the world.
    Snapshot,
}

impl RecordName {
    /// All records.
    pub const ALL: [RecordName; 3] = [RecordName::Action, RecordName::Actor, RecordName::Snapshot];

    /// The word in policies and requests.
    pub fn as_str(self) -> &'static str {
        match self {
            RecordName::Action => "action",
            RecordName::Actor => "actor",
            RecordName::Snapshot => "snapshot",
        }
    }

    /// The record with this word.
    pub fn parse(text: &str) -> Option<RecordName> {
        RecordName::ALL.into_iter().find(|record| record.as_str() == text)
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The number of a declared action: its place in the byte order of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub u32);

/// What to do with a fault that no rule reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FaultHandling {
    /// Only what rules in scope read matters.
    #[default]
    Ignore,
    /// The request is invalid.
    Reject,
}

/// A named set of declared actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its members in order, each once.
    pub actions: Vec<ActionId>,
}

/// What requests may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// INVARIANT (actions sorted): by name, so that an [`ActionId`] is a place in this list.
    pub actions: Vec<ActionSchema>,
    /// Named sets of actions.
    pub groups: BTreeMap<Arc<str>, Group>,
    /// Fields of the actor.
    pub actor: Fields,
    /// Fields of the snapshot.
    pub snapshot: Fields,
    /// Whether an undeclared field makes a request invalid.
    pub extra_fields: FaultHandling,
    /// Whether an invalid declared field makes a request invalid.
    pub invalid_fields: FaultHandling,
}

impl Schema {
    /// The action with this name.
    pub fn action_id(&self, name: &str) -> Option<ActionId> {
        let idx = self.actions.binary_search_by(|action| action.name.as_ref().cmp(name)).ok()?;
        Some(ActionId(u32::try_from(idx).ok()?))
    }

    /// The declared action with this number.
    pub fn action(&self, id: ActionId) -> Option<&ActionSchema> {
        self.actions.get(id.0 as usize)
    }

    /// The declared field at the top of a record; for `action`, that of the given action.
    pub fn field(&self, record: RecordName, action: ActionId, name: &str) -> Option<&Field> {
        match record {
            RecordName::Action => self.action(action)?.fields.get(name),
            RecordName::Actor => self.actor.get(name),
            RecordName::Snapshot => self.snapshot.get(name),
        }
    }

    /// The declared field of actor or snapshot at a path such as `snapshot.account.owner`; members of objects are
    /// fields, elements of lists and entries of maps are none.
    pub fn fact(&self, path: &str) -> Option<&Field> {
        let mut names = path.split('.');
        let mut fields = match RecordName::parse(names.next()?)? {
            RecordName::Action => return None,
            RecordName::Actor => &self.actor,
            RecordName::Snapshot => &self.snapshot,
        };
        let mut field = fields.get(names.next()?)?;
        for name in names {
            let TypeKind::Object(members) = &field.ty.kind else { return None };
            fields = members;
            field = fields.get(name)?;
        }
        Some(field)
    }

    /// Whether a path such as `snapshot.account.pins.ana` leads into a sensitive field of actor or snapshot, or into a
    /// list or map that holds one: the names inside are data and may not be shown.
    pub fn leads_into_sensitive(&self, path: &str) -> bool {
        let mut names = path.split('.').peekable();
        let mut fields = match names.next().and_then(RecordName::parse) {
            Some(RecordName::Actor) => &self.actor,
            Some(RecordName::Snapshot) => &self.snapshot,
            Some(RecordName::Action) | None => return false,
        };
        while let Some(field) = names.next().and_then(|name| fields.get(name)) {
            match &field.ty.kind {
                _ if names.peek().is_none() => return false,
                _ if field.sensitive => return true,
                TypeKind::Object(members) => fields = members,
                kind => return kind.holds_sensitive(),
            }
        }
        false
    }
}
