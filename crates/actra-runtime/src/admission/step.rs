//! What a host is to do next for an operation, and how it ends.

use std::sync::Arc;

use actra_engine::Policy;
use actra_engine::model::Decision;

use crate::Refused;
use crate::approval::ApprovalRequest;

/// The operation may run.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::Runtime;
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// let admitted = runtime.admit(&(), "refund", amount(5)).expect("it is allowed");
/// assert_eq!(admitted.approved_by, None);
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Clone)]
#[must_use]
#[non_exhaustive]
pub struct Admitted {
    /// Who granted it, if a grant was needed.
    pub approved_by: Option<String>,
    /// The policy that decided, which says what rules saw of a function's arguments; `None` where they saw all of
    /// them by their own names. Another one may be in force by now.
    pub(crate) decided_by: Option<Arc<Policy>>,
}

impl Admitted {
    /// Without a grant, where rules saw every argument by its own name.
    pub(crate) const BY_ITS_NAMES: Self = Self { approved_by: None, decided_by: None };
}

impl PartialEq for Admitted {
    fn eq(&self, other: &Self) -> bool {
        self.approved_by == other.approved_by
    }
}

impl Eq for Admitted {}

impl std::fmt::Debug for Admitted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admitted").field("approved_by", &self.approved_by).finish_non_exhaustive()
    }
}

/// What a host is to do next.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use actra_runtime::approval::{MemoryStore, ApprovalExclusions};
/// use actra_runtime::{Admission, EnforcementPoint, PolicyInForce, Mode, OnActorFailure, RecordSource, Step};
///
/// # let point = Arc::new(EnforcementPoint {
/// #     in_force: Arc::new(PolicyInForce::new(Arc::new(policy()))),
/// #     mode: Mode::Enforce,
/// #     on_actor_failure: OnActorFailure::Refuse,
/// #     actor: RecordSource::Whole,
/// #     snapshot: RecordSource::Empty,
/// #     unbound: ApprovalExclusions::default(),
/// #     store: Arc::new(MemoryStore::new()),
/// #     grant_lifetime: Duration::from_secs(900),
/// #     has_approver: false,
/// #     has_observers: false,
/// # });
///
/// let mut admission = Admission::begin(&point, "refund", amount(5));
/// let done = loop {
///     match admission.step() {
///         Step::Actor => admission.give(Some(ana().into()), Vec::new()),
///         Step::Done(done) => break done,
///         other => panic!("nothing else is needed here: {other:?}"),
///     }
/// };
/// assert!(done.is_ok());
/// ```
#[derive(Debug)]
pub enum Step {
    /// Find out who acts, then [`Admission::give`](super::Admission::give).
    Actor,
    /// Find out the other fields of the actor, which no rule reads, then [`Admission::give`](super::Admission::give): a grant is for one
    /// actor, and not for all whom the rules do not tell apart.
    RestOfActor,
    /// Find out what the world is like, then [`Admission::give`](super::Admission::give).
    Snapshot,
    /// Give all arguments of the call as an approval is bound to them, by [`Admission::bind`](super::Admission::bind).
    Arguments,
    /// Read the action again, and [`Admission::recheck_action`](super::Admission::recheck_action): what is decided is what runs.
    Action,
    /// Ask somebody about this, then [`Admission::answer`](super::Admission::answer).
    Ask(Box<ApprovalRequest>),
    /// Run the operation, or do not.
    Done(Result<Admitted, Refused>),
    /// Nothing is to be run; this is what the policy says.
    Evaluated(Box<Decision<'static>>),
}
