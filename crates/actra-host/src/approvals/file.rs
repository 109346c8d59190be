//! The file of a store: making it, opening it, and knowing it again.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use actra_runtime::approval::{SECRET, Secret, StoreError};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::failed::{damaged, failed};
use super::wait;

/// The version of the tables.
const VERSION: i64 = 3;
/// By which the file is told from those of other programs: `ACTR`.
const APPLICATION: i64 = 0x4143_5452;

const TABLES: &str = "
CREATE TABLE secret (one INTEGER PRIMARY KEY CHECK (one = 1), bytes BLOB NOT NULL, changes INTEGER NOT NULL) STRICT;
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
    answer_reason TEXT,
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX approvals_by_digest ON approvals (digest);
CREATE INDEX approvals_by_expiry ON approvals (expires_at);
PRAGMA application_id = 0x41435452;
PRAGMA user_version = 3;
";

/// What versions 1 and 2 kept has no seal: it is asked for anew.
const BEFORE: &str = "DROP TABLE IF EXISTS secret; DROP TABLE IF EXISTS approvals;";

/// A connection.
///
/// INVARIANT (one process): it is used only by the process that opened it. A fork has a copy of what SQLite knows about
/// its locks, and none of the locks, so that others would take the file from under it.
pub(super) struct Opened {
    pub(super) process: u32,
    pub(super) connection: Connection,
}

/// What to do where no store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    Make,
    Refuse,
}

/// By which a store is known again.
pub(super) struct Identity {
    place: Place,
    pub(super) secret: Secret,
    /// The changes that were counted in it so far. One with fewer is an older copy of itself, in which a grant stands
    /// that was used since.
    changes: AtomicI64,
}

/// Which file it is, whatever its path; nothing where the system does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place(Option<(u64, u64)>);

impl Place {
    /// Looks without opening the file: closing it again would drop the locks that this process has on it.
    fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        #[cfg(unix)]
        let place = {
            use std::os::unix::fs::MetadataExt as _;
            Some((metadata.dev(), metadata.ino()))
        };
        #[cfg(not(unix))]
        let place = None;
        Ok(Self(place))
    }
}

impl Identity {
    /// Whether the file at the path is the one that was opened first.
    pub(super) fn still_at(&self, path: &Path) -> Result<(), StoreError> {
        let fate = match Place::of(path) {
            Ok(place) if place == self.place => return Ok(()),
            Ok(_) => "replaced by another".to_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => "deleted".to_owned(),
            Err(error) => return Err(StoreError::Failed(format!("the file cannot be found: {error}"))),
        };
        Err(gone(&fate))
    }

    /// Remembers how many changes were committed.
    pub(super) fn saw(&self, changes: i64) {
        self.changes.fetch_max(changes, Ordering::Relaxed);
    }

    /// Whether a transaction sees the store that was opened first.
    pub(super) fn still_in(&self, change: &Transaction<'_>) -> Result<(), StoreError> {
        is_known(version(change)?)?;
        let (secret, changes) = secret(change)?;
        if secret.as_bytes() != self.secret.as_bytes() {
            return Err(gone("replaced by another"));
        }
        if changes < self.changes.fetch_max(changes, Ordering::Relaxed) {
            return Err(gone("replaced by an older copy of it"));
        }
        Ok(())
    }
}

fn gone(fate: &str) -> StoreError {
    StoreError::Failed(format!(
        "the file was {fate} while it was in use, so that nothing counts that was asked or granted in it; start the \
         process again to go on with what is there"
    ))
}

/// Opens a store for the first time.
pub(super) fn first(path: &Path, absent: Absent) -> Result<(Opened, Identity), StoreError> {
    if absent == Absent::Make {
        make(path)?;
    }
    let place = Place::of(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => StoreError::Failed("there is no such file".to_owned()),
        _ => StoreError::Failed(format!("the file cannot be opened: {error}")),
    })?;
    // Nothing is changed in a file before it is known whose it is.
    let connection = connection(path)?;
    let found = version(&connection)?;
    let is_ours =
        if found < VERSION { !others(&connection)? } else { application(&connection)? == APPLICATION };
    if !is_ours {
        return Err(another_program());
    }
    if absent == Absent::Refuse || found > VERSION {
        is_known(found)?;
    }
    let mut opened = settled(connection)?;
    if absent == Absent::Make && version(&opened.connection)? < VERSION {
        renew(&mut opened.connection)?;
    }
    is_known(version(&opened.connection)?)?;
    let (secret, changes) = secret(&opened.connection)?;
    let identity = Identity { place, secret, changes: AtomicI64::new(changes) };
    identity.still_at(path)?;
    Ok((opened, identity))
}

/// A connection to a file that is there, and ours.
pub(super) fn again(path: &Path) -> Result<Opened, StoreError> {
    settled(connection(path)?)
}

fn connection(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    wait::patiently(&connection)?;
    Ok(connection)
}

/// INVARIANT (one file): what was committed is in the file itself, not in one beside it that could be lost or stay
/// behind, and a grant come back with it.
fn settled(connection: Connection) -> Result<Opened, StoreError> {
    let mode = connection.pragma_update_and_check(None, "journal_mode", "TRUNCATE", |row| row.get(0));
    let mode: String = mode.map_err(failed)?;
    if mode != "truncate" {
        return Err(StoreError::Failed(format!("the file keeps its journal in the mode `{mode}`")));
    }
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    Ok(Opened { process: std::process::id(), connection })
}

/// Makes the file readable by its owner alone, if it is not there yet: it holds a secret.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(StoreError::Failed(format!("the file cannot be made: {error}")))
        }
        _ => Ok(()),
    }
}

/// Makes the tables, unless somebody else just did; those of older versions go.
fn renew(connection: &mut Connection) -> Result<(), StoreError> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    if version(&change)? < VERSION {
        if others(&change)? {
            return Err(another_program());
        }
        change.execute_batch(BEFORE).and_then(|()| change.execute_batch(TABLES)).map_err(failed)?;
        let secret = Secret::fresh()?;
        let bytes = secret.as_bytes().as_slice();
        change
            .execute("INSERT INTO secret (one, bytes, changes) VALUES (1, ?1, 0)", params![bytes])
            .map_err(failed)?;
    }
    change.commit().map_err(failed)
}

fn another_program() -> StoreError {
    StoreError::Failed("the file is the database of another program".to_owned())
}

/// Whether there is anything else than an older store.
fn others(connection: &Connection) -> Result<bool, StoreError> {
    let application = application(connection)?;
    let ours = "SELECT count(*) FROM sqlite_schema WHERE tbl_name NOT IN ('approvals', 'secret')";
    let others: i64 = connection.query_row(ours, [], |row| row.get(0)).map_err(failed)?;
    Ok(others > 0 || ![0, APPLICATION].contains(&application))
}

fn application(connection: &Connection) -> Result<i64, StoreError> {
    connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(failed)
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .prepare_cached("PRAGMA user_version")
        .and_then(|mut version| version.query_row([], |row| row.get(0)))
        .map_err(failed)
}

fn is_known(found: i64) -> Result<(), StoreError> {
    let advice = match found {
        VERSION => return Ok(()),
        0 => return Err(StoreError::Failed("the file is no approval store".to_owned())),
        1..VERSION => "a program that asks for approvals makes it anew when it opens it",
        _ => "update",
    };
    let reason = format!("the file has version {found}, and this reads version {VERSION}: {advice}");
    Err(StoreError::Failed(reason))
}

/// The secret, and how many changes were counted.
fn secret(connection: &Connection) -> Result<(Secret, i64), StoreError> {
    let found: Option<(Vec<u8>, i64)> = connection
        .prepare_cached("SELECT bytes, changes FROM secret")
        .and_then(|mut secret| secret.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map_err(failed)?;
    let (bytes, changes) = found.ok_or_else(|| damaged("its secret is gone"))?;
    let bytes = <[u8; SECRET]>::try_from(bytes).map_err(|_| damaged("its secret has another length"))?;
    Ok((Secret::kept(bytes), changes))
}

/// Counts a change; how many there are with it.
pub(super) fn count(change: &Transaction<'_>) -> Result<i64, StoreError> {
    change
        .prepare_cached("UPDATE secret SET changes = changes + 1 RETURNING changes")
        .and_then(|mut count| count.query_row([], |row| row.get(0)))
        .map_err(failed)
}
