//! Typed values, and the states of the fields and elements that hold them: values and states contain each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Date, Decimal, Duration, IpAddress, Path, Quantity, RawValue, Reason, Timestamp, Url};

/// A typed value: a typed field of a request, or a literal of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `boolean`
    Bool(bool),
    /// `number` and `integer`
    Number(Decimal),
    /// `string`
    String(Arc<str>),
    /// `timestamp`
    Timestamp(Timestamp),
    /// `date`
    Date(Date),
    /// `duration`
    Duration(Duration),
    /// `quantity`
    Quantity(Quantity),
    /// `ip`
    Ip(IpAddress),
    /// `path`
    Path(Path),
    /// `url`
    Url(Url),
    /// `list<T>`: each element present or invalid, never absent. Shared, for many rules may use one constant.
    List(Arc<[ValueState]>),
    /// `map<T>`: each value present or invalid, never absent.
    Map(BTreeMap<Arc<str>, ValueState>),
    /// An object of declared members.
    Object(Record),
    /// `any`: JSON of unknown shape. The value may be JSON null.
    Any(RawValue),
}

/// The state of a declared field, an element or a map value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueState {
    /// There, and of its type.
    Present(Value),
    /// An optional field that is missing or null, in a record that is there.
    Absent,
    /// What its type does not accept, with the reason.
    Invalid(Reason),
}

/// Every declared field of a record or object, by name.
///
/// INVARIANT (every declared field): typing enters each declared field, so a name that is not here is not
/// declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The fields by name.
    pub fields: BTreeMap<Arc<str>, ValueState>,
}

impl Record {
    /// The state of a declared field.
    pub fn get(&self, name: &str) -> Option<&ValueState> {
        self.fields.get(name)
    }
}
