use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::{Answer, ApprovalRequest, ApprovalStore, Digest, Grant, StoreError};

/// Keeps requests in memory: they are gone with the process, and a fork of it starts with none.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// INVARIANT (once): what is kept was put there by this process. A fork has a copy of the memory, and with it of
    /// every grant, which could then be used once in each process.
    process: u32,
    /// By id.
    kept: BTreeMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    request: ApprovalRequest,
    answer: Option<Answer>,
}

/// Requests that are kept at once; what has expired makes room.
const MOST: usize = 100_000;

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if inner.process != process {
            *inner = Inner { process, kept: BTreeMap::new() };
        }
        inner
    }
}

impl ApprovalStore for MemoryStore {
    fn open(&self, request: ApprovalRequest) -> Result<ApprovalRequest, StoreError> {
        let kept = &mut self.inner().kept;
        kept.retain(|_, kept| !kept.request.is_expired(request.created_at));
        let same = |kept: &&Kept| kept.request.digest == request.digest && kept.answer.is_none();
        if let Some(there) = kept.values().find(same) {
            return Ok(there.request.clone());
        }
        if kept.len() >= MOST {
            return Err(StoreError::Failed(format!("{MOST} requests wait already")));
        }
        kept.insert(request.id.clone(), Kept { request: request.clone(), answer: None });
        Ok(request)
    }

    fn answer(&self, id: &str, answer: &Answer, now: SystemTime) -> Result<(), StoreError> {
        let kept = &mut self.inner().kept;
        let Some(there) = kept.get_mut(id) else { return Err(StoreError::Unknown { id: id.to_owned() }) };
        if there.request.is_expired(now) {
            return Err(StoreError::Expired { id: id.to_owned() });
        }
        if there.answer.is_some() {
            return Err(StoreError::Answered { id: id.to_owned() });
        }
        there.answer = Some(answer.clone());
        Ok(())
    }

    fn redeem(&self, digest: &Digest, now: SystemTime) -> Result<Option<Grant>, StoreError> {
        let kept = &mut self.inner().kept;
        let found = kept.iter().find_map(|(id, kept)| match &kept.answer {
            Some(Answer::Granted { by })
                if kept.request.digest == *digest && !kept.request.is_expired(now) =>
            {
                Some(Grant { id: id.clone(), by: by.clone() })
            }
            _ => None,
        });
        if let Some(grant) = &found {
            kept.remove(&grant.id);
        }
        Ok(found)
    }
}
