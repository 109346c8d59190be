//! Errors of SQLite as errors of a store, with advice where there is any.

use actra_runtime::approval::StoreError;
use rusqlite::{Error, ErrorCode};

pub(super) fn store_error(error: Error) -> StoreError {
    // The tables are not those that were created. The statement itself would not help anybody.
    if let Error::SqlInputError { msg, .. } = &error {
        return damaged(msg);
    }
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => return StoreError::Locked,
        Some(ErrorCode::ReadOnly) => {
            "the file cannot be written: this process needs permission to write to it and to its directory"
                .to_owned()
        }
        Some(ErrorCode::DiskFull) => format!("there is no room for more: {error}"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => return damaged(&error.to_string()),
        Some(ErrorCode::Unknown | ErrorCode::TypeMismatch | ErrorCode::ConstraintViolation) => {
            return damaged(&error.to_string());
        }
        _ if is_unexpected_row(&error) => return damaged(&error.to_string()),
        _ => error.to_string(),
    };
    StoreError::Failed(reason)
}

/// Whether a row does not have the columns, or the types, that were written.
fn is_unexpected_row(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidColumnType(..)
            | Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::QueryReturnedNoRows
            | Error::InvalidColumnIndex(_)
    )
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Failed(format!(
        "the file is damaged: {what}; move it away and start the process again; requests that were waiting are lost, and the calls have to be made again"
    ))
}
