//! Comparing values where they lie, in the request or the policy: the same as making operands of them, in a fraction of
//! the time. Whatever is not settled here is left to [`super::equal`] and [`super::order`].

use std::cmp::Ordering;

use actra_model::{Decimal, PathOrder, RawValue, Record, Timestamp, TypeKind, Value, ValueState};

use super::{Element, Operand};

/// A value of the request or the policy, looked at in place.
#[derive(Clone, Copy)]
pub(crate) enum InPlace<'a> {
    Value(&'a Value),
    AnyValue(&'a RawValue),
    /// JSON that was read as a type.
    ScalarRef(ScalarRef<'a>),
}

/// A value without parts.
#[derive(Clone, Copy)]
pub(crate) enum ScalarRef<'a> {
    Bool(bool),
    Number(&'a Decimal),
    Text(&'a str),
    Time(&'a Timestamp),
}

impl<'a> InPlace<'a> {
    /// A present value of a record, a map or a list.
    #[inline]
    pub(crate) fn of_state(state: &'a ValueState) -> Option<Self> {
        match state {
            ValueState::Present(Value::Any(raw)) => InPlace::of_json(raw),
            ValueState::Present(value) => Some(InPlace::Value(value)),
            ValueState::Absent | ValueState::Invalid(_) => None,
        }
    }

    #[inline]
    pub(crate) fn of_element(element: &'a Element<'_>) -> Option<Self> {
        match element {
            Element::ValueState(state) => InPlace::of_state(state),
            Element::Raw(raw) => InPlace::of_json(raw),
            Element::Computed(Ok(operand)) => ScalarRef::of_operand(operand).map(InPlace::ScalarRef),
            Element::Computed(Err(_)) => None,
        }
    }

    #[inline]
    fn of_json(raw: &'a RawValue) -> Option<Self> {
        (!matches!(raw, RawValue::Unreadable(_))).then_some(InPlace::AnyValue(raw))
    }

    /// The member of an object, the value of a map's key, or either of JSON.
    #[inline]
    pub(crate) fn member(self, name: &str) -> Option<Self> {
        match self {
            InPlace::Value(Value::Object(record)) => InPlace::of_state(record.get(name)?),
            InPlace::Value(Value::Map(entries)) => InPlace::of_state(entries.get(name)?),
            InPlace::AnyValue(RawValue::Map(entries)) => InPlace::of_json(entries.get(name)?),
            _ => None,
        }
    }

    /// JSON read as a type that has it as it is.
    pub(crate) fn read(self, kind: &TypeKind) -> Option<Self> {
        match (self, kind, self.scalar()?) {
            (InPlace::AnyValue(_), TypeKind::Boolean, scalar @ ScalarRef::Bool(_))
            | (InPlace::AnyValue(_), TypeKind::Number, scalar @ ScalarRef::Number(_))
            | (InPlace::AnyValue(_), TypeKind::String, scalar @ ScalarRef::Text(_)) => {
                Some(InPlace::ScalarRef(scalar))
            }
            (InPlace::AnyValue(_), ..) => None,
            _ => Some(self),
        }
    }

    #[inline]
    fn scalar(self) -> Option<ScalarRef<'a>> {
        match self {
            InPlace::ScalarRef(scalar) => Some(scalar),
            InPlace::Value(value) => match value {
                Value::Bool(flag) => Some(ScalarRef::Bool(*flag)),
                Value::Number(number) => Some(ScalarRef::Number(number)),
                Value::String(text) => Some(ScalarRef::Text(text)),
                Value::Timestamp(time) => Some(ScalarRef::Time(time)),
                _ => None,
            },
            InPlace::AnyValue(raw) => match raw {
                RawValue::Bool(flag) => Some(ScalarRef::Bool(*flag)),
                RawValue::Number(number) => Some(ScalarRef::Number(number)),
                RawValue::String(text) => Some(ScalarRef::Text(text)),
                _ => None,
            },
        }
    }

    /// Whether two values are equal, if that can be said of them here.
    #[inline]
    pub(crate) fn equal(self, other: Self) -> Option<bool> {
        match (self, other) {
            (InPlace::AnyValue(_), InPlace::AnyValue(_)) => None,
            (InPlace::Value(left), InPlace::Value(right)) => values_equal(left, right),
            _ => self.scalar()?.equal(other.scalar()?),
        }
    }

    /// How two values lie, if that can be said of them here: two `any` have no order.
    #[inline]
    pub(crate) fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (InPlace::AnyValue(_), InPlace::AnyValue(_)) => None,
            _ => self.scalar()?.order(other.scalar()?),
        }
    }
}

impl<'a> ScalarRef<'a> {
    fn of_operand(operand: &'a Operand<'_>) -> Option<Self> {
        match operand {
            Operand::Bool(flag) => Some(ScalarRef::Bool(*flag)),
            Operand::Number(number) => Some(ScalarRef::Number(number)),
            Operand::Text(text) => Some(ScalarRef::Text(text)),
            Operand::Timestamp(time) => Some(ScalarRef::Time(time)),
            _ => None,
        }
    }

    #[inline]
    fn equal(self, other: Self) -> Option<bool> {
        match (self, other) {
            (ScalarRef::Bool(left), ScalarRef::Bool(right)) => Some(left == right),
            (ScalarRef::Number(left), ScalarRef::Number(right)) => Some(left == right),
            (ScalarRef::Text(left), ScalarRef::Text(right)) => Some(left == right),
            (ScalarRef::Time(left), ScalarRef::Time(right)) => Some(left == right),
            _ => None,
        }
    }

    fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (ScalarRef::Number(left), ScalarRef::Number(right)) => Some(left.cmp(right)),
            // UTF-8 sorts by bytes as by code points.
            (ScalarRef::Text(left), ScalarRef::Text(right)) => Some(left.cmp(right)),
            (ScalarRef::Time(left), ScalarRef::Time(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }
}

/// Whether a value is among those of a list, as far as all of them are scalars of its type.
///
/// One loop for each type, for lists are long.
pub(super) fn is_among(states: &[ValueState], wanted: &Operand<'_>) -> Option<bool> {
    let values = states.iter().map(|state| match state {
        ValueState::Present(value) => Some(value),
        ValueState::Absent | ValueState::Invalid(_) => None,
    });
    match wanted {
        Operand::Number(wanted) => any(values.map(|value| match value {
            Some(Value::Number(number)) => Some(number == wanted),
            _ => None,
        })),
        Operand::Text(wanted) => any(values.map(|value| match value {
            Some(Value::String(text)) => Some(text[..] == wanted[..]),
            _ => None,
        })),
        _ => None,
    }
}

/// Whether a value is among a list of operands, as far as all of them are scalars of its type; see [`is_among`].
pub(crate) fn is_one_of(operands: &[Operand<'_>], wanted: &Operand<'_>) -> Option<bool> {
    match wanted {
        Operand::Number(wanted) => any(operands.iter().map(|operand| match operand {
            Operand::Number(number) => Some(number == wanted),
            _ => None,
        })),
        Operand::Text(wanted) => any(operands.iter().map(|operand| match operand {
            Operand::Text(text) => Some(text[..] == wanted[..]),
            _ => None,
        })),
        _ => None,
    }
}

/// Kleene-or, as far as all can be said: a true one decides, whatever the others are.
fn any(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all_said = true;
    for truth in truths {
        match truth {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all_said = false,
        }
    }
    all_said.then_some(false)
}

fn values_equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::Number(left), Value::Number(right)) => Some(left == right),
        (Value::String(left), Value::String(right)) => Some(left == right),
        (Value::Timestamp(left), Value::Timestamp(right)) => Some(left == right),
        (Value::Url(left), Value::Url(right)) => Some(left == right),
        (Value::Path(left), Value::Path(right)) => match left.compare(right) {
            PathOrder::Equal => Some(true),
            PathOrder::Below | PathOrder::Apart => Some(false),
            PathOrder::Incomparable => None,
        },
        (Value::List(left), Value::List(right)) if left.len() != right.len() => Some(false),
        (Value::List(left), Value::List(right)) => states_equal(left.iter().zip(right.iter())),
        (Value::Object(left), Value::Object(right)) => objects_equal(left, right),
        _ => None,
    }
}

/// Objects of the same declared members.
fn objects_equal(left: &Record, right: &Record) -> Option<bool> {
    let same = left.fields.len() == right.fields.len() && left.fields.keys().eq(right.fields.keys());
    if !same {
        return None;
    }
    states_equal(left.fields.values().zip(right.fields.values()))
}

/// Kleene-and, as far as all can be said: an unequal pair decides, whatever the others are.
fn states_equal<'v>(pairs: impl Iterator<Item = (&'v ValueState, &'v ValueState)>) -> Option<bool> {
    let mut all = Some(true);
    for pair in pairs {
        let equal = match pair {
            (ValueState::Present(left), ValueState::Present(right)) => values_equal(left, right),
            (ValueState::Absent, ValueState::Absent) => Some(true),
            (ValueState::Absent, ValueState::Present(_)) | (ValueState::Present(_), ValueState::Absent) => {
                Some(false)
            }
            (ValueState::Invalid(_), _) | (_, ValueState::Invalid(_)) => None,
        };
        match equal {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}
