//! The policy in force.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use actra_engine::Policy;
use actra_engine::model::PolicyHash;
use arc_swap::ArcSwap;

/// The policy in force: readers take it whole, and whoever has one keeps it until its decision is made.
///
/// INVARIANT (never empty): it starts with a policy, and only a policy takes its place.
#[derive(Debug)]
pub struct Live {
    policy: ArcSwap<Policy>,
    swaps: AtomicU64,
    stale: Mutex<Option<Stale>>,
}

#[derive(Debug, Clone)]
struct Stale {
    since: SystemTime,
    reason: String,
}

/// How things stand with the policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The policy in force.
    pub policy: PolicyHash,
    /// How many times it was replaced.
    pub swaps: u64,
    /// Since when, and why, what was to replace it could not be used; `None` if all is well.
    pub stale: Option<(SystemTime, String)>,
}

impl Live {
    /// Starts with a policy.
    pub fn new(policy: Arc<Policy>) -> Self {
        policy.prepare();
        Self { policy: ArcSwap::new(policy), swaps: AtomicU64::new(0), stale: Mutex::new(None) }
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// The policy in force, for as long as one decision takes; cheaper than [`Live::policy`].
    pub fn load(&self) -> arc_swap::Guard<Arc<Policy>> {
        self.policy.load()
    }

    /// Puts another policy in force. Decisions in flight finish on the one they started with.
    pub fn swap(&self, policy: Arc<Policy>) {
        let before = self.load();
        // Descriptions are in the schema alone.
        let is_same = policy.hash == before.hash
            && policy.governance_hash() == before.governance_hash()
            && policy.schema == before.schema;
        if !is_same {
            policy.prepare();
            self.policy.store(policy);
            self.swaps.fetch_add(1, Ordering::Relaxed);
        }
        *self.stale.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Notes that what was to replace the policy cannot be used; the policy in force stays.
    pub fn refuse(&self, reason: String) {
        let mut stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        let since = stale.as_ref().map_or_else(SystemTime::now, |stale| stale.since);
        *stale = Some(Stale { since, reason });
    }

    /// How things stand.
    pub fn health(&self) -> Health {
        let stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Health {
            policy: self.load().hash,
            swaps: self.swaps.load(Ordering::Relaxed),
            stale: stale.map(|stale| (stale.since, stale.reason)),
        }
    }
}
