//! What a host's function does stays with it.

use std::any::Any;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What the code of a host returns, or its message if it panics.
///
/// The value that it panics with is dropped here, and if that panics, the second panic is caught, too.
///
/// ```
/// use actra_runtime::caught;
///
/// assert_eq!(caught(|| 5), Ok(5));
/// assert_eq!(caught(|| -> u8 { panic!("no") }), Err("it panicked: no".to_owned()));
/// ```
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(said)
}

/// What a host's function gives; a panic is an error.
pub(crate) fn catch_panic<T, E: From<String>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    caught(work).unwrap_or_else(|reason| Err(reason.into()))
}

/// Drops what is a host's; an error if that panics.
pub(crate) fn drop_caught<T>(value: T) -> Result<(), String> {
    catch_panic(|| {
        drop(value);
        Ok(())
    })
}

/// A future of a host's: a panic is an error, and where nobody waits any more for what it gives, nobody is told of one.
pub(crate) struct CatchPanic<'a, T>(Option<Pin<Box<dyn Future<Output = T> + Send + 'a>>>);

impl<'a, T> CatchPanic<'a, T> {
    /// INVARIANT (contained): the future is in nobody else's hands from here on, also when it is dropped.
    pub(crate) fn new(work: Pin<Box<dyn Future<Output = T> + Send + 'a>>) -> Self {
        Self(Some(work))
    }

    fn end(&mut self) -> Result<(), String> {
        drop_caught(self.0.take())
    }
}

impl<T> Future for CatchPanic<'_, T> {
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.0 else { return Poll::Pending };
        match catch_panic(|| Ok::<_, String>(work.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(done)) => Poll::Ready(catch_panic(|| self.end().map(|()| done))),
            Err(reason) => {
                let _ = self.end();
                Poll::Ready(Err(reason))
            }
        }
    }
}

impl<T> Drop for CatchPanic<'_, T> {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

fn said(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let said = format!("it panicked: {}", text.unwrap_or("no message"));
    // What it panics with is a host's, too. That may go on for ever, and so the second one is dropped by nobody.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        mem::forget(again);
    }
    said
}
