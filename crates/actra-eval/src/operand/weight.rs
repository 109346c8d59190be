//! The size of what a function produces, for the limit on it.

use std::sync::Arc;

use actra_model::{Path, RawValue, Value, ValueState};

use super::{EvalResult, Operand};

/// What each element of a container and each segment of a path counts, besides its text.
pub(super) const ELEMENT_WEIGHT: usize = 64;

/// The weight that is left; `None` as soon as it is exceeded, so that weighing a value of any size takes bounded time.
pub(super) struct WeightBudget {
    pub(super) left: usize,
}

impl WeightBudget {
    pub(super) fn take(&mut self, weight: usize) -> Option<()> {
        self.left = self.left.checked_sub(weight)?;
        Some(())
    }

    /// An element: its own weight and that of everything inside.
    pub(super) fn item(&mut self, item: &EvalResult<'_>) -> Option<()> {
        self.take(ELEMENT_WEIGHT)?;
        item.as_ref().map_or(Some(()), |operand| self.operand(operand))
    }

    fn operand(&mut self, operand: &Operand<'_>) -> Option<()> {
        match operand {
            Operand::Text(text) => self.take(text.len()),
            Operand::Path(path) => self.path(path),
            Operand::Url(url) => self.take(url.as_str().len()),
            Operand::List(list) => list.weigh(self),
            Operand::Map(entries) | Operand::Object(entries) => entries.weigh(self),
            Operand::Any(json) => self.raw(json.get()),
            Operand::Bool(_)
            | Operand::Number(_)
            | Operand::Timestamp(_)
            | Operand::Date(_)
            | Operand::Duration(_)
            | Operand::Quantity(_)
            | Operand::Ip(_) => Some(()),
        }
    }

    fn path(&mut self, path: &Path) -> Option<()> {
        self.take(path.to_string().len())?;
        self.take(ELEMENT_WEIGHT.checked_mul(path.segments())?)
    }

    pub(super) fn state(&mut self, state: &ValueState) -> Option<()> {
        match state {
            ValueState::Present(value) => {
                self.take(ELEMENT_WEIGHT)?;
                self.value(value)
            }
            ValueState::Invalid(_) => self.take(ELEMENT_WEIGHT),
            ValueState::Absent => Some(()),
        }
    }

    pub(super) fn entry(&mut self, key: &Arc<str>, state: &ValueState) -> Option<()> {
        if *state != ValueState::Absent {
            self.take(key.len())?;
        }
        self.state(state)
    }

    fn value(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::String(text) => self.take(text.len()),
            Value::Path(path) => self.path(path),
            Value::Url(url) => self.take(url.as_str().len()),
            Value::List(states) => states.iter().try_for_each(|state| self.state(state)),
            Value::Map(entries) => entries.iter().try_for_each(|(key, state)| self.entry(key, state)),
            Value::Object(record) => record.fields.iter().try_for_each(|(key, state)| self.entry(key, state)),
            Value::Any(raw) => self.raw(raw),
            Value::Bool(_)
            | Value::Number(_)
            | Value::Timestamp(_)
            | Value::Date(_)
            | Value::Duration(_)
            | Value::Quantity(_)
            | Value::Ip(_) => Some(()),
        }
    }

    pub(super) fn raw(&mut self, raw: &RawValue) -> Option<()> {
        match raw {
            RawValue::String(text) => self.take(text.len()),
            RawValue::List(elements) => elements.iter().try_for_each(|element| self.element(element)),
            RawValue::Map(entries) => entries.iter().try_for_each(|(key, entry)| {
                self.take(key.len())?;
                self.element(entry)
            }),
            RawValue::Null | RawValue::Bool(_) | RawValue::Number(_) | RawValue::Unreadable(_) => Some(()),
        }
    }

    pub(super) fn element(&mut self, raw: &RawValue) -> Option<()> {
        self.take(ELEMENT_WEIGHT)?;
        self.raw(raw)
    }
}
