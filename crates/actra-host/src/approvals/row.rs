//! One approval request as a row of the table.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actra_engine::model::{RawMap, RawRequest, RawValue};
use actra_runtime::approval::{ApprovalAnswer, ApprovalDraft, Digest, Secret, StoreError, StoredApproval};
use actra_wire::{json_reader, parse_request, write_value};
use rusqlite::types::ValueRef;
use rusqlite::{Row, Transaction, params};

use super::error::{damaged, store_error};

/// Selects what [`read`] reads.
pub(super) const COLUMNS: &str =
    "SELECT id, digest, created_at, expires_at, request, arguments, rules, reasons,
    required_actions, granted, answered_by, answer_reason, asked_by, seal FROM approvals";

/// Whether a request counts at the time `?1`: it has not expired, and the clock was not set back since it was made, as
/// [`ApprovalRequest::is_expired`] says.
pub(super) const COUNTS: &str = "expires_at > ?1 AND created_at <= ?1 + 60000000000";

/// The columns that the seal covers: all but the seal itself.
const SEALED: std::ops::Range<usize> = 0..13;

/// Seals a row as it stands, so that neither damage nor an `UPDATE` by hand can answer a request.
pub(super) fn seal(change: &Transaction<'_>, secret: &Secret, id: &str) -> Result<(), StoreError> {
    let row = format!("{COLUMNS} WHERE id = ?1");
    let seal = change
        .prepare_cached(&row)
        .and_then(|mut row| row.query_row(params![id], |row| compute_seal(row, secret)));
    let seal = seal.map_err(store_error)?;
    let update = change.prepare_cached("UPDATE approvals SET seal = ?2 WHERE id = ?1");
    match update.and_then(|mut update| update.execute(params![id, seal.as_slice()])).map_err(store_error)? {
        1 => Ok(()),
        _ => Err(damaged("a request cannot be written")),
    }
}

/// INVARIANT (injective): each column is written with its type and its length, so that no two rows give the same bytes.
fn compute_seal(row: &Row<'_>, secret: &Secret) -> rusqlite::Result<[u8; 32]> {
    let mut bytes = Vec::new();
    for column in SEALED {
        let (kind, content): (u8, &[u8]) = match row.get_ref(column)? {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(number) => (1, &number.to_le_bytes()),
            ValueRef::Real(number) => (2, &number.to_le_bytes()),
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(blob) => (4, blob),
        };
        bytes.push(kind);
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(content);
    }
    Ok(secret.seal(&bytes))
}

/// A time as it is stored.
pub(super) fn nanos(time: SystemTime) -> Result<i64, StoreError> {
    let since = time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_nanos()).ok());
    since.ok_or_else(|| StoreError::Failed("a time is before 1970 or after 2262".to_owned()))
}

fn time(nanos: i64) -> Result<SystemTime, StoreError> {
    let since = u64::try_from(nanos).ok().map(Duration::from_nanos);
    since.and_then(|since| UNIX_EPOCH.checked_add(since)).ok_or_else(|| damaged("a time is before 1970"))
}

fn to_json(value: &RawValue) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(value, &mut out);
    out
}

pub(super) fn write_texts(texts: &[String]) -> Vec<u8> {
    to_json(&RawValue::List(texts.iter().cloned().map(RawValue::String).collect()))
}

pub(super) fn write_objects(objects: &[RawMap]) -> Vec<u8> {
    to_json(&RawValue::List(objects.iter().cloned().map(RawValue::Map).collect()))
}

pub(super) fn write_arguments(shown: &BTreeMap<String, String>) -> Vec<u8> {
    let shown = shown.iter().map(|(name, text)| (name.clone(), RawValue::String(text.clone())));
    to_json(&RawValue::Map(shown.collect()))
}

fn text(value: RawValue) -> Result<String, StoreError> {
    match value {
        RawValue::String(text) => Ok(text),
        _ => Err(damaged("there is something else where a string belongs")),
    }
}

fn object(value: RawValue) -> Result<RawMap, StoreError> {
    match value {
        RawValue::Map(members) => Ok(members),
        _ => Err(damaged("there is something else where an object belongs")),
    }
}

/// The request in a row whose seal is intact.
pub(super) fn read(row: &Row<'_>, secret: &Secret) -> Result<StoredApproval, StoreError> {
    check_seal(row, secret)?;
    read_columns(row)
}

/// The request in a row of a list whose seal is intact. One that such a store has written and cannot read hides no
/// others: something in its place says so, and also in the place of what there is no `room` for in memory.
pub(super) fn listed(row: &Row<'_>, secret: &Secret, room: &mut usize) -> Result<StoredApproval, StoreError> {
    check_seal(row, secret)?;
    let Ok(kept) = read_columns(row) else {
        return read_outside(row, "this request is too large to be shown, and cannot be answered");
    };
    match room.checked_sub(kept.request.size_in_memory()) {
        Some(rest) => {
            *room = rest;
            Ok(kept)
        }
        None => read_outside(row, "too much is waiting to show this here; it can be looked up by its id"),
    }
}

fn check_seal(row: &Row<'_>, secret: &Secret) -> Result<(), StoreError> {
    let seal: Vec<u8> = row.get(SEALED.end).map_err(store_error)?;
    match seal == compute_seal(row, secret).map_err(store_error)? {
        true => Ok(()),
        false => Err(damaged("a request was changed by something other than an approval store")),
    }
}

/// A request of which only the outside can be read.
fn read_outside(row: &Row<'_>, reason: &str) -> Result<StoredApproval, StoreError> {
    let number = |column: usize| row.get::<_, i64>(column).map_err(store_error);
    let reasons = vec![reason.to_owned()];
    let draft = ApprovalDraft::kept(
        row.get(0).map_err(store_error)?,
        (time(number(2)?)?, time(number(3)?)?),
        RawRequest::default(),
        BTreeMap::new(),
        (Vec::new(), reasons),
        Vec::new(),
    );
    Ok(StoredApproval::new(draft.with(digest(row)?), answer(row)?))
}

fn digest(row: &Row<'_>) -> Result<Digest, StoreError> {
    let bytes: Vec<u8> = row.get(1).map_err(store_error)?;
    bytes.try_into().map(Digest).map_err(|_| damaged("a digest has the wrong length"))
}

fn read_columns(row: &Row<'_>) -> Result<StoredApproval, StoreError> {
    let blob = |column: usize| row.get::<_, Vec<u8>>(column).map_err(store_error);
    let number = |column: usize| row.get::<_, i64>(column).map_err(store_error);
    let value =
        |column: usize| json_reader::parse_value(&blob(column)?).map_err(|_| damaged("a value is not JSON"));
    let list = |column: usize| match value(column)? {
        RawValue::List(elements) => Ok(elements),
        _ => Err(damaged("there is something else where a list belongs")),
    };
    let words =
        |column: usize| list(column)?.into_iter().map(text).collect::<Result<Vec<String>, StoreError>>();
    let shown = object(value(5)?)?.into_iter().map(|(name, value)| Ok((name, text(value)?)));
    let draft = ApprovalDraft::kept(
        row.get(0).map_err(store_error)?,
        (time(number(2)?)?, time(number(3)?)?),
        parse_request(&blob(4)?).map_err(|_| damaged("a request is not JSON"))?,
        shown.collect::<Result<_, StoreError>>()?,
        (words(6)?, words(7)?),
        list(8)?.into_iter().map(object).collect::<Result<_, StoreError>>()?,
    );
    Ok(StoredApproval::new(draft.with(digest(row)?), answer(row)?))
}

fn answer(row: &Row<'_>) -> Result<Option<ApprovalAnswer>, StoreError> {
    let granted: Option<bool> = row.get(9).map_err(store_error)?;
    let Some(granted) = granted else { return Ok(None) };
    let by: String = row.get(10).map_err(store_error)?;
    let reason: Option<String> = row.get(11).map_err(store_error)?;
    Ok(Some(match granted {
        true => ApprovalAnswer::Granted { by },
        false => ApprovalAnswer::Denied { by, reason: reason.unwrap_or_default() },
    }))
}
