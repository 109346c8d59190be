//! The state of a field that borrows from the request: what the plan reads instead of a [`Slot`].

use std::borrow::Cow;

use crate::{Decimal, Reason, Slot, TextList, Value};

/// The state of a declared field of one request: a [`Slot`] that borrows what it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BorrowedSlot<'r> {
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
    Texts(TextList<'r>),
    /// A value of any other type.
    Value(Value),
}

impl BorrowedSlot<'_> {
    /// The same state without borrowing.
    pub fn to_slot(&self) -> Slot {
        match self {
            BorrowedSlot::Absent => Slot::Absent,
            BorrowedSlot::Invalid(reason) => Slot::Invalid(*reason),
            BorrowedSlot::Bool(value) => Slot::Present(Value::Bool(*value)),
            BorrowedSlot::Number(value) => Slot::Present(Value::Number(*value)),
            BorrowedSlot::Text(text) => Slot::Present(Value::String(text.as_ref().into())),
            BorrowedSlot::Texts(texts) => {
                let element = |text: &str| Slot::Present(Value::String(text.into()));
                Slot::Present(Value::List(texts.iter().map(element).collect()))
            }
            BorrowedSlot::Value(value) => Slot::Present(value.clone()),
        }
    }
}

impl From<Slot> for BorrowedSlot<'_> {
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Absent => BorrowedSlot::Absent,
            Slot::Invalid(reason) => BorrowedSlot::Invalid(reason),
            Slot::Present(Value::Bool(value)) => BorrowedSlot::Bool(value),
            Slot::Present(Value::Number(value)) => BorrowedSlot::Number(value),
            Slot::Present(Value::String(text)) => BorrowedSlot::Text(Cow::Owned(text.as_ref().to_owned())),
            Slot::Present(value) => BorrowedSlot::Value(value),
        }
    }
}
