//! Approvals in a SQLite file: they outlast the process, and several processes share them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actra_engine::model::{RawMap, RawValue};
use actra_runtime::approval::{Answer, ApprovalRequest, ApprovalStore, Digest, Grant, StoreError};
use actra_wire::{json, parse_request, write_request, write_value};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// The version of the tables.
const VERSION: i64 = 1;
/// Another process that writes is waited for so long.
const BUSY: Duration = Duration::from_secs(5);

const TABLES: &str = "
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    request BLOB NOT NULL,
    rules BLOB NOT NULL,
    reasons BLOB NOT NULL,
    required_actions BLOB NOT NULL,
    granted INTEGER,
    answered_by TEXT,
    answer_reason TEXT
) STRICT;
CREATE INDEX approvals_by_digest ON approvals (digest);
CREATE INDEX approvals_by_expiry ON approvals (expires_at);
PRAGMA user_version = 1;
";

/// Keeps approval requests and their answers in one file. What has expired is removed when a request is opened.
///
/// Of any number of processes that redeem at once, one gets the grant: it is deleted in the statement that reads it.
pub struct SqliteStore {
    path: PathBuf,
    opened: Mutex<Option<Opened>>,
}

/// INVARIANT (one process): a connection is used only by the process that opened it. A fork has a copy of what SQLite
/// knows about its locks, and none of the locks, so that others would take the file from under it.
struct Opened {
    process: u32,
    connection: Connection,
}

impl SqliteStore {
    /// Opens the file, or makes it. A file of a newer version is refused.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| StoreError::Failed(error.to_string()))?;
        let store = Self { path, opened: Mutex::new(None) };
        store.with(|_| Ok(()))?;
        Ok(store)
    }

    /// Closes the file until the store is used again. To be called before the process is forked: what is open then
    /// stays open in the other process, which cannot use it.
    pub fn rest(&self) {
        let mut opened = self.opened();
        leave_to_others(&mut opened);
        *opened = None;
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut opened = self.opened();
        leave_to_others(&mut opened);
        let opened = match &mut *opened {
            Some(opened) => opened,
            none => none.insert(Opened { process: std::process::id(), connection: connect(&self.path)? }),
        };
        work(&mut opened.connection)
    }

    fn opened(&self) -> MutexGuard<'_, Option<Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        leave_to_others(&mut self.opened());
    }
}

/// Forgets what another process has opened: closing it here could take the file from under that one.
fn leave_to_others(opened: &mut Option<Opened>) {
    if let Some(others) = opened.take_if(|opened| opened.process != std::process::id()) {
        std::mem::forget(others);
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    match change.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).map_err(failed)? {
        0 => change.execute_batch(TABLES).map_err(failed)?,
        VERSION => {}
        found => {
            let reason = format!("the file has version {found}, and this reads version {VERSION}");
            return Err(StoreError::Failed(reason));
        }
    }
    change.commit().map_err(failed)?;
    Ok(connection)
}

impl ApprovalStore for SqliteStore {
    fn open(&self, request: ApprovalRequest) -> Result<ApprovalRequest, StoreError> {
        self.with(|connection| open(connection, request))
    }

    fn answer(&self, id: &str, answer: &Answer, now: SystemTime) -> Result<(), StoreError> {
        self.with(|connection| self::answer(connection, id, answer, now))
    }

    fn redeem(&self, digest: &Digest, now: SystemTime) -> Result<Option<Grant>, StoreError> {
        self.with(|connection| redeem(connection, digest, now))
    }
}

fn open(connection: &mut Connection, request: ApprovalRequest) -> Result<ApprovalRequest, StoreError> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let now = nanos(request.created_at)?;
    change.execute("DELETE FROM approvals WHERE expires_at <= ?1", params![now]).map_err(failed)?;
    let there = change
        .query_row(
            "SELECT id, created_at, expires_at, request, rules, reasons, required_actions FROM approvals
                 WHERE digest = ?1 AND granted IS NULL",
            params![request.digest.0.as_slice()],
            |row| Ok(read(row, request.digest)),
        )
        .optional()
        .map_err(failed)?;
    if let Some(there) = there {
        let there = there?;
        change.commit().map_err(failed)?;
        return Ok(there);
    }
    let mut shown = Vec::new();
    write_request(&request.request, &mut shown);
    change
            .execute(
                "INSERT INTO approvals (id, digest, created_at, expires_at, request, rules, reasons, required_actions)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    request.id,
                    request.digest.0.as_slice(),
                    now,
                    nanos(request.expires_at)?,
                    shown,
                    texts(&request.rules),
                    texts(&request.reasons),
                    bytes(&RawValue::List(
                        request.required_actions.iter().cloned().map(RawValue::Map).collect()
                    )),
                ],
            )
            .map_err(failed)?;
    change.commit().map_err(failed)?;
    Ok(request)
}

fn answer(connection: &mut Connection, id: &str, answer: &Answer, now: SystemTime) -> Result<(), StoreError> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let there = change
        .query_row("SELECT expires_at, granted FROM approvals WHERE id = ?1", params![id], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<bool>>(1)?))
        })
        .optional()
        .map_err(failed)?;
    match there {
        None => return Err(StoreError::Unknown { id: id.to_owned() }),
        Some((expires_at, _)) if expires_at <= nanos(now)? => {
            return Err(StoreError::Expired { id: id.to_owned() });
        }
        Some((_, Some(_))) => return Err(StoreError::Answered { id: id.to_owned() }),
        Some((_, None)) => {}
    }
    let (granted, by, reason) = match answer {
        Answer::Granted { by } => (true, by, None),
        Answer::Denied { by, reason } => (false, by, Some(reason)),
    };
    change
        .execute(
            "UPDATE approvals SET granted = ?2, answered_by = ?3, answer_reason = ?4 WHERE id = ?1",
            params![id, granted, by, reason],
        )
        .map_err(failed)?;
    change.commit().map_err(failed)
}

fn redeem(connection: &Connection, digest: &Digest, now: SystemTime) -> Result<Option<Grant>, StoreError> {
    connection
        .query_row(
            "DELETE FROM approvals WHERE id = (
                     SELECT id FROM approvals WHERE digest = ?1 AND granted = 1 AND expires_at > ?2 LIMIT 1
                 ) RETURNING id, answered_by",
            params![digest.0.as_slice(), nanos(now)?],
            |row| Ok(Grant { id: row.get(0)?, by: row.get(1)? }),
        )
        .optional()
        .map_err(failed)
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn damaged(what: &str) -> StoreError {
    StoreError::Failed(format!("the file is damaged: {what}"))
}

fn nanos(time: SystemTime) -> Result<i64, StoreError> {
    let since = time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_nanos()).ok());
    since.ok_or_else(|| StoreError::Failed("a time lies before 1970 or after 2262".to_owned()))
}

fn time(nanos: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_nanos(u64::try_from(nanos).ok()?))
}

fn bytes(value: &RawValue) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(value, &mut out);
    out
}

fn texts(texts: &[String]) -> Vec<u8> {
    bytes(&RawValue::List(texts.iter().cloned().map(RawValue::String).collect()))
}

fn read(row: &Row<'_>, digest: Digest) -> Result<ApprovalRequest, StoreError> {
    let blob = |column: usize| row.get::<_, Vec<u8>>(column).map_err(failed);
    let number = |column: usize| row.get::<_, i64>(column).map_err(failed);
    let list = |column: usize| match json::parse_value(&blob(column)?) {
        Ok(RawValue::List(elements)) => Ok(elements),
        _ => Err(damaged("a list is none")),
    };
    let words = |column: usize| {
        let word = |element: RawValue| match element {
            RawValue::String(text) => Ok(text),
            _ => Err(damaged("a text is none")),
        };
        list(column)?.into_iter().map(word).collect::<Result<Vec<String>, StoreError>>()
    };
    let object = |element: RawValue| match element {
        RawValue::Map(members) => Ok(members),
        _ => Err(damaged("a required action is no object")),
    };
    Ok(ApprovalRequest {
        id: row.get(0).map_err(failed)?,
        digest,
        created_at: time(number(1)?).ok_or_else(|| damaged("a time is none"))?,
        expires_at: time(number(2)?).ok_or_else(|| damaged("a time is none"))?,
        request: parse_request(&blob(3)?).map_err(|_| damaged("a request is none"))?,
        rules: words(4)?,
        reasons: words(5)?,
        required_actions: list(6)?.into_iter().map(object).collect::<Result<Vec<RawMap>, StoreError>>()?,
    })
}

#[cfg(test)]
mod tests;
