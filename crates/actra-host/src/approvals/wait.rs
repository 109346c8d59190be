//! Waiting for a lock that another process has.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use actra_runtime::approval::StoreError;
use rusqlite::Connection;

use super::failed::failed;

/// A lock that somebody else has is waited for so long, by a call as a whole.
const BUSY: Duration = Duration::from_secs(5);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(3);

thread_local! {
    /// Until when this thread waits.
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Lets the calls of this thread wait for a lock, from this moment on, or from when somebody asked.
pub(super) fn from(asked: Instant) {
    UNTIL.set(asked.checked_add(BUSY));
}

/// Lets a connection wait as long as its thread may; SQLite itself would begin anew with each statement.
pub(super) fn patiently(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_handler(Some(again)).map_err(failed)
}

fn again(_: i32) -> bool {
    let is_in_time = UNTIL.get().is_some_and(|until| Instant::now() < until);
    if is_in_time {
        thread::sleep(PAUSE);
    }
    is_in_time
}
