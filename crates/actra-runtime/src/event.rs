//! Events: what was decided and done at an enforcement point.

mod write;

pub use write::write_event;

use std::time::{Duration, SystemTime};

use actra_engine::model::{Decision, RawRequest};

use crate::{Failure, Mode};

/// One evaluation, whatever came of it. Immutable: observers cannot change what is done.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::{Arc, Mutex};
///
/// use actra_runtime::{Outcome, Runtime};
///
/// let heard = Arc::new(Mutex::new(Vec::new()));
/// let events = Arc::clone(&heard);
/// let builder = Runtime::<()>::builder(policy()).actor(|_| Ok(ana()));
/// let runtime = builder.on_event(move |event| events.lock().unwrap().push(event.clone())).build()?;
/// runtime.admit(&(), "refund", amount(5)).expect("it is allowed");
///
/// let event = heard.lock().unwrap().pop().unwrap();
/// assert_eq!(event.outcome, Outcome::Ran);
/// assert_eq!(event.decision.matched_rule.as_deref(), Some("small"));
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Which event this is: 32 hexadecimal digits. A refusal names it.
    pub id: String,
    /// When the evaluation began.
    pub at: SystemTime,
    /// How long it took, resolvers included.
    pub duration: Duration,
    /// Whether the decision was enforced.
    pub mode: Mode,
    /// What became of the operation: whether it ran, waits or was refused.
    pub outcome: Outcome,
    /// The decision of the policy, in full.
    pub decision: Decision<'static>,
    /// What it was decided about, without sensitive values.
    pub request: RawRequest,
    /// What went wrong on the way.
    pub failures: Vec<Failure>,
    /// What ties this event to others of the same piece of work, as the host gave it.
    pub correlation: Option<String>,
}

/// What was done about an operation.
///
/// Observers are told when the call is decided, before the body begins. Arguments that can change are compared once
/// more right before the body, and a difference refuses the call: that is an event of its own, [`Outcome::Refused`],
/// after one that says [`Outcome::Ran`] or [`Outcome::Approved`] of the same call. [`Event::correlation`] ties the
/// two together.
///
/// ```
/// use actra_runtime::Outcome;
///
/// assert_eq!(Outcome::Refused.as_str(), "refused");
/// assert_eq!(Outcome::Approved { by: "ana".to_owned() }.as_str(), "approved");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was admitted, and ran unless a later event says that it was refused.
    Ran,
    /// It was admitted by a grant for exactly this request, which is used up, and ran unless a later event says that
    /// it was refused.
    Approved {
        /// The name of whoever granted it.
        by: String,
    },
    /// It did not run, since it waits for a grant.
    Asked,
    /// It did not run, since it was refused.
    Refused,
    /// It did not run, since the caller went away.
    Cancelled,
    /// Nothing was to be run: somebody asked what the policy says.
    Evaluated,
}

impl Outcome {
    /// The word in events.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Ran => "ran",
            Outcome::Approved { .. } => "approved",
            Outcome::Asked => "asked",
            Outcome::Refused => "refused",
            Outcome::Cancelled => "cancelled",
            Outcome::Evaluated => "evaluated",
        }
    }
}
