//! What went wrong while a call was decided, and the errors of the host that it comes from.

use std::error::Error;
use std::mem;
use std::sync::Arc;

use crate::catch_panic::{catch_panic, drop_caught};

/// Something that went wrong; the facts that it would have given were left out.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::{Runtime, Stage};
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Err("no session".into())).build()?;
/// let refused = runtime.admit(&(), "refund", amount(5)).unwrap_err();
/// let failure = &refused.failures[0];
/// assert_eq!((failure.stage, failure.reason.as_str()), (Stage::Actor, "no session"));
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failure {
    /// The step at which it happened.
    pub stage: Stage,
    /// What went wrong, in words for people.
    pub reason: String,
    /// The error of the host that it comes from, for [`std::error::Error::source`] of a refusal.
    pub cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure at a stage, without an error of the host as its cause.
    pub fn new(stage: Stage, reason: impl Into<String>) -> Self {
        Self { stage, reason: reason.into(), cause: None }
    }

    /// Adds the error of the host that it comes from.
    #[must_use]
    pub fn caused_by(mut self, cause: Option<Arc<dyn Error + Send + Sync>>) -> Self {
        let _ = drop_caught(std::mem::replace(&mut self.cause, cause));
        self
    }
}

/// An error of a host may panic when it is dropped, which is nobody else's matter.
impl Drop for Failure {
    fn drop(&mut self) {
        if let Some(cause) = self.cause.take() {
            let _ = drop_caught(cause);
        }
    }
}

/// What is said and where; errors of hosts cannot be compared.
impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        self.stage == other.stage && self.reason == other.reason
    }
}

impl Eq for Failure {}

/// Where something can go wrong.
///
/// ```
/// assert_eq!(actra_runtime::Stage::Snapshot.as_str(), "snapshot");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Making a request of the call.
    Action,
    /// Finding out who acts.
    Actor,
    /// Finding out what the world is like.
    Snapshot,
    /// Asking for approval.
    Approval,
    /// Calling an observer.
    Observer,
    /// Reading a new policy.
    Policy,
}

impl Stage {
    /// The word in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Action => "action",
            Stage::Actor => "actor",
            Stage::Snapshot => "snapshot",
            Stage::Approval => "approval",
            Stage::Observer => "observer",
            Stage::Policy => "policy",
        }
    }
}

/// Why a host's function gave nothing.
#[derive(Debug)]
pub(crate) struct HostError {
    /// What went wrong, in words for people.
    pub(crate) reason: String,
    /// Its own error, if it is one.
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl HostError {
    pub(crate) fn at(mut self, stage: Stage) -> Failure {
        Failure::new(stage, self.reason()).caused_by(self.cause.take())
    }

    /// What it says; nobody is told of its error.
    pub(crate) fn reason(&mut self) -> String {
        mem::take(&mut self.reason)
    }
}

impl Drop for HostError {
    fn drop(&mut self) {
        let _ = drop_caught(self.cause.take());
    }
}

impl From<String> for HostError {
    fn from(reason: String) -> Self {
        Self { reason, cause: None }
    }
}

impl From<Box<dyn Error + Send + Sync>> for HostError {
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        let cause: Arc<dyn Error + Send + Sync> = error.into();
        match catch_panic(|| Ok::<_, String>(cause.to_string())) {
            Ok(reason) => Self { reason, cause: Some(cause) },
            // Whoever shows it would panic, too.
            Err(reason) => {
                let _ = drop_caught(cause);
                reason.into()
            }
        }
    }
}
