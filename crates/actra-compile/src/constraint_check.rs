//! Which values the constraints of the schema leave.

use std::cmp::Ordering;

use actra_model::{Constraints, Value};

/// How two values of one ordered type compare.
pub(crate) fn compare_values(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.cmp(right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Quantity(left), Value::Quantity(right)) => left.cmp(right),
        _ => return None,
    })
}

/// Why constraints exclude a value; `None` if they allow it.
pub(crate) fn violation(constraints: &Constraints, value: &Value) -> Option<&'static str> {
    if constraints.one_of.as_ref().is_some_and(|one_of| !one_of.contains(value)) {
        return Some("it is not one of the declared values");
    }
    let beyond = |bound: &Option<Value>, side: Ordering| {
        bound.as_ref().and_then(|bound| compare_values(value, bound)).is_some_and(|order| order == side)
    };
    if beyond(&constraints.min, Ordering::Less) {
        return Some("it is below `min`");
    }
    if beyond(&constraints.max, Ordering::Greater) {
        return Some("it is above `max`");
    }
    let Value::String(text) = value else { return None };
    if constraints.max_length.is_some_and(|max| text.chars().count() > max) {
        return Some("it is longer than `max_length`");
    }
    let mismatch = constraints.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text));
    mismatch.then_some("it does not match `pattern`")
}
