//! Approvals in a SQLite file: they outlast the process, and several processes share them.

mod failed;
mod file;
mod row;
mod wait;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use actra_runtime::approval::{
    Answer, ApprovalRequest, ApprovalStore, Binding, Digest, Draft, Grant, Kept, Secret, StoreError,
};
use actra_wire::write_request;
use failed::failed;
use file::{Absent, Identity, Opened};
use row::{COLUMNS, arguments, kept, nanos, objects, seal, texts};
use rusqlite::{OptionalExtension, Params, Transaction, TransactionBehavior, params};

/// Keeps approval requests and their answers in one file. What has expired is removed when a request is opened.
///
/// Of any number of processes that redeem at once, one gets the grant: it is deleted before anybody is given it. A file
/// that was deleted, replaced, damaged, or changed by anything else than such a store gives no grant and says so.
pub struct SqliteStore {
    path: PathBuf,
    /// INVARIANT (one store): every connection is to this file, and finds this secret in it at each call. Another file at
    /// the same path could hold grants that were used already, and what happens in a file that was deleted is seen by
    /// nobody else.
    identity: Identity,
    opened: Mutex<Option<Opened>>,
}

impl SqliteStore {
    /// Opens the file, or makes it. A file of a newer version, or of another program, is refused.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::opened_or(path, Absent::Make)
    }

    /// Opens a file that is there, and leaves it as it is: one that is missing, or of an older version, is refused.
    pub fn open_existing(path: &Path) -> Result<Self, StoreError> {
        Self::opened_or(path, Absent::Refuse)
    }

    fn opened_or(path: &Path, absent: Absent) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| StoreError::Failed(error.to_string()))?;
        wait::from(Instant::now());
        let (opened, identity) = file::first(&path, absent)?;
        Ok(Self { path, identity, opened: Mutex::new(Some(opened)) })
    }

    /// Closes the file until the store is used again. To be called before the process is forked: what is open then
    /// stays open in the other process, which cannot use it.
    pub fn rest(&self) {
        let mut opened = self.opened();
        leave_to_others(&mut opened);
        *opened = None;
    }

    /// What `work` comes to, if all of it was written to the file that everybody sees.
    ///
    /// INVARIANT (committed): nothing is given back before its transaction was. What a statement returns is no sign of
    /// that: the disk may be full.
    fn with<T>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>, &Secret) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let asked = Instant::now();
        let mut opened = self.opened();
        wait::from(asked);
        leave_to_others(&mut opened);
        self.identity.still_at(&self.path)?;
        let Opened { connection, .. } = match &mut *opened {
            Some(opened) => opened,
            none => none.insert(file::again(&self.path)?),
        };
        let change = connection.transaction_with_behavior(behavior).map_err(failed)?;
        self.identity.still_in(&change)?;
        let done = work(&change, &self.identity.secret)?;
        change.commit().map_err(failed)?;
        self.identity.still_at(&self.path)?;
        Ok(done)
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Secret) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(TransactionBehavior::Deferred, work)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Secret) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (done, changes) = self.with(TransactionBehavior::Immediate, |change, secret| {
            let done = work(change, secret)?;
            Ok((done, file::count(change)?))
        })?;
        self.identity.saw(changes);
        Ok(done)
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

impl ApprovalStore for SqliteStore {
    fn open(&self, binding: &Binding, draft: Draft) -> Result<ApprovalRequest, StoreError> {
        self.write(|change, secret| open(change, secret, binding, draft))
    }

    fn find(&self, binding: &Binding, now: SystemTime) -> Result<Option<Kept>, StoreError> {
        self.read(|change, secret| {
            let digest = secret.digest(binding);
            let about =
                format!("{COLUMNS} WHERE digest = ?1 AND expires_at > ?2 ORDER BY created_at DESC LIMIT 1");
            one(change, secret, &about, params![digest.0.as_slice(), nanos(now)?])
        })
    }

    fn take(&self, binding: &Binding, now: SystemTime) -> Result<Option<Grant>, StoreError> {
        self.write(|change, secret| take(change, secret, &secret.digest(binding), now))
    }

    fn get(&self, id: &str, now: SystemTime) -> Result<Option<Kept>, StoreError> {
        self.read(|change, secret| {
            let about = format!("{COLUMNS} WHERE id = ?1 AND expires_at > ?2");
            one(change, secret, &about, params![id, nanos(now)?])
        })
    }

    fn list(&self, now: SystemTime) -> Result<Vec<ApprovalRequest>, StoreError> {
        self.read(|change, secret| {
            let about = format!("{COLUMNS} WHERE expires_at > ?1 ORDER BY created_at, id");
            let mut statement = change.prepare_cached(&about).map_err(failed)?;
            let rows =
                statement.query_map(params![nanos(now)?], |row| Ok(kept(row, secret))).map_err(failed)?;
            // What was answered is read as well: a row that somebody has changed is none that waits no more.
            let all: Vec<Kept> = rows.map(|row| row.map_err(failed)?).collect::<Result<_, _>>()?;
            Ok(all.into_iter().filter(|kept| kept.answer.is_none()).map(|kept| kept.request).collect())
        })
    }

    fn answer(&self, id: &str, answer: &Answer, now: SystemTime) -> Result<(), StoreError> {
        answer.is_of_somebody()?;
        self.write(|change, secret| self::answer(change, secret, id, answer, now))
    }
}

fn one(
    change: &Transaction<'_>,
    secret: &Secret,
    about: &str,
    parameters: impl Params,
) -> Result<Option<Kept>, StoreError> {
    let mut statement = change.prepare_cached(about).map_err(failed)?;
    let found = statement.query_row(parameters, |row| Ok(kept(row, secret))).optional().map_err(failed)?;
    found.transpose()
}

fn run(change: &Transaction<'_>, statement: &str, parameters: impl Params) -> Result<usize, StoreError> {
    change.prepare_cached(statement).and_then(|mut run| run.execute(parameters)).map_err(failed)
}

fn open(
    change: &Transaction<'_>,
    secret: &Secret,
    binding: &Binding,
    draft: Draft,
) -> Result<ApprovalRequest, StoreError> {
    let (now, digest) = (nanos(draft.created_at())?, secret.digest(binding));
    run(change, "DELETE FROM approvals WHERE expires_at <= ?1", params![now])?;
    let waiting = format!("{COLUMNS} WHERE digest = ?1 AND granted IS NULL");
    if let Some(there) = one(change, secret, &waiting, params![digest.0.as_slice()])? {
        return Ok(there.request);
    }
    let asked_by = draft.asked_by.as_deref().map(|name| secret.of_name(name));
    let request = draft.with(digest);
    let mut shown = Vec::new();
    write_request(&request.request, &mut shown);
    run(
        change,
        "INSERT INTO approvals (id, digest, created_at, expires_at, request, arguments, rules, reasons,
             required_actions, asked_by, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, x'')",
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
    )?;
    seal(change, secret, &request.id)?;
    Ok(request)
}

fn answer(
    change: &Transaction<'_>,
    secret: &Secret,
    id: &str,
    answer: &Answer,
    now: SystemTime,
) -> Result<(), StoreError> {
    let there = one(change, secret, &format!("{COLUMNS} WHERE id = ?1"), params![id])?;
    let Some(Kept { request, answer: answered, .. }) = there else {
        return Err(StoreError::Unknown { id: id.to_owned() });
    };
    let (granted, by, reason) = match answer {
        Answer::Granted { by } => (true, by, None),
        Answer::Denied { by, reason } => (false, by, Some(reason)),
    };
    if request.is_expired(now) {
        return Err(StoreError::Expired { id: request.id });
    }
    if answered.is_some() {
        return Err(StoreError::Answered { id: request.id });
    }
    if granted && is_asked_by(change, secret, id, by)? {
        return Err(StoreError::Own { by: by.clone() });
    }
    run(
        change,
        "UPDATE approvals SET granted = ?2, answered_by = ?3, answer_reason = ?4 WHERE id = ?1",
        params![id, granted, by, reason],
    )?;
    seal(change, secret, id)
}

fn is_asked_by(change: &Transaction<'_>, secret: &Secret, id: &str, name: &str) -> Result<bool, StoreError> {
    let mut statement =
        change.prepare_cached("SELECT asked_by FROM approvals WHERE id = ?1").map_err(failed)?;
    let asked_by: Option<Vec<u8>> = statement.query_row(params![id], |row| row.get(0)).map_err(failed)?;
    Ok(asked_by.as_deref() == Some(secret.of_name(name).as_slice()))
}

fn take(
    change: &Transaction<'_>,
    secret: &Secret,
    digest: &Digest,
    now: SystemTime,
) -> Result<Option<Grant>, StoreError> {
    let granted = format!("{COLUMNS} WHERE digest = ?1 AND granted = 1 AND expires_at > ?2 LIMIT 1");
    let Some(kept) = one(change, secret, &granted, params![digest.0.as_slice(), nanos(now)?])? else {
        return Ok(None);
    };
    let Some(Answer::Granted { by }) = kept.answer else {
        return Err(failed::damaged("a grant was given by nobody"));
    };
    let id = kept.request.id;
    match run(change, "DELETE FROM approvals WHERE id = ?1", params![id])? {
        1 => Ok(Some(Grant { id, by })),
        _ => Err(failed::damaged("a grant cannot be taken out")),
    }
}

#[cfg(test)]
mod tests;
