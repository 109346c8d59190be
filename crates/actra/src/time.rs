//! A timer for deadlines, where the program runs on tokio.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Handle;

/// Waits as tokio does; for [`Builder::deadline`](crate::Builder::deadline).
///
/// Outside of tokio nobody can wait, and there is no deadline.
pub fn sleep(time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    match Handle::try_current() {
        Ok(_) => Box::pin(tokio::time::sleep(time)),
        Err(_) => Box::pin(pending()),
    }
}
