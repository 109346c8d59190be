//! What all calls through one enforcement point have in common: its policy, its settings, and where records come from.

use std::sync::Arc;
use std::time::Duration;

use crate::approval::{ApprovalExclusions, ApprovalStore};
use crate::{Failure, Mode, PolicyInForce, Stage};

/// What all admissions of an enforcement point have in common.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use actra_runtime::approval::{MemoryStore, ApprovalExclusions};
/// use actra_runtime::{Admission, EnforcementPoint, PolicyInForce, Mode, OnActorFailure, RecordSource};
///
/// let point = Arc::new(EnforcementPoint {
///     in_force: Arc::new(PolicyInForce::new(Arc::new(policy()))),
///     mode: Mode::Enforce,
///     on_actor_failure: OnActorFailure::Refuse,
///     actor: RecordSource::Whole,
///     snapshot: RecordSource::Empty,
///     unbound: ApprovalExclusions::default(),
///     store: Arc::new(MemoryStore::new()),
///     grant_lifetime: Duration::from_secs(900),
///     has_approver: false,
///     has_observers: false,
/// });
/// let admission = Admission::begin(&point, "refund", amount(5));
/// assert!(admission.reads().is_some());
/// ```
pub struct EnforcementPoint {
    /// The policy in force.
    pub in_force: Arc<PolicyInForce>,
    /// Whether decisions are enforced.
    pub mode: Mode,
    /// What happens to a call whose actor cannot be resolved.
    pub on_actor_failure: OnActorFailure,
    /// Where the actor comes from.
    pub actor: RecordSource,
    /// Where the snapshot comes from.
    pub snapshot: RecordSource,
    /// What no approval is bound to.
    pub unbound: ApprovalExclusions,
    /// Where approvals are kept.
    pub store: Arc<dyn ApprovalStore>,
    /// How long a grant is valid.
    pub grant_lifetime: Duration,
    /// Whether somebody can be asked for approval while the caller waits.
    pub has_approver: bool,
    /// Whether somebody hears of evaluations.
    pub has_observers: bool,
}

impl EnforcementPoint {
    /// Whether a call is to be refused since its actor cannot be had: its resolver failed or gave no record.
    pub(crate) fn is_without_actor(&self, has_actor: bool, failures: &[Failure]) -> bool {
        let has_failed = || failures.iter().any(|failure| failure.stage == Stage::Actor);
        self.actor != RecordSource::Empty
            && self.on_actor_failure == OnActorFailure::Refuse
            && (!has_actor || has_failed())
    }
}

impl std::fmt::Debug for EnforcementPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnforcementPoint")
            .field("in_force", &self.in_force)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// What happens to a call whose actor cannot be resolved.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::{OnActorFailure, Runtime};
///
/// let failing = |becomes| {
///     let builder = Runtime::<()>::builder(policy()).actor(|_| Err("no session".into()));
///     builder.on_actor_failure(becomes).build()
/// };
/// assert!(failing(OnActorFailure::Refuse)?.admit(&(), "refund", amount(5)).is_err());
/// // No rule reads the actor here, so the call can be decided without one.
/// assert!(failing(OnActorFailure::Decide)?.admit(&(), "refund", amount(5)).is_ok());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnActorFailure {
    /// The call is refused, whatever rules read.
    #[default]
    Refuse,
    /// It is decided; the fields of the actor are invalid, so that rules that read them are undetermined.
    Decide,
}

/// Where a record comes from.
///
/// ```
/// use actra_runtime::RecordSource;
///
/// // A program without users has no resolver of actors.
/// let source = RecordSource::Empty;
/// assert_ne!(source, RecordSource::Whole);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordSource {
    /// Nobody: the record is there and empty.
    Empty,
    /// The host, which is asked once for the whole record.
    Whole,
    /// The host, field by field: the fields that rules read, and the others before somebody is asked for approval.
    ByField,
}
