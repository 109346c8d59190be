//! What a host's function does stays with it.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use futures_util::FutureExt as _;

/// What a host's function gives; a panic is an error.
pub(crate) fn contained<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(said(&*panic)))
}

/// The same for a future.
pub(crate) fn contained_async<T>(
    work: impl Future<Output = T> + Send,
) -> Pin<Box<impl Future<Output = Result<T, String>>>> {
    Box::pin(AssertUnwindSafe(work).catch_unwind().map(|done| done.map_err(|panic| said(&*panic))))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", text.unwrap_or("without a text"))
}
