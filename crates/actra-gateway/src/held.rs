//! Calls that wait until the user of the client has answered.

use std::collections::BTreeMap;
use std::time::SystemTime;

use actra_engine::model::RawMap;

use crate::gate::Asked;
use crate::id::Id;

/// A call that waits.
#[derive(Debug)]
pub(crate) struct Held {
    /// The identifier of the call.
    pub(crate) id: Id,
    /// The message, which goes on as it is once it may.
    pub(crate) text: String,
    /// What it is called with: the same must come again where the client sends the call again.
    pub(crate) params: RawMap,
    pub(crate) asked: Asked,
}

/// The most calls that wait at once.
pub(crate) const MAX_HELD: usize = 1_000;

/// The most bytes that their messages may have together.
pub(crate) const MAX_HELD_BYTES: usize = 64 << 20;

/// Calls that wait, by what their answer comes with: the identifier of a question, or the state of a call that is
/// sent again. Each is taken out once.
#[derive(Debug, Default)]
pub(crate) struct HeldCalls<K> {
    calls: BTreeMap<K, Held>,
}

impl<K: Ord + Clone> HeldCalls<K> {
    pub(crate) fn new() -> Self {
        Self { calls: BTreeMap::new() }
    }

    /// Keeps a call; gives it back if too many wait.
    pub(crate) fn keep(&mut self, key: K, call: Held) -> Result<(), Held> {
        let bytes: usize = self.calls.values().map(|held| held.text.len()).sum();
        if self.calls.len() >= MAX_HELD || bytes + call.text.len() > MAX_HELD_BYTES {
            return Err(call);
        }
        self.calls.insert(key, call);
        Ok(())
    }

    /// The call that an answer is about.
    pub(crate) fn take(&mut self, key: &K) -> Option<Held> {
        self.calls.remove(key)
    }

    /// The call with this identifier, which its client has cancelled.
    pub(crate) fn take_call(&mut self, id: &Id) -> Option<Held> {
        let key = self.calls.iter().find(|(_, held)| held.id == *id).map(|(key, _)| key.clone())?;
        self.calls.remove(&key)
    }

    /// Calls about which nobody can be asked any more.
    pub(crate) fn take_expired(&mut self, now: SystemTime) -> Vec<Held> {
        let expired = self.calls.iter().filter(|(_, held)| held.asked.request.expires_at <= now);
        let expired: Vec<K> = expired.map(|(key, _)| key.clone()).collect();
        expired.iter().filter_map(|key| self.calls.remove(key)).collect()
    }

    pub(crate) fn take_all(&mut self) -> Vec<Held> {
        std::mem::take(&mut self.calls).into_values().collect()
    }

    /// Whether a call waits for an answer with this key.
    pub(crate) fn has_question(&self, key: &K) -> bool {
        self.calls.contains_key(key)
    }

    pub(crate) fn has_call(&self, id: &Id) -> bool {
        self.calls.values().any(|held| held.id == *id)
    }
}
