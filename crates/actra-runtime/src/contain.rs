//! What a host's function does stays with it.

use std::any::Any;
use std::error::Error;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt as _;

use crate::{Failure, Stage};

/// Why a host's function gave nothing.
#[derive(Debug)]
pub(crate) struct Failed {
    /// For people.
    pub(crate) reason: String,
    /// Its own error, if it is one.
    pub(crate) cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Failed {
    pub(crate) fn at(self, stage: Stage) -> Failure {
        Failure::new(stage, self.reason).caused_by(self.cause)
    }
}

impl From<String> for Failed {
    fn from(reason: String) -> Self {
        Self { reason, cause: None }
    }
}

impl From<Box<dyn Error + Send + Sync>> for Failed {
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        Self { reason: error.to_string(), cause: Some(error.into()) }
    }
}

/// What a host's function gives; a panic is an error.
pub(crate) fn contained<T, E: From<String>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(said(&*panic).into()))
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
