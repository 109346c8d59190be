//! The file of a store: creating it, opening it, and telling it from every other file at the same path.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use actra_runtime::approval::{SECRET, Secret, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::busy;
use super::error::{damaged, store_error};

/// The version of the tables, as `PRAGMA user_version`.
const VERSION: i64 = 3;
/// `ACTR`, as `PRAGMA application_id`: tells the file from the databases of other programs.
const APPLICATION_ID: i64 = 0x4143_5452;

const CREATE_TABLES: &str = "
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

/// What a store does not use. A view in the place of a table could be read for ever, and a trigger could undo a change.
const UNUSED: [DbConfig; 2] =
    [DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER];

/// The requests of versions 1 and 2 have no seal, so they cannot be trusted and are dropped.
const DROP_OLDER_TABLES: &str = "DROP TABLE IF EXISTS secret; DROP TABLE IF EXISTS approvals;";

/// A connection.
///
/// INVARIANT (one process): it is used only by the process that opened it. A forked child has a copy of what SQLite
/// believes about its locks, but not the locks, so that others could change the file under it.
pub(super) struct OpenConnection {
    pub(super) process: u32,
    pub(super) connection: Connection,
}

/// What to do if there is no store yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfMissing {
    Create,
    Fail,
}

/// What tells a store from every other.
pub(super) struct StoreIdentity {
    file: FileIdentity,
    pub(super) secret: Secret,
    /// The most changes that were counted in it so far. With fewer it is an older copy of itself, in which a grant may
    /// stand that was used since.
    changes: AtomicI64,
}

/// Device and inode, which tell a file from another one at the same path; `None` on systems that do not have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileIdentity(Option<(u64, u64)>);

impl FileIdentity {
    /// Does not open the file: closing it again would drop the locks that this process holds on it.
    fn of(path: &Path) -> std::io::Result<Self> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(std::io::Error::other("it is not a file"));
        }
        #[cfg(unix)]
        let device_and_inode = {
            use std::os::unix::fs::MetadataExt as _;
            Some((metadata.dev(), metadata.ino()))
        };
        #[cfg(not(unix))]
        let device_and_inode = None;
        Ok(Self(device_and_inode))
    }
}

impl StoreIdentity {
    /// An error unless the file at the path is the one that was opened first.
    pub(super) fn check_path(&self, path: &Path) -> Result<(), StoreError> {
        let event = match FileIdentity::of(path) {
            Ok(file) if file == self.file => return Ok(()),
            Ok(_) => "replaced by another".to_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => "deleted".to_owned(),
            Err(error) => return Err(StoreError::Failed(format!("the file cannot be found: {error}"))),
        };
        Err(lost(&event))
    }

    /// Remembers how many changes were committed.
    pub(super) fn record_changes(&self, changes: i64) {
        self.changes.fetch_max(changes, Ordering::Relaxed);
    }

    /// An error unless a transaction is on the store that was opened first.
    pub(super) fn check_content(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        check_version(version(transaction)?)?;
        let (secret, changes) = secret(transaction)?;
        if secret.as_bytes() != self.secret.as_bytes() {
            return Err(lost("replaced by another"));
        }
        if changes < self.changes.fetch_max(changes, Ordering::Relaxed) {
            return Err(lost("replaced by an older copy of it"));
        }
        Ok(())
    }
}

/// The error for a store that is no longer there.
fn lost(event: &str) -> StoreError {
    StoreError::Failed(format!(
        "the file was {event} while it was in use, so nothing that was asked or granted in it counts any more; start the \
         process again to continue with what is there"
    ))
}

/// Opens a store for the first time.
pub(super) fn open_first(
    path: &Path,
    if_missing: IfMissing,
) -> Result<(OpenConnection, StoreIdentity), StoreError> {
    if if_missing == IfMissing::Create {
        create(path)?;
    }
    let file = FileIdentity::of(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => StoreError::Failed("there is no such file".to_owned()),
        _ => StoreError::Failed(format!("the file cannot be opened: {error}")),
    })?;
    // Nothing is changed in a file before it is known whose it is.
    let connection = connect(path)?;
    let found = version(&connection)?;
    // A file that is empty, or of an older version, may have no application id: its tables tell whose it is.
    let is_foreign = match found < VERSION {
        true => has_foreign_content(&connection)?,
        false => application_id(&connection)? != APPLICATION_ID,
    };
    if is_foreign {
        return Err(foreign_database());
    }
    if if_missing == IfMissing::Fail || found > VERSION {
        check_version(found)?;
    }
    let mut opened = configure(connection)?;
    if if_missing == IfMissing::Create && version(&opened.connection)? < VERSION {
        create_tables(&mut opened.connection)?;
    }
    check_version(version(&opened.connection)?)?;
    let (secret, changes) = secret(&opened.connection)?;
    let identity = StoreIdentity { file, secret, changes: AtomicI64::new(changes) };
    identity.check_path(path)?;
    Ok((opened, identity))
}

/// Opens a store that was opened before and closed in the meantime.
pub(super) fn reopen(path: &Path) -> Result<OpenConnection, StoreError> {
    configure(connect(path)?)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(store_error)?;
    for feature in UNUSED {
        connection.set_db_config(feature, false).map_err(store_error)?;
    }
    busy::set_busy_handler(&connection)?;
    Ok(connection)
}

/// INVARIANT (one file): what was committed is in the file itself. A journal or log beside it could be lost, or stay
/// behind and bring back a grant that was used.
fn configure(connection: Connection) -> Result<OpenConnection, StoreError> {
    let mode = connection.pragma_update_and_check(None, "journal_mode", "TRUNCATE", |row| row.get(0));
    let mode: String = mode.map_err(store_error)?;
    if mode != "truncate" {
        return Err(StoreError::Failed(format!(
            "the journal of the file is in the mode `{mode}`, but an approval store needs the mode `truncate`"
        )));
    }
    connection.pragma_update(None, "synchronous", "FULL").map_err(store_error)?;
    // A grant that was used does not stay in the free space of the file.
    let overwrites = connection.pragma_update_and_check(None, "secure_delete", true, |row| row.get(0));
    if !overwrites.map_err(store_error)? {
        return Err(StoreError::Failed("what is deleted in the file cannot be overwritten".to_owned()));
    }
    Ok(OpenConnection { process: std::process::id(), connection })
}

/// Creates the file if it is missing, readable by its owner alone, since it holds a secret.
fn create(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(StoreError::Failed(format!("the file cannot be created: {error}")))
        }
        _ => Ok(()),
    }
}

/// Creates the tables, unless another process just did; those of older versions are dropped.
fn create_tables(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)?;
    if version(&transaction)? < VERSION {
        if has_foreign_content(&transaction)? {
            return Err(foreign_database());
        }
        transaction
            .execute_batch(DROP_OLDER_TABLES)
            .and_then(|()| transaction.execute_batch(CREATE_TABLES))
            .map_err(store_error)?;
        let secret = Secret::fresh()?;
        let bytes = secret.as_bytes().as_slice();
        transaction
            .execute("INSERT INTO secret (one, bytes, changes) VALUES (1, ?1, 0)", params![bytes])
            .map_err(store_error)?;
    }
    transaction.commit().map_err(store_error)
}

fn foreign_database() -> StoreError {
    StoreError::Failed("the file is the database of another program".to_owned())
}

/// Whether the database holds anything but an older store.
fn has_foreign_content(connection: &Connection) -> Result<bool, StoreError> {
    let application = application_id(connection)?;
    let query = "SELECT count(*) FROM sqlite_schema WHERE tbl_name NOT IN ('approvals', 'secret')";
    let tables: i64 = connection.query_row(query, [], |row| row.get(0)).map_err(store_error)?;
    Ok(tables > 0 || ![0, APPLICATION_ID].contains(&application))
}

fn application_id(connection: &Connection) -> Result<i64, StoreError> {
    connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(store_error)
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .prepare_cached("PRAGMA user_version")
        .and_then(|mut version| version.query_row([], |row| row.get(0)))
        .map_err(store_error)
}

/// An error unless this is the current version.
fn check_version(found: i64) -> Result<(), StoreError> {
    let advice = match found {
        VERSION => return Ok(()),
        0 => return Err(StoreError::Failed("the file is not an approval store".to_owned())),
        1..VERSION => "a program that asks for approvals creates the file anew when it opens it",
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
        .map_err(store_error)?;
    let (bytes, changes) = found.ok_or_else(|| damaged("its secret is gone"))?;
    let bytes = <[u8; SECRET]>::try_from(bytes).map_err(|_| damaged("its secret has the wrong length"))?;
    Ok((Secret::kept(bytes), changes))
}

/// Counts a change, and returns how many there are with it.
pub(super) fn count_change(transaction: &Transaction<'_>) -> Result<i64, StoreError> {
    transaction
        .prepare_cached("UPDATE secret SET changes = changes + 1 RETURNING changes")
        .and_then(|mut count| count.query_row([], |row| row.get(0)))
        .map_err(store_error)
}
