use std::borrow::Cow;

use crate::{Decimal, Domain, RawRequest, RawValue, Reason};

/// A value of a request where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawRef<'r> {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An exact decimal.
    Number(Decimal),
    /// Text.
    Text(Cow<'r, str>),
    /// A list or an object.
    Nested(Cow<'r, RawValue>),
    /// Something that could not be represented.
    Unreadable(Reason),
}

/// What stands where a record is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordShape {
    /// Nothing.
    Missing,
    /// `null`.
    Null,
    /// A value that is no object.
    Other,
    /// An object.
    Object,
}

/// The records of a request, read member by member: what a host has, without a tree of our own.
pub trait Records {
    /// The fault of the envelope, nesting beyond [`limits::NESTING`](crate::limits::NESTING) included.
    fn fault(&self) -> Option<Reason>;

    /// What stands in the place of a record.
    fn shape(&self, domain: Domain) -> RecordShape;

    /// A member of a record; `None` where there is none, or no object.
    fn member(&self, domain: Domain, name: &str) -> Option<RawRef<'_>>;

    /// Whether a record has a member that is not declared.
    fn has_other_than(&self, domain: Domain, declared: &dyn Fn(&str) -> bool) -> bool;

    /// The whole request as a tree, for the paths that need it.
    fn to_raw(&self) -> Cow<'_, RawRequest>;
}
