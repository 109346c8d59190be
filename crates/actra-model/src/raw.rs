//! Requests and values as a host has them, before they are typed.

mod map;

pub use map::RawMap;

use crate::{Decimal, Reason, limits};

/// An untyped value as a host has it, before it is typed; also what a field of type `any` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawValue {
    /// JSON `null`, Python `None`.
    Null,
    /// A boolean; never a number.
    Bool(bool),
    /// An exact decimal.
    Number(Decimal),
    /// A text in UTF-8.
    String(String),
    /// A sequence.
    List(Vec<RawValue>),
    /// An object.
    Map(RawMap),
    /// Something a host could not represent, such as NaN or `1e400`; it makes the field invalid, not the request.
    Unreadable(Reason),
}

/// A request as a host has it: three records, not yet typed.
///
/// `None` is a record that is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawRequest {
    /// What is about to be done: `type` plus arguments.
    pub action: Option<RawValue>,
    /// Who does it: the fields of the actor.
    pub actor: Option<RawValue>,
    /// Facts about the world.
    pub snapshot: Option<RawValue>,
    /// Paths of declared fields of actor or snapshot, such as `snapshot.fraud_flag`, that could not be found out: they
    /// are invalid, also optional ones.
    pub unknown: Vec<String>,
    /// A fault of the envelope, such as malformed JSON; the decision is then a block that lists it.
    pub fault: Option<Reason>,
}

impl RawRequest {
    /// A request that could not be read at all.
    pub fn unreadable(fault: Reason) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    /// Takes the three records, and what is said to be unknown, out of one value; anything else it holds is a fault of
    /// the envelope.
    pub fn from_value(value: RawValue) -> Self {
        let RawValue::Map(mut members) = value else {
            return Self::unreadable(value.envelope_fault(1).unwrap_or(Reason::NotARequest));
        };
        let taken = ["action", "actor", "snapshot", "unknown"].map(|name| members.remove(name));
        let [action, actor, snapshot, unknown] = taken;
        let has_other = !members.is_empty();
        let other =
            has_other.then(|| RawValue::Map(members).envelope_fault(1).unwrap_or(Reason::UnknownMember));
        match unknown.map_or(Ok(Vec::new()), paths) {
            Ok(unknown) => Self { action, actor, snapshot, unknown, fault: other },
            Err(fault) => {
                Self { fault: Some(other.unwrap_or(fault)), action, actor, snapshot, ..Self::default() }
            }
        }
    }
}

/// A list of texts; null says as much as nothing.
fn paths(unknown: RawValue) -> Result<Vec<String>, Reason> {
    let wrong = unknown.envelope_fault(2).unwrap_or(Reason::UnknownNotPaths);
    let text = |path| if let RawValue::String(path) = path { Ok(path) } else { Err(wrong) };
    match unknown {
        RawValue::Null => Ok(Vec::new()),
        RawValue::List(paths) if paths.len() <= limits::ELEMENTS => paths.into_iter().map(text).collect(),
        _ => Err(wrong),
    }
}

impl From<bool> for RawValue {
    fn from(value: bool) -> Self {
        RawValue::Bool(value)
    }
}

impl From<i64> for RawValue {
    fn from(value: i64) -> Self {
        RawValue::Number(Decimal::from(value))
    }
}

/// A binary float enters as its shortest round-trip decimal; NaN and infinities are unreadable.
impl From<f64> for RawValue {
    fn from(value: f64) -> Self {
        Decimal::from_f64(value).map_or(RawValue::Unreadable(Reason::UnrepresentableNumber), RawValue::Number)
    }
}

impl From<RawMap> for RawValue {
    fn from(members: RawMap) -> Self {
        RawValue::Map(members)
    }
}

impl From<&str> for RawValue {
    fn from(value: &str) -> Self {
        RawValue::String(value.to_owned())
    }
}
