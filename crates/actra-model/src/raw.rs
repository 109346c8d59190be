use crate::{Decimal, RawMap, Reason};

/// An untyped value as a host has it, before admission; also what a field of type `any` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawValue {
    /// JSON `null`, Python `None`.
    Null,
    /// A boolean; never a number.
    Bool(bool),
    /// An exact decimal.
    Number(Decimal),
    /// Text.
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
    /// Who does it.
    pub actor: Option<RawValue>,
    /// Facts about the world.
    pub snapshot: Option<RawValue>,
    /// A fault of the envelope, such as malformed JSON; the decision is then a block that lists it.
    pub fault: Option<Reason>,
}

impl RawRequest {
    /// A request that could not be read at all.
    pub fn unreadable(fault: Reason) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    /// Takes the three records out of one value; anything else it holds is a fault of the envelope.
    pub fn from_value(value: RawValue) -> Self {
        let RawValue::Map(mut members) = value else {
            return Self::unreadable(Reason::NotARequest);
        };
        let request = Self {
            action: members.remove("action"),
            actor: members.remove("actor"),
            snapshot: members.remove("snapshot"),
            fault: None,
        };
        Self { fault: (!members.is_empty()).then_some(Reason::UnknownMember), ..request }
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
