//! Approvals in a SQLite file: they outlast the process, and several processes share them.

mod busy;
mod error;
mod file;
mod room;
mod row;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use actra_runtime::approval::{
    ApprovalAnswer, ApprovalDraft, ApprovalRequest, ApprovalStore, Binding, Digest, Grant, MAX_PENDING_BYTES,
    Secret, StoreError, StoredApproval,
};
use actra_wire::write_request;
use error::{damaged, store_error};
use file::{IfMissing, OpenConnection, StoreIdentity};
use room::check_room;
use row::{COLUMNS, COUNTS, nanos, seal, write_arguments, write_objects, write_texts};
use rusqlite::{OptionalExtension, Params, Transaction, TransactionBehavior, params};

/// Keeps approval requests and their answers in one file. Requests that have expired are removed when another is
/// opened. At most 100,000, of 64 MiB of the file in total, can wait.
///
/// If several processes redeem a grant at once, one gets it: it is deleted before it is handed out. A file that was
/// deleted, replaced, damaged, or changed by anything but such a store gives no grant; calls return an error.
pub struct SqliteStore {
    path: PathBuf,
    /// INVARIANT (one store): every connection is to this file, and finds this secret in it at each call. Another
    /// file at the same path could hold grants that were used already, and what happens in a deleted file is seen by
    /// nobody else.
    identity: StoreIdentity,
    connection: Mutex<Option<OpenConnection>>,
}

impl SqliteStore {
    /// Opens the file, or creates it. A file of a newer version, or of another program, is refused.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_or(path, IfMissing::Create)
    }

    /// Opens an existing file and leaves it as it is: one that is missing, or of an older version, is refused.
    pub fn open_existing(path: &Path) -> Result<Self, StoreError> {
        Self::open_or(path, IfMissing::Fail)
    }

    fn open_or(path: &Path, if_missing: IfMissing) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| StoreError::Failed(error.to_string()))?;
        busy::start_timeout(Instant::now());
        let (connection, identity) = file::open_first(&path, if_missing)?;
        Ok(Self { path, identity, connection: Mutex::new(Some(connection)) })
    }

    /// The request with this id, also one that has expired and is not removed yet: for people who look for it.
    pub fn get_kept(&self, id: &str) -> Result<Option<StoredApproval>, StoreError> {
        self.read(|transaction, secret| {
            let query = format!("{COLUMNS} WHERE id = ?1");
            query_one(transaction, secret, &query, params![id])
        })
    }

    /// Closes the file until the store is used again. To be called before the process forks: a connection that is open
    /// then stays open in the child, which cannot use it.
    pub fn disconnect(&self) {
        let mut connection = self.lock();
        forget_if_inherited(&mut connection);
        *connection = None;
    }

    /// Runs `work` in a transaction, on the file that everybody sees.
    ///
    /// INVARIANT (committed): nothing is returned before its transaction was committed. That a statement returned rows
    /// proves nothing: the disk may be full.
    fn with_transaction<T>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>, &Secret) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let called = Instant::now();
        let mut connection = self.lock();
        busy::start_timeout(called);
        forget_if_inherited(&mut connection);
        self.identity.check_path(&self.path)?;
        let OpenConnection { connection, .. } = match &mut *connection {
            Some(connection) => connection,
            none => none.insert(file::reopen(&self.path)?),
        };
        let transaction = connection.transaction_with_behavior(behavior).map_err(store_error)?;
        self.identity.check_content(&transaction)?;
        let result = work(&transaction, &self.identity.secret)?;
        transaction.commit().map_err(store_error)?;
        self.identity.check_path(&self.path)?;
        Ok(result)
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Secret) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with_transaction(TransactionBehavior::Deferred, work)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Secret) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (result, changes) =
            self.with_transaction(TransactionBehavior::Immediate, |transaction, secret| {
                let result = work(transaction, secret)?;
                Ok((result, file::count_change(transaction)?))
            })?;
        self.identity.record_changes(changes);
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Option<OpenConnection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        forget_if_inherited(&mut self.lock());
    }
}

/// Leaks a connection that was inherited from a parent process: closing it here would drop the parent's locks.
fn forget_if_inherited(connection: &mut Option<OpenConnection>) {
    if let Some(inherited) = connection.take_if(|connection| connection.process != std::process::id()) {
        std::mem::forget(inherited);
    }
}

impl ApprovalStore for SqliteStore {
    fn open(&self, binding: &Binding, draft: ApprovalDraft) -> Result<ApprovalRequest, StoreError> {
        self.write(|transaction, secret| match open(transaction, secret, binding, draft) {
            // What has expired stays removed.
            Err(full @ StoreError::Full(_)) => Ok(Err(full)),
            other => other.map(Ok),
        })?
    }

    fn find(&self, binding: &Binding, now: SystemTime) -> Result<Option<StoredApproval>, StoreError> {
        self.read(|transaction, secret| {
            let digest = secret.digest(binding);
            let query = format!("{COLUMNS} WHERE {COUNTS} AND digest = ?2 ORDER BY created_at DESC LIMIT 1");
            query_one(transaction, secret, &query, params![nanos(now)?, digest.0.as_slice()])
        })
    }

    fn take(&self, binding: &Binding, now: SystemTime) -> Result<Option<Grant>, StoreError> {
        self.write(|transaction, secret| take(transaction, secret, &secret.digest(binding), now))
    }

    fn get(&self, id: &str, now: SystemTime) -> Result<Option<StoredApproval>, StoreError> {
        self.read(|transaction, secret| {
            let query = format!("{COLUMNS} WHERE {COUNTS} AND id = ?2");
            query_one(transaction, secret, &query, params![nanos(now)?, id])
        })
    }

    fn list(&self, now: SystemTime) -> Result<Vec<ApprovalRequest>, StoreError> {
        self.read(|transaction, secret| {
            let query = format!("{COLUMNS} WHERE {COUNTS} ORDER BY created_at, id");
            let mut statement = transaction.prepare_cached(&query).map_err(store_error)?;
            let mut rows = statement.query(params![nanos(now)?]).map_err(store_error)?;
            let (mut waiting, mut room) = (Vec::new(), MAX_PENDING_BYTES);
            while let Some(row) = rows.next().map_err(store_error)? {
                // Answered requests are read, too, and only then left out: a row that was tampered with must not hide
                // as one.
                let kept = row::listed(row, secret, &mut room)?;
                if kept.answer.is_none() {
                    waiting.push(kept.request);
                }
            }
            Ok(waiting)
        })
    }

    fn answer(&self, id: &str, answer: &ApprovalAnswer, now: SystemTime) -> Result<(), StoreError> {
        answer.is_of_somebody()?;
        self.write(|transaction, secret| self::answer(transaction, secret, id, answer, now))
    }
}

/// The one request that a query finds, if there is any.
fn query_one(
    transaction: &Transaction<'_>,
    secret: &Secret,
    query: &str,
    parameters: impl Params,
) -> Result<Option<StoredApproval>, StoreError> {
    let mut statement = transaction.prepare_cached(query).map_err(store_error)?;
    let found =
        statement.query_row(parameters, |row| Ok(row::read(row, secret))).optional().map_err(store_error)?;
    found.transpose()
}

fn execute(transaction: &Transaction<'_>, sql: &str, parameters: impl Params) -> Result<usize, StoreError> {
    transaction
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(parameters))
        .map_err(store_error)
}

fn open(
    transaction: &Transaction<'_>,
    secret: &Secret,
    binding: &Binding,
    draft: ApprovalDraft,
) -> Result<ApprovalRequest, StoreError> {
    let (now, digest) = (nanos(draft.created_at())?, secret.digest(binding));
    execute(transaction, "DELETE FROM approvals WHERE expires_at <= ?1", params![now])?;
    let waiting = format!("{COLUMNS} WHERE {COUNTS} AND digest = ?2 AND granted IS NULL");
    if let Some(kept) = query_one(transaction, secret, &waiting, params![now, digest.0.as_slice()])? {
        return Ok(kept.request);
    }
    let asked_by = draft.asked_by.as_deref().map(|name| secret.of_name(name));
    let request = draft.with(digest);
    let mut shown = Vec::new();
    write_request(&request.request, &mut shown);
    let texts = [
        shown,
        write_arguments(&request.arguments),
        write_texts(&request.rules),
        write_texts(&request.reasons),
        write_objects(&request.required_actions),
    ];
    check_room(transaction, texts.iter().map(Vec::len).sum())?;
    let [shown, arguments, rules, reasons, required_actions] = texts;
    execute(
        transaction,
        "INSERT INTO approvals (id, digest, created_at, expires_at, request, arguments, rules, reasons,
             required_actions, asked_by, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, x'')",
        params![
            request.id,
            request.digest.0.as_slice(),
            now,
            nanos(request.expires_at)?,
            shown,
            arguments,
            rules,
            reasons,
            required_actions,
            asked_by.as_ref().map(<[u8; 32]>::as_slice),
        ],
    )?;
    seal(transaction, secret, &request.id)?;
    // INVARIANT (shown): what cannot be read back is not kept, since nobody could see what they grant.
    match query_one(transaction, secret, &format!("{COLUMNS} WHERE id = ?1"), params![request.id]) {
        Ok(Some(_)) => Ok(request),
        Ok(None) | Err(StoreError::Failed(_)) => Err(StoreError::TooLarge),
        Err(error) => Err(error),
    }
}

fn answer(
    transaction: &Transaction<'_>,
    secret: &Secret,
    id: &str,
    answer: &ApprovalAnswer,
    now: SystemTime,
) -> Result<(), StoreError> {
    let kept = query_one(transaction, secret, &format!("{COLUMNS} WHERE id = ?1"), params![id])?;
    let Some(StoredApproval { request, answer: earlier, .. }) = kept else {
        return Err(StoreError::Unknown { id: id.to_owned() });
    };
    let granted = matches!(answer, ApprovalAnswer::Granted { .. });
    if request.is_expired(now) {
        return Err(StoreError::Expired { id: request.id });
    }
    if earlier.is_some() {
        return Err(StoreError::Answered { id: request.id });
    }
    if granted && is_asked_by(transaction, secret, id, answer.by())? {
        return Err(StoreError::Own { by: answer.by().to_owned() });
    }
    let answer = answer.shortened();
    let (by, reason) = (answer.by(), Some(answer.reason()).filter(|_| !granted));
    execute(
        transaction,
        "UPDATE approvals SET granted = ?2, answered_by = ?3, answer_reason = ?4 WHERE id = ?1",
        params![id, granted, by, reason],
    )?;
    seal(transaction, secret, id)
}

fn is_asked_by(
    transaction: &Transaction<'_>,
    secret: &Secret,
    id: &str,
    name: &str,
) -> Result<bool, StoreError> {
    let mut statement =
        transaction.prepare_cached("SELECT asked_by FROM approvals WHERE id = ?1").map_err(store_error)?;
    let asked_by: Option<Vec<u8>> =
        statement.query_row(params![id], |row| row.get(0)).map_err(store_error)?;
    Ok(asked_by.as_deref() == Some(secret.of_name(name).as_slice()))
}

fn take(
    transaction: &Transaction<'_>,
    secret: &Secret,
    digest: &Digest,
    now: SystemTime,
) -> Result<Option<Grant>, StoreError> {
    let granted = format!("{COLUMNS} WHERE {COUNTS} AND digest = ?2 AND granted = 1 LIMIT 1");
    let Some(kept) = query_one(transaction, secret, &granted, params![nanos(now)?, digest.0.as_slice()])?
    else {
        return Ok(None);
    };
    let Some(ApprovalAnswer::Granted { by }) = kept.answer else {
        return Err(damaged("a grant does not say who gave it"));
    };
    let id = kept.request.id;
    match execute(transaction, "DELETE FROM approvals WHERE id = ?1", params![id])? {
        1 => Ok(Some(Grant { id, by })),
        _ => Err(damaged("a grant cannot be removed")),
    }
}

#[cfg(test)]
mod tests;
