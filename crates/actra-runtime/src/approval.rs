//! Approvals: a grant is valid for exactly what was shown, once, before it expires.

mod digest;
mod memory;

pub use digest::{Digest, Unbindable};
pub use memory::MemoryStore;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actra_engine::model::{Decision, RawMap, RawRequest};
use sha2::Digest as _;

/// What somebody is asked to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// Which request this is: 32 hexadecimal digits. Knowing it grants nothing.
    pub id: String,
    /// Of exactly what a grant would be valid for.
    pub digest: Digest,
    /// When it was made.
    pub created_at: SystemTime,
    /// Until when a grant for it can be given and used.
    pub expires_at: SystemTime,
    /// What is about to be done, who does it and what is known, without sensitive values.
    pub request: RawRequest,
    /// The rules that ask for it.
    pub rules: Vec<String>,
    /// What they tell people.
    pub reasons: Vec<String>,
    /// What they want done.
    pub required_actions: Vec<RawMap>,
}

/// What somebody said to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It may be done, once.
    Granted {
        /// Who says so.
        by: String,
    },
    /// It may not.
    Denied {
        /// Who says so.
        by: String,
        /// Why.
        reason: String,
    },
}

/// A grant that was taken out of a store; it is there no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The id of the approval request.
    pub id: String,
    /// Who granted it.
    pub by: String,
}

/// Why a store did not do what it was asked to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No request has this id.
    #[error("there is no approval request `{id}`")]
    Unknown {
        /// The id.
        id: String,
    },
    /// It can be answered no more.
    #[error("the approval request `{id}` has expired")]
    Expired {
        /// The id.
        id: String,
    },
    /// It was answered before.
    #[error("the approval request `{id}` has been answered already")]
    Answered {
        /// The id.
        id: String,
    },
    /// The store itself failed.
    #[error("the approval store failed: {0}")]
    Failed(String),
}

/// Where requests and their answers are kept. Calls come from any thread.
pub trait ApprovalStore: Send + Sync {
    /// Keeps a request and gives it back; if an unanswered one for the same digest is there and has not expired, gives
    /// that one instead.
    fn open(&self, request: ApprovalRequest) -> Result<ApprovalRequest, StoreError>;

    /// Answers a request, once, before it expires.
    fn answer(&self, id: &str, answer: &Answer, now: SystemTime) -> Result<(), StoreError>;

    /// Takes out a grant for a digest, if there is one that has not expired.
    ///
    /// Of any number of callers at once, at most one gets it.
    fn redeem(&self, digest: &Digest, now: SystemTime) -> Result<Option<Grant>, StoreError>;
}

impl ApprovalRequest {
    /// A request that shows a decision, and can be granted for so long.
    pub fn new(
        digest: Digest,
        decision: &Decision<'_>,
        request: RawRequest,
        now: SystemTime,
        valid: Duration,
    ) -> Self {
        let rules = decision.matched_rule.iter().map(|rule| rule.to_string());
        Self {
            id: id(&digest, now),
            digest,
            created_at: now,
            expires_at: now.checked_add(valid).unwrap_or(now),
            request,
            rules: rules.collect(),
            reasons: decision.message.iter().map(|message| message.to_string()).collect(),
            required_actions: decision
                .required_actions
                .iter()
                .map(|action| action.as_ref().clone())
                .collect(),
        }
    }

    /// Whether it can neither be answered nor used any more.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        now >= self.expires_at
    }
}

/// Requests of one process differ by their count, those of several by their times.
fn id(digest: &Digest, now: SystemTime) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hash = sha2::Sha256::new();
    hash.update(digest.to_string());
    hash.update(now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_le_bytes());
    hash.update(COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    hash.update(std::process::id().to_le_bytes());
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
