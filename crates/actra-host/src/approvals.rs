//! Approvals in a SQLite file: they outlast the process, and several processes share them.

mod row;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use actra_runtime::approval::{
    Answer, ApprovalRequest, ApprovalStore, Binding, Digest, Draft, Grant, Kept, SECRET, Secret, StoreError,
};
use actra_wire::write_request;
use row::{COLUMNS, arguments, kept, nanos, objects, texts};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// The version of the tables.
const VERSION: i64 = 2;
/// Another process that writes is waited for so long.
const BUSY: Duration = Duration::from_secs(5);

const TABLES: &str = "
CREATE TABLE secret (one INTEGER PRIMARY KEY CHECK (one = 1), bytes BLOB NOT NULL) STRICT;
CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    request BLOB NOT NULL,
    arguments BLOB NOT NULL,
    rules BLOB NOT NULL,
    reasons BLOB NOT NULL,
    required_actions BLOB NOT NULL,
    asked_by BLOB,
    granted INTEGER,
    answered_by TEXT,
    answer_reason TEXT
) STRICT;
CREATE INDEX approvals_by_digest ON approvals (digest);
CREATE INDEX approvals_by_expiry ON approvals (expires_at);
PRAGMA user_version = 2;
";

/// What version 1 kept had digests without a secret: nothing of it can be found again, so it is asked for anew.
const FROM_1: &str = "DROP TABLE approvals;";

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
    secret: Secret,
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

    fn with<T>(&self, work: impl FnOnce(&mut Opened) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut opened = self.opened();
        leave_to_others(&mut opened);
        let opened = match &mut *opened {
            Some(opened) => opened,
            none => none.insert(connect(&self.path)?),
        };
        work(opened)
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

/// Makes the file readable by its owner alone, if it is not there yet: it holds a secret.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(StoreError::Failed(format!("the file cannot be made: {error}")))
        }
        _ => Ok(()),
    }
}

fn connect(path: &Path) -> Result<Opened, StoreError> {
    make(path)?;
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let version = change.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).map_err(failed)?;
    match version {
        0 | 1 => {
            if version == 1 {
                change.execute_batch(FROM_1).map_err(failed)?;
            }
            change.execute_batch(TABLES).map_err(failed)?;
            let secret = Secret::fresh()?;
            let bytes = secret.as_bytes().as_slice();
            change
                .execute("INSERT INTO secret (one, bytes) VALUES (1, ?1)", params![bytes])
                .map_err(failed)?;
        }
        VERSION => {}
        found => {
            let reason = format!("the file has version {found}, and this reads version {VERSION}");
            return Err(StoreError::Failed(reason));
        }
    }
    let secret: Vec<u8> =
        change.query_row("SELECT bytes FROM secret", [], |row| row.get(0)).map_err(failed)?;
    let secret = <[u8; SECRET]>::try_from(secret).map_err(|_| damaged("its secret has another length"))?;
    change.commit().map_err(failed)?;
    Ok(Opened { process: std::process::id(), connection, secret: Secret::kept(secret) })
}

impl ApprovalStore for SqliteStore {
    fn open(&self, binding: &Binding, draft: Draft) -> Result<ApprovalRequest, StoreError> {
        self.with(|opened| open(opened, binding, draft))
    }

    fn find(&self, binding: &Binding, now: SystemTime) -> Result<Option<Kept>, StoreError> {
        self.with(|opened| {
            let digest = opened.secret.digest(binding);
            let about =
                format!("{COLUMNS} WHERE digest = ?1 AND expires_at > ?2 ORDER BY created_at DESC LIMIT 1");
            one(&opened.connection, &about, params![digest.0.as_slice(), nanos(now)?])
        })
    }

    fn take(&self, binding: &Binding, now: SystemTime) -> Result<Option<Grant>, StoreError> {
        self.with(|opened| take(&opened.connection, &opened.secret.digest(binding), now))
    }

    fn get(&self, id: &str, now: SystemTime) -> Result<Option<Kept>, StoreError> {
        self.with(|opened| {
            let about = format!("{COLUMNS} WHERE id = ?1 AND expires_at > ?2");
            one(&opened.connection, &about, params![id, nanos(now)?])
        })
    }

    fn list(&self, now: SystemTime) -> Result<Vec<ApprovalRequest>, StoreError> {
        self.with(|opened| {
            let about =
                format!("{COLUMNS} WHERE granted IS NULL AND expires_at > ?1 ORDER BY created_at, id");
            let mut statement = opened.connection.prepare_cached(&about).map_err(failed)?;
            let rows = statement.query_map(params![nanos(now)?], |row| Ok(kept(row))).map_err(failed)?;
            rows.map(|row| row.map_err(failed)?.map(|kept| kept.request)).collect()
        })
    }

    fn answer(&self, id: &str, answer: &Answer, now: SystemTime) -> Result<(), StoreError> {
        self.with(|opened| self::answer(opened, id, answer, now))
    }
}

fn one(
    connection: &Connection,
    about: &str,
    parameters: impl rusqlite::Params,
) -> Result<Option<Kept>, StoreError> {
    let found = connection.query_row(about, parameters, |row| Ok(kept(row))).optional().map_err(failed)?;
    found.transpose()
}

fn open(opened: &mut Opened, binding: &Binding, draft: Draft) -> Result<ApprovalRequest, StoreError> {
    let Opened { connection, secret, .. } = opened;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let (now, digest) = (nanos(draft.created_at())?, secret.digest(binding));
    change.execute("DELETE FROM approvals WHERE expires_at <= ?1", params![now]).map_err(failed)?;
    let waiting = format!("{COLUMNS} WHERE digest = ?1 AND granted IS NULL");
    if let Some(there) = one(&change, &waiting, params![digest.0.as_slice()])? {
        change.commit().map_err(failed)?;
        return Ok(there.request);
    }
    let asked_by = draft.asked_by.as_deref().map(|name| secret.of_name(name));
    let request = draft.with(digest);
    let mut shown = Vec::new();
    write_request(&request.request, &mut shown);
    change
        .execute(
            "INSERT INTO approvals (id, digest, created_at, expires_at, request, arguments, rules, reasons,
                 required_actions, asked_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                request.id,
                request.digest.0.as_slice(),
                now,
                nanos(request.expires_at)?,
                shown,
                arguments(&request.arguments),
                texts(&request.rules),
                texts(&request.reasons),
                objects(&request.required_actions),
                asked_by.as_ref().map(<[u8; 32]>::as_slice),
            ],
        )
        .map_err(failed)?;
    change.commit().map_err(failed)?;
    Ok(request)
}

/// What decides about an answer: when it expires, whether it was answered, and who asks.
type Answerable = (i64, Option<bool>, Option<Vec<u8>>);

fn answer(opened: &mut Opened, id: &str, answer: &Answer, now: SystemTime) -> Result<(), StoreError> {
    let Opened { connection, secret, .. } = opened;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let there: Option<Answerable> = change
        .query_row("SELECT expires_at, granted, asked_by FROM approvals WHERE id = ?1", params![id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()
        .map_err(failed)?;
    let id = id.to_owned();
    let (granted, by, reason) = match answer {
        Answer::Granted { by } => (true, by, None),
        Answer::Denied { by, reason } => (false, by, Some(reason)),
    };
    match there {
        None => return Err(StoreError::Unknown { id }),
        Some((expires_at, ..)) if expires_at <= nanos(now)? => return Err(StoreError::Expired { id }),
        Some((_, Some(_), _)) => return Err(StoreError::Answered { id }),
        Some((_, None, asked_by))
            if granted && asked_by.as_deref() == Some(secret.of_name(by).as_slice()) =>
        {
            return Err(StoreError::Own { by: by.clone() });
        }
        Some((_, None, _)) => {}
    }
    change
        .execute(
            "UPDATE approvals SET granted = ?2, answered_by = ?3, answer_reason = ?4 WHERE id = ?1",
            params![id, granted, by, reason],
        )
        .map_err(failed)?;
    change.commit().map_err(failed)
}

fn take(connection: &Connection, digest: &Digest, now: SystemTime) -> Result<Option<Grant>, StoreError> {
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

#[cfg(test)]
mod tests;
