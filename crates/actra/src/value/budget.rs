//! How much of one value is looked at: what is larger is not built in memory only to be refused.

use std::cell::Cell;

use actra_engine::model::{Reason, limits};

use super::ValueError;

/// Values that an approval may be bound to in one argument.
const MOST_BOUND: usize = 200_000;
/// Bytes of texts in it; of raw bytes, of which only a hash is kept, it may hold as many times eight.
const MOST_BOUND_TEXT: usize = 16 << 20;
/// Raw bytes that count as one byte of text.
pub(super) const HASHED: usize = 8;

/// What may still come.
pub(super) struct Budget {
    values: Cell<usize>,
    text: Cell<usize>,
}

impl Budget {
    /// For what rules see: a value takes at least two bytes of a request, and a text its own length.
    pub(super) fn of_request() -> Self {
        Self { values: Cell::new(limits::REQUEST_BYTES / 2), text: Cell::new(limits::REQUEST_BYTES) }
    }

    /// For what an approval is bound to.
    pub(super) fn of_binding() -> Self {
        Self { values: Cell::new(MOST_BOUND), text: Cell::new(MOST_BOUND_TEXT) }
    }

    /// An error once there are more values than may come.
    pub(super) fn take_value(&self) -> Result<(), ValueError> {
        take(&self.values, 1)
    }

    /// An error once there is more text than may come.
    pub(super) fn take_text(&self, bytes: usize) -> Result<(), ValueError> {
        take(&self.text, bytes)
    }
}

fn take(left: &Cell<usize>, count: usize) -> Result<(), ValueError> {
    match left.get().checked_sub(count) {
        Some(rest) => {
            left.set(rest);
            Ok(())
        }
        None => Err(ValueError::of_request("it is too large", Reason::TooLarge)),
    }
}
