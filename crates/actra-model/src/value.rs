use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Date, Decimal, Duration, IpAddress, Path, Quantity, RawValue, Record, Slot, Timestamp, Url};

/// A typed value: an admitted field of a request, or a literal of a policy.
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
    List(Arc<[Slot]>),
    /// `map<T>`: each value present or invalid, never absent.
    Map(BTreeMap<Arc<str>, Slot>),
    /// An object of declared members.
    Object(Record),
    /// `any`: JSON of unknown shape. The value may be JSON null.
    Any(RawValue),
}
