//! What restricts the values of a type.

use std::cmp::Ordering;

use super::check_count;
use crate::{BorrowedState, Constraints, Decimal, RawValue, Reason, Value};

impl Constraints {
    /// Counts before elements are looked at: one fault says enough of a list that is too long.
    pub(super) fn check_items(&self, raw: &RawValue) -> Result<(), Reason> {
        let most = self.max_items.unwrap_or(usize::MAX);
        match raw {
            RawValue::List(items) => check_count(items.len(), most),
            RawValue::Map(members) => check_count(members.len(), most),
            _ => Ok(()),
        }
    }

    pub(super) fn check_number<'r>(&self, value: Decimal) -> Result<BorrowedState<'r>, Reason> {
        if self.one_of.is_some() || self.min.is_some() || self.max.is_some() {
            self.check(Value::Number(value))?;
        }
        Ok(BorrowedState::Number(value))
    }

    pub(super) fn check_text(&self, text: &str) -> Result<(), Reason> {
        if self.one_of.as_ref().is_some_and(|one_of| !one_of.contains_text(text)) {
            return Err(Reason::NotOneOf);
        }
        if self.max_length.is_some_and(|max| text.chars().count() > max) {
            return Err(Reason::TooLong);
        }
        match &self.pattern {
            Some(pattern) if !pattern.within_call_cost(text.len()) => Err(Reason::TooCostly),
            Some(pattern) if !pattern.is_match(text) => Err(Reason::PatternMismatch),
            _ => Ok(()),
        }
    }

    /// The value, or which constraint it breaks.
    pub(super) fn check(&self, value: Value) -> Result<Value, Reason> {
        if let Value::String(text) = &value {
            return self.check_text(text).map(|()| value);
        }
        if self.one_of.as_ref().is_some_and(|one_of| !one_of.contains(&value)) {
            return Err(Reason::NotOneOf);
        }
        let beyond = |bound: &Option<Value>, side: Ordering| {
            bound.as_ref().and_then(|bound| order(&value, bound)) == Some(side)
        };
        if beyond(&self.min, Ordering::Less) {
            return Err(Reason::BelowMin);
        }
        if beyond(&self.max, Ordering::Greater) {
            return Err(Reason::AboveMax);
        }
        Ok(value)
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::Quantity(left), Value::Quantity(right)) => Some(left.cmp(right)),
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        (Value::Timestamp(left), Value::Timestamp(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        _ => None,
    }
}
