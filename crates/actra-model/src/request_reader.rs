//! Reading a request member by member, so that a host's own representation of it need not be copied.

use std::borrow::Cow;

use crate::{Decimal, RawMap, RawRequest, RawValue, Reason, RecordName, TextList};

/// A value of a request, borrowed from the host's own representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawRef<'r> {
    /// JSON `null`, Python `None`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An exact decimal.
    Number(Decimal),
    /// A text in UTF-8, borrowed where it has no escapes.
    Text(Cow<'r, str>),
    /// A list of texts.
    Texts(TextList<'r>),
    /// A list or an object.
    Nested(Cow<'r, RawValue>),
    /// Something a host could not represent.
    Unreadable(Reason),
}

/// The shape of the value in the place of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordShape {
    /// Nothing.
    Missing,
    /// `null`.
    Null,
    /// Something else than an object.
    Other,
    /// An object.
    Object,
}

/// The records of a request, read member by member from a host's own representation.
pub trait RequestReader {
    /// A fault of the envelope, in what nobody reads, too: see [`RawRequest::envelope_fault`].
    fn fault(&self) -> Option<Reason>;

    /// Paths of declared fields of actor or snapshot that could not be found out.
    fn unknown(&self) -> &[String];

    /// The shape of the value in the place of a record.
    fn shape(&self, record_name: RecordName) -> RecordShape;

    /// A member of a record; `None` if there is none, or the record is not an object.
    fn member(&self, record_name: RecordName, name: &str) -> Option<RawRef<'_>>;

    /// Whether a record has a member that is not declared.
    fn has_undeclared(&self, record_name: RecordName, declared: &dyn Fn(&str) -> bool) -> bool;

    /// The whole request as a tree, for the paths that need it.
    fn to_raw(&self) -> Cow<'_, RawRequest>;
}

impl RawRequest {
    #[inline]
    fn record(&self, record_name: RecordName) -> Option<&RawValue> {
        match record_name {
            RecordName::Action => self.action.as_ref(),
            RecordName::Actor => self.actor.as_ref(),
            RecordName::Snapshot => self.snapshot.as_ref(),
        }
    }

    #[inline]
    fn members(&self, record_name: RecordName) -> Option<&RawMap> {
        match self.record(record_name) {
            Some(RawValue::Map(members)) => Some(members),
            _ => None,
        }
    }
}

impl RequestReader for RawRequest {
    #[inline]
    fn fault(&self) -> Option<Reason> {
        self.fault.or_else(|| self.envelope_fault())
    }

    #[inline]
    fn unknown(&self) -> &[String] {
        &self.unknown
    }

    fn shape(&self, record_name: RecordName) -> RecordShape {
        match self.record(record_name) {
            None => RecordShape::Missing,
            Some(RawValue::Null) => RecordShape::Null,
            Some(RawValue::Map(_)) => RecordShape::Object,
            Some(_) => RecordShape::Other,
        }
    }

    #[inline]
    fn member(&self, record_name: RecordName, name: &str) -> Option<RawRef<'_>> {
        self.members(record_name)?.get(name).map(RawRef::of)
    }

    fn has_undeclared(&self, record_name: RecordName, declared: &dyn Fn(&str) -> bool) -> bool {
        self.members(record_name).is_some_and(|members| members.keys().any(|name| !declared(name)))
    }

    fn to_raw(&self) -> Cow<'_, RawRequest> {
        Cow::Borrowed(self)
    }
}

/// A request whose records belong to the host, such as those of a session: nothing is copied.
///
/// `None` is a record that is not there.
#[derive(Debug, Clone, Copy, Default)]
pub struct BorrowedRequest<'r> {
    /// What is about to be done: `type` plus arguments.
    pub action: Option<&'r RawMap>,
    /// Who does it: the fields of the actor.
    pub actor: Option<&'r RawMap>,
    /// Facts about the world.
    pub snapshot: Option<&'r RawMap>,
}

impl BorrowedRequest<'_> {
    #[inline]
    fn members(&self, record_name: RecordName) -> Option<&RawMap> {
        match record_name {
            RecordName::Action => self.action,
            RecordName::Actor => self.actor,
            RecordName::Snapshot => self.snapshot,
        }
    }
}

impl RequestReader for BorrowedRequest<'_> {
    #[inline]
    fn fault(&self) -> Option<Reason> {
        self.envelope_fault()
    }

    #[inline]
    fn unknown(&self) -> &[String] {
        &[]
    }

    fn shape(&self, record_name: RecordName) -> RecordShape {
        self.members(record_name).map_or(RecordShape::Missing, |_| RecordShape::Object)
    }

    #[inline]
    fn member(&self, record_name: RecordName, name: &str) -> Option<RawRef<'_>> {
        self.members(record_name)?.get(name).map(RawRef::of)
    }

    fn has_undeclared(&self, record_name: RecordName, declared: &dyn Fn(&str) -> bool) -> bool {
        self.members(record_name).is_some_and(|members| members.keys().any(|name| !declared(name)))
    }

    fn to_raw(&self) -> Cow<'_, RawRequest> {
        let owned = |record: Option<&RawMap>| record.cloned().map(RawValue::Map);
        Cow::Owned(RawRequest {
            action: owned(self.action),
            actor: owned(self.actor),
            snapshot: owned(self.snapshot),
            ..RawRequest::default()
        })
    }
}

impl<'r> RawRef<'r> {
    /// A part of a tree.
    #[inline]
    pub fn of(value: &'r RawValue) -> Self {
        match value {
            RawValue::Null => RawRef::Null,
            RawValue::Bool(value) => RawRef::Bool(*value),
            RawValue::Number(value) => RawRef::Number(*value),
            RawValue::String(text) => RawRef::Text(Cow::Borrowed(text)),
            RawValue::Unreadable(reason) => RawRef::Unreadable(*reason),
            nested => RawRef::Nested(Cow::Borrowed(nested)),
        }
    }

    /// The value as a part of a tree.
    pub fn into_value(self) -> Cow<'r, RawValue> {
        match self {
            RawRef::Nested(value) => value,
            RawRef::Null => Cow::Owned(RawValue::Null),
            RawRef::Bool(value) => Cow::Owned(RawValue::Bool(value)),
            RawRef::Number(value) => Cow::Owned(RawValue::Number(value)),
            RawRef::Text(text) => Cow::Owned(RawValue::String(text.into_owned())),
            RawRef::Texts(texts) => Cow::Owned(RawValue::List(texts.iter().map(RawValue::from).collect())),
            RawRef::Unreadable(reason) => Cow::Owned(RawValue::Unreadable(reason)),
        }
    }
}
