use std::borrow::Cow;

use crate::{Decimal, Reason, Slot, Texts, Value};

/// The state of a declared field of one request, read where it lies: a [`Slot`] that borrows what it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'r> {
    /// An optional field that is missing or null, in a record that is there.
    Absent,
    /// There and not of its type, or missing.
    Invalid(Reason),
    /// A boolean.
    Bool(bool),
    /// A number or an integer.
    Number(Decimal),
    /// A string.
    Text(Cow<'r, str>),
    /// A list of strings, each readable.
    Texts(Texts<'r>),
    /// A value of any other type.
    Value(Value),
}

impl Cell<'_> {
    /// The same state on its own.
    pub fn to_slot(&self) -> Slot {
        match self {
            Cell::Absent => Slot::Absent,
            Cell::Invalid(reason) => Slot::Invalid(*reason),
            Cell::Bool(value) => Slot::Present(Value::Bool(*value)),
            Cell::Number(value) => Slot::Present(Value::Number(*value)),
            Cell::Text(text) => Slot::Present(Value::String(text.as_ref().into())),
            Cell::Texts(texts) => {
                let element = |text: &str| Slot::Present(Value::String(text.into()));
                Slot::Present(Value::List(texts.iter().map(element).collect()))
            }
            Cell::Value(value) => Slot::Present(value.clone()),
        }
    }
}

impl From<Slot> for Cell<'_> {
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Absent => Cell::Absent,
            Slot::Invalid(reason) => Cell::Invalid(reason),
            Slot::Present(Value::Bool(value)) => Cell::Bool(value),
            Slot::Present(Value::Number(value)) => Cell::Number(value),
            Slot::Present(Value::String(text)) => Cell::Text(Cow::Owned(text.as_ref().to_owned())),
            Slot::Present(value) => Cell::Value(value),
        }
    }
}
