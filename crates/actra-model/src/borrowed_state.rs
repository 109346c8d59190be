//! The state of a field that borrows from the request: what the plan reads instead of a [`ValueState`].

use std::borrow::Cow;

use crate::{Decimal, Reason, TextList, Value, ValueState};

/// The state of a declared field of one request: a [`ValueState`] that borrows what it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BorrowedState<'r> {
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

impl BorrowedState<'_> {
    /// A copy of the state that owns its value.
    pub fn to_owned_state(&self) -> ValueState {
        match self {
            BorrowedState::Absent => ValueState::Absent,
            BorrowedState::Invalid(reason) => ValueState::Invalid(*reason),
            BorrowedState::Bool(value) => ValueState::Present(Value::Bool(*value)),
            BorrowedState::Number(value) => ValueState::Present(Value::Number(*value)),
            BorrowedState::Text(text) => ValueState::Present(Value::String(text.as_ref().into())),
            BorrowedState::Texts(texts) => {
                let element = |text: &str| ValueState::Present(Value::String(text.into()));
                ValueState::Present(Value::List(texts.iter().map(element).collect()))
            }
            BorrowedState::Value(value) => ValueState::Present(value.clone()),
        }
    }
}

impl From<ValueState> for BorrowedState<'_> {
    fn from(state: ValueState) -> Self {
        match state {
            ValueState::Absent => BorrowedState::Absent,
            ValueState::Invalid(reason) => BorrowedState::Invalid(reason),
            ValueState::Present(Value::Bool(value)) => BorrowedState::Bool(value),
            ValueState::Present(Value::Number(value)) => BorrowedState::Number(value),
            ValueState::Present(Value::String(text)) => {
                BorrowedState::Text(Cow::Owned(text.as_ref().to_owned()))
            }
            ValueState::Present(value) => BorrowedState::Value(value),
        }
    }
}
