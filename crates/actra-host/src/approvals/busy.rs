//! Waiting for a lock that another process holds.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use actra_runtime::approval::StoreError;
use rusqlite::Connection;

use super::error::store_error;

/// How long a call as a whole waits for a lock.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(3);

thread_local! {
    /// Until when the current call of this thread waits.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Starts the time that the current call of this thread may wait.
pub(super) fn start_timeout(called: Instant) {
    DEADLINE.set(called.checked_add(TIMEOUT));
}

/// Lets a connection wait until its thread's deadline. The timeout of SQLite itself would begin anew with each
/// statement.
pub(super) fn set_busy_handler(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_handler(Some(should_retry)).map_err(store_error)
}

fn should_retry(_attempts: i32) -> bool {
    let is_in_time = DEADLINE.get().is_some_and(|deadline| Instant::now() < deadline);
    if is_in_time {
        thread::sleep(PAUSE);
    }
    is_in_time
}
