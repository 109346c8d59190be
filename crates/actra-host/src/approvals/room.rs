//! Whether there is room for one more request.

use actra_runtime::approval::{MAX_PENDING_BYTES, MAX_PENDING_REQUESTS, StoreError};
use rusqlite::Transaction;

use super::error::store_error;

/// What a request takes in the tables and indexes beside its texts, about.
const BESIDE: usize = 512;

/// An error if a request with so many bytes of text is too much. Cost: that of a few look-ups, however much is waiting,
/// unless there may be too many requests, which are then counted.
pub(super) fn check_room(transaction: &Transaction<'_>, texts: usize) -> Result<(), StoreError> {
    let number = |query: &str| -> Result<usize, StoreError> {
        let mut statement = transaction.prepare_cached(query).map_err(store_error)?;
        let found: i64 = statement.query_row([], |row| row.get(0)).map_err(store_error)?;
        Ok(usize::try_from(found).unwrap_or(0))
    };
    let count = || number("SELECT count(*) FROM approvals");
    let pages = number("PRAGMA page_count")?.saturating_sub(number("PRAGMA freelist_count")?);
    let used = pages.saturating_mul(number("PRAGMA page_size")?);
    if used.saturating_add(texts).saturating_add(BESIDE) > MAX_PENDING_BYTES {
        return Err(StoreError::Full(count()?));
    }
    // Rows are numbered upwards, so there are no more of them than numbers.
    let numbers =
        "SELECT ifnull((SELECT max(rowid) FROM approvals) - (SELECT min(rowid) FROM approvals) + 1, 0)";
    match number(numbers)? {
        numbers if numbers < MAX_PENDING_REQUESTS => Ok(()),
        _ => match count()? {
            count if count < MAX_PENDING_REQUESTS => Ok(()),
            count => Err(StoreError::Full(count)),
        },
    }
}
