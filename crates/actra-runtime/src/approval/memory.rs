//! The store of approvals that lives in memory: bounded by count and bytes, and gone with the process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use actra_engine::model::{RawMap, RawValue};

use super::{
    ApprovalAnswer, ApprovalDraft, ApprovalRequest, ApprovalStore, Binding, Digest, Grant, Secret,
    StoreError, StoredApproval,
};

/// Keeps requests in memory: they are gone with the process, and a fork of it starts with none.
///
/// Cost: a call takes time logarithmic in what waits, and linear in how often the same call was denied. At most
/// 100,000 requests, of 64 MiB of memory in total, can wait; expired ones make room.
///
/// ```
/// use std::time::SystemTime;
///
/// use actra_runtime::approval::{ApprovalStore as _, MemoryStore};
///
/// assert!(MemoryStore::new().list(SystemTime::now()).expect("it works").is_empty());
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Option<Inner>>,
}

#[derive(Debug)]
struct Inner {
    /// INVARIANT (once): what is kept was put there by this process. A fork has a copy of the memory, and with it of
    /// every grant, which could then be used once in each process.
    process: u32,
    secret: Secret,
    by_id: HashMap<String, PendingApproval>,
    /// INVARIANT (indexes): each names the ids of `by_id` and no others.
    by_digest: HashMap<Digest, BTreeSet<(SystemTime, String)>>,
    by_expiry: BTreeSet<(SystemTime, String)>,
    bytes: usize,
}

#[derive(Debug)]
struct PendingApproval {
    kept: StoredApproval,
    asked_by: Option<[u8; 32]>,
    bytes: usize,
}

/// How many requests are kept at once.
pub const MAX_PENDING_REQUESTS: usize = 100_000;
/// How many bytes they may take together.
pub const MAX_PENDING_BYTES: usize = 64 << 20;

impl Inner {
    fn new() -> Result<Self, StoreError> {
        Ok(Self {
            process: std::process::id(),
            secret: Secret::fresh()?,
            by_id: HashMap::new(),
            by_digest: HashMap::new(),
            by_expiry: BTreeSet::new(),
            bytes: 0,
        })
    }

    fn drop_expired(&mut self, now: SystemTime) {
        while let Some((_, id)) = self.by_expiry.first().filter(|(at, _)| *at <= now).cloned() {
            self.remove(&id);
        }
    }

    fn remove(&mut self, id: &str) -> Option<PendingApproval> {
        let entry = self.by_id.remove(id)?;
        let request = &entry.kept.request;
        self.by_expiry.remove(&(request.expires_at, request.id.clone()));
        if let Some(ids) = self.by_digest.get_mut(&request.digest) {
            ids.remove(&(request.created_at, request.id.clone()));
            if ids.is_empty() {
                self.by_digest.remove(&request.digest);
            }
        }
        self.bytes -= entry.bytes;
        Some(entry)
    }

    /// The kept requests about one digest that count by now, latest first.
    fn about(&self, digest: &Digest, now: SystemTime) -> impl Iterator<Item = &StoredApproval> {
        let ids = self.by_digest.get(digest).into_iter().flatten().rev();
        let kept = ids.filter_map(|(_, id)| self.by_id.get(id)).map(|entry| &entry.kept);
        kept.filter(move |kept| !kept.request.is_expired(now))
    }
}

impl MemoryStore {
    /// A store that holds no requests yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What there is now, without what has expired.
    fn with<T>(
        &self,
        now: SystemTime,
        work: impl FnOnce(&mut Inner) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut guard: MutexGuard<'_, Option<Inner>> =
            self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.as_ref().is_none_or(|inner| inner.process != std::process::id()) {
            *guard = Some(Inner::new()?);
        }
        let Some(inner) = guard.as_mut() else {
            return Err(StoreError::Failed("it has no memory".to_owned()));
        };
        inner.drop_expired(now);
        work(inner)
    }
}

impl ApprovalStore for MemoryStore {
    fn open(&self, binding: &Binding, draft: ApprovalDraft) -> Result<ApprovalRequest, StoreError> {
        let now = draft.created_at();
        self.with(now, |inner| {
            let digest = inner.secret.digest(binding);
            if let Some(there) = inner.about(&digest, now).find(|kept| kept.answer.is_none()) {
                return Ok(there.request.clone());
            }
            let asked_by = draft.asked_by.as_deref().map(|name| inner.secret.of_name(name));
            let request = draft.with(digest);
            let bytes = request.size_in_memory();
            if inner.by_id.len() >= MAX_PENDING_REQUESTS
                || inner.bytes.saturating_add(bytes) > MAX_PENDING_BYTES
            {
                return Err(StoreError::Full(inner.by_id.len()));
            }
            let id = request.id.clone();
            inner.by_digest.entry(digest).or_default().insert((request.created_at, id.clone()));
            inner.by_expiry.insert((request.expires_at, id.clone()));
            inner.bytes += bytes;
            inner.by_id.insert(
                id,
                PendingApproval { kept: StoredApproval::new(request.clone(), None), asked_by, bytes },
            );
            Ok(request)
        })
    }

    fn find(&self, binding: &Binding, now: SystemTime) -> Result<Option<StoredApproval>, StoreError> {
        self.with(now, |inner| Ok(inner.about(&inner.secret.digest(binding), now).next().cloned()))
    }

    fn take(&self, binding: &Binding, now: SystemTime) -> Result<Option<Grant>, StoreError> {
        self.with(now, |inner| {
            let digest = inner.secret.digest(binding);
            let granted = inner.about(&digest, now).find_map(|kept| match &kept.answer {
                Some(ApprovalAnswer::Granted { by }) => {
                    Some(Grant { id: kept.request.id.clone(), by: by.clone() })
                }
                _ => None,
            });
            if let Some(grant) = &granted {
                inner.remove(&grant.id);
            }
            Ok(granted)
        })
    }

    fn get(&self, id: &str, now: SystemTime) -> Result<Option<StoredApproval>, StoreError> {
        self.with(now, |inner| {
            let kept = inner.by_id.get(id).map(|entry| &entry.kept);
            Ok(kept.filter(|kept| !kept.request.is_expired(now)).cloned())
        })
    }

    fn list(&self, now: SystemTime) -> Result<Vec<ApprovalRequest>, StoreError> {
        self.with(now, |inner| {
            let waiting = inner.by_id.values().map(|entry| &entry.kept).filter(|kept| kept.answer.is_none());
            let waiting = waiting.filter(|kept| !kept.request.is_expired(now));
            let mut waiting: Vec<ApprovalRequest> = waiting.map(|kept| kept.request.clone()).collect();
            waiting.sort_by(|left, right| (left.created_at, &left.id).cmp(&(right.created_at, &right.id)));
            Ok(waiting)
        })
    }

    fn answer(&self, id: &str, answer: &ApprovalAnswer, now: SystemTime) -> Result<(), StoreError> {
        answer.is_of_somebody()?;
        // What has expired is told apart from what never was.
        let expired =
            self.inner.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|inner| {
                inner.by_id.get(id).is_some_and(|entry| entry.kept.request.is_expired(now))
            });
        self.with(now, |inner| {
            let by = inner.secret.of_name(answer.by());
            let Some(entry) = inner.by_id.get_mut(id) else {
                let id = id.to_owned();
                return Err(if expired { StoreError::Expired { id } } else { StoreError::Unknown { id } });
            };
            if expired {
                return Err(StoreError::Expired { id: id.to_owned() });
            }
            if entry.kept.answer.is_some() {
                return Err(StoreError::Answered { id: id.to_owned() });
            }
            if matches!(answer, ApprovalAnswer::Granted { .. }) && entry.asked_by == Some(by) {
                return Err(StoreError::Own { by: answer.by().to_owned() });
            }
            let answer = answer.shortened();
            let bytes = answer.by().len() + answer.reason().len();
            entry.bytes += bytes;
            entry.kept.answer = Some(answer);
            inner.bytes += bytes;
            Ok(())
        })
    }
}

/// What the allocator and the indexes of a store need beside one request, about.
const BESIDE: usize = 512;
/// What the allocator needs beside one block, about.
const BLOCK: usize = 16;

impl ApprovalRequest {
    /// Bytes of memory that it takes, about: a value takes many times the bytes of its JSON.
    pub fn size_in_memory(&self) -> usize {
        let Self { request, arguments, rules, reasons, required_actions, .. } = self;
        let texts = rules.iter().chain(reasons).chain(&request.unknown).map(|text| text.len() + 24 + BLOCK);
        let arguments = arguments.iter().map(|(name, shown)| name.len() + shown.len() + 2 * (24 + BLOCK));
        let records = [&request.action, &request.actor, &request.snapshot].into_iter().flatten().map(content);
        let required = required_actions.iter().map(members);
        BESIDE + size_of::<Self>() + texts.chain(arguments).chain(records).chain(required).sum::<usize>()
    }
}

/// Bytes of memory that a value takes beside itself. Depth: a request nests at most
/// [`actra_engine::model::limits::NESTING`] deep.
fn content(value: &RawValue) -> usize {
    match value {
        RawValue::String(text) => text.capacity() + BLOCK,
        RawValue::List(elements) => {
            let block = elements.capacity() * size_of::<RawValue>() + BLOCK;
            block + elements.iter().map(content).sum::<usize>()
        }
        RawValue::Map(map) => members(map),
        RawValue::Null | RawValue::Bool(_) | RawValue::Number(_) | RawValue::Unreadable(_) => 0,
    }
}

fn members(map: &RawMap) -> usize {
    let member = |(key, value): (&String, &RawValue)| {
        size_of::<(String, RawValue)>() + key.len() + BLOCK + content(value)
    };
    BLOCK + map.iter().map(member).sum::<usize>()
}
