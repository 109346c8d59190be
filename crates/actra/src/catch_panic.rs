//! What the program's own code does stays with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What it gives; `None` if it panics. What it panics with is not dropped, since that may panic, too.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(std::mem::forget).ok()
}
