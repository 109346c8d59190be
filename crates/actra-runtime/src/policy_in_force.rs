//! The policy in force, which a host can replace while calls are decided, and its health.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use actra_engine::Policy;
use actra_engine::model::PolicyHash;
use arc_swap::ArcSwap;

use crate::caught;

/// The policy in force: readers take it whole, and whoever has one keeps it until its decision is made.
///
/// INVARIANT (never empty): it starts with a policy, and only a policy takes its place.
/// INVARIANT (it fits): it meets the conditions of all that stands on it.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::Arc;
///
/// use actra_runtime::PolicyInForce;
///
/// let in_force = PolicyInForce::new(Arc::new(policy()));
/// in_force.swap(Arc::new(policy()))?;
/// // The same policy again is no change.
/// assert_eq!(in_force.health().swaps, 0);
/// # Ok::<(), actra_runtime::SwapError>(())
/// ```
pub struct PolicyInForce {
    policy: ArcSwap<Policy>,
    swaps: AtomicU64,
    stale: Mutex<Option<Stale>>,
    requirements: Mutex<Vec<Weak<PolicyRequirement>>>,
}

/// What a policy lacks for something that depends on it, such as a resolver of a field; empty if it fits. A policy on
/// which it panics does not fit.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::Arc;
///
/// use actra_runtime::{PolicyInForce, PolicyRequirement};
///
/// let in_force = PolicyInForce::new(Arc::new(policy()));
/// let has_refunds: Arc<PolicyRequirement> = Arc::new(|policy| match policy.schema.action_id("refund") {
///     Some(_) => Vec::new(),
///     None => vec!["it declares no refunds".to_owned()],
/// });
/// in_force.require(&has_refunds, |_| Ok::<(), String>(()))?;
/// # Ok::<(), String>(())
/// ```
pub type PolicyRequirement = dyn Fn(&Policy) -> Vec<String> + Send + Sync;

/// Why a policy cannot replace another: something that depends on the old one does not fit it.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::Arc;
///
/// use actra_engine::{PolicySet, compile};
/// use actra_runtime::Runtime;
///
/// let runtime = Runtime::<()>::builder(policy()).snapshot_field("fraud", |_| Ok(false.into())).build()?;
/// let other = PolicySet::from_texts([
///     ("schema.yaml", "version: 1\nactions: { refund: {} }"),
///     ("policy.yaml", "version: 1\ndefault: block\nrules: [{ id: r, scope: { action: refund }, when: true, effect: allow }]"),
/// ]);
/// // It does not declare the field that has a resolver, so the policy before stays in force.
/// assert!(runtime.policy_in_force().swap(Arc::new(compile(&other).policy.unwrap())).is_err());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the policy does not fit this program, and the previous one stays in force: {}; change the policy, or start a program that fits it",
    .reasons.join("; ")
)]
#[non_exhaustive]
pub struct SwapError {
    /// What of the policy does not fit the program, in words for people.
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone)]
struct Stale {
    since: SystemTime,
    reason: String,
}

/// How things stand with the policy in force.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::Arc;
///
/// use actra_runtime::PolicyInForce;
///
/// let in_force = PolicyInForce::new(Arc::new(policy()));
/// in_force.note_rejected_update("the new version does not compile".to_owned());
/// let (_, why) = in_force.health().stale.expect("the policy in force is not the newest");
/// assert_eq!(why, "the new version does not compile");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The policy in force.
    pub policy: PolicyHash,
    /// How many times it was replaced.
    pub swaps: u64,
    /// Since when, and why, what was to replace it could not be used; `None` if all is well.
    pub stale: Option<(SystemTime, String)>,
}

impl PolicyInForce {
    /// Puts a policy in force and builds its plan, so that no call waits for that.
    pub fn new(policy: Arc<Policy>) -> Self {
        policy.prepare();
        Self {
            policy: ArcSwap::new(policy),
            swaps: AtomicU64::new(0),
            stale: Mutex::new(None),
            requirements: Mutex::new(Vec::new()),
        }
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// The policy in force, for as long as one decision takes; cheaper than [`PolicyInForce::policy`].
    pub fn load(&self) -> arc_swap::Guard<Arc<Policy>> {
        self.policy.load()
    }

    /// Puts another policy in force. Decisions in flight finish on the one they started with.
    ///
    /// A policy that does not meet the conditions of [`PolicyInForce::require`] is refused, and the previous one stays; the
    /// caller reports that, or records it with [`PolicyInForce::note_rejected_update`].
    pub fn swap(&self, policy: Arc<Policy>) -> Result<(), SwapError> {
        let mut requirements = self.requirements.lock().unwrap_or_else(PoisonError::into_inner);
        requirements.retain(|condition| condition.strong_count() > 0);
        let held = requirements.iter().filter_map(Weak::upgrade);
        let reasons: Vec<String> = held.flat_map(|condition| lacks(condition, &policy)).collect();
        if !reasons.is_empty() {
            return Err(SwapError { reasons });
        }
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
        Ok(())
    }

    /// Requires the policy in force, as `fits` sees it, and each later one to meet a condition, for as long as the
    /// condition is kept somewhere. Neither may swap.
    pub fn require<E>(
        &self,
        condition: &Arc<PolicyRequirement>,
        fits: impl FnOnce(&Policy) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut requirements = self.requirements.lock().unwrap_or_else(PoisonError::into_inner);
        fits(&self.load())?;
        requirements.retain(|condition| condition.strong_count() > 0);
        requirements.push(Arc::downgrade(condition));
        Ok(())
    }

    /// Notes that what was to replace the policy cannot be used; the policy in force stays.
    pub fn note_rejected_update(&self, reason: String) {
        let mut stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner);
        let since = stale.as_ref().map_or_else(SystemTime::now, |stale| stale.since);
        *stale = Some(Stale { since, reason });
    }

    /// The hash of the policy in force, and since when and why it could not be replaced, if that is so.
    pub fn health(&self) -> Health {
        let stale = self.stale.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Health {
            policy: self.load().hash,
            swaps: self.swaps.load(Ordering::Relaxed),
            stale: stale.map(|stale| (stale.since, stale.reason)),
        }
    }
}

/// What a policy lacks for this condition, which may be dropped here; one that panics does not know.
fn lacks(condition: Arc<PolicyRequirement>, policy: &Policy) -> Vec<String> {
    let lacks = caught(move || condition(policy));
    lacks.unwrap_or_else(|reason| vec![format!("it could not be checked whether the policy fits: {reason}")])
}

impl fmt::Debug for PolicyInForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyInForce").field("health", &self.health()).finish_non_exhaustive()
    }
}
