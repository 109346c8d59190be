//! One refusal, in words and as data, the same in every language.

mod data;
mod model;
mod words;

use std::error::Error;

use actra_engine::model::{Decision, Reason};

use crate::Failure;
use crate::approval::ApprovalRequest;
use crate::failure::HostError;
pub(crate) use words::field_errors;

/// The operation must not run.
///
/// Its text says what was refused, by which rule or that none allows it, and what could not be known: `action refund:
/// blocked by rule fraud: under review (snapshot.fraud: a boolean is needed, nothing was given)`. It never holds a
/// value of the request but what a rule's message shows.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::{RefusedKind, Runtime};
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// let refused = runtime.admit(&(), "refund", amount(500)).unwrap_err();
/// assert_eq!(refused.kind, RefusedKind::NeedsApproval);
/// assert_eq!(refused.to_string(), "action refund: needs approval by rule large: ask finance");
/// assert!(refused.to_json().contains("\"rule\":\"large\""));
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Refused {
    /// What stands in the way.
    pub kind: RefusedKind,
    /// The type of the action.
    pub action: String,
    /// What was decided; `None` if nothing could be.
    pub decision: Option<Box<Decision<'static>>>,
    /// What can be granted; `None` if nothing can, which `failures` then explain.
    pub approval: Option<Box<ApprovalRequest>>,
    /// What went wrong on the way.
    pub failures: Vec<Failure>,
    /// What in the request does not match the schema, as far as rules needed it.
    pub field_errors: Vec<FieldError>,
    /// The event of this evaluation has the same id.
    pub event_id: String,
    /// Why there is no grant, if it was asked for.
    pub(crate) no_grant: Option<NoGrant>,
    /// What a grant would be bound to, and the schema does not declare.
    pub(crate) undeclared: Vec<String>,
    /// What is wrong with the request as a whole, if a failure says why.
    pub(crate) explained: Option<Reason>,
}

/// Why there is no grant for a call that needs one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoGrant {
    /// A part of the call cannot be captured in full, so that another one would look the same.
    Unapprovable,
    /// The store of approvals failed.
    Store,
    /// Somebody has denied it.
    Denied,
    /// Nobody has answered, or not to what would be done now.
    Unanswered,
}

/// What stands in the way of an operation.
///
/// ```
/// assert_eq!(actra_runtime::RefusedKind::NotDecided.as_str(), "not decided");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusedKind {
    /// The policy blocks it.
    Blocked,
    /// It needs a grant, and there is none.
    NeedsApproval,
    /// Nothing could be decided: the call is no request, nobody knows who acts, or there is no policy.
    NotDecided,
}

impl RefusedKind {
    /// The kind in words for people.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusedKind::Blocked => "blocked",
            RefusedKind::NeedsApproval => "needs approval",
            RefusedKind::NotDecided => "not decided",
        }
    }
}

/// A value that is not as the schema has it.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::Runtime;
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// let arguments = [("amount".to_owned(), "five".into())].into();
/// let refused = runtime.admit(&(), "refund", arguments).unwrap_err();
/// let error = &refused.field_errors[0];
/// assert_eq!(error.path, "action.amount");
/// assert_eq!((error.expected.as_deref(), error.got), (Some("a number"), Some("a string")));
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// Where: `action.amount`; empty for the request as a whole.
    pub path: String,
    /// What is wrong, as a code.
    pub code: Reason,
    /// What is needed there, if that is the problem: `a number`.
    pub expected: Option<String>,
    /// What was there: `a string`. Never a value.
    pub got: Option<&'static str>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&words::refused(self, words::Audience::Operator))
    }
}

impl Error for Refused {
    /// The error of the first resolver that failed, or why there is no policy.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let cause = self.failures.iter().find_map(|failure| failure.cause.as_deref());
        cause.map(|cause| cause as &(dyn Error + 'static))
    }
}

impl Refused {
    /// A refusal for want of a policy.
    pub fn without_policy(action: &str, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::undecided(action, HostError::from(error.into()).at(crate::Stage::Policy))
    }

    /// A refusal since what happened could not be recorded, where that has to be before the operation runs.
    pub fn unrecorded(action: &str, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::undecided(action, HostError::from(error.into()).at(crate::Stage::Observer))
    }

    fn undecided(action: &str, failure: Failure) -> Self {
        Self {
            kind: RefusedKind::NotDecided,
            action: action.to_owned(),
            decision: None,
            approval: None,
            failures: vec![failure],
            field_errors: Vec::new(),
            event_id: crate::id::fresh(),
            no_grant: None,
            undeclared: Vec::new(),
            explained: None,
        }
    }

    /// What was decided; `None` if nothing could be.
    pub fn decision(&self) -> Option<&Decision<'static>> {
        self.decision.as_deref()
    }

    /// The text for whoever sent the request: why a resolver, a store or a handler failed is left out, since it may
    /// hold what is none of their business.
    pub fn for_sender(&self) -> String {
        words::refused(self, words::Audience::Sender)
    }

    /// As JSON, with these members: `type` (`urn:actra:refused:blocked`, `…:needs_approval`, `…:not_decided`), `detail`
    /// (the text), `action`, `effect`, `rule`, `rules`, `message`, `required_actions`, `undetermined`, `errors`,
    /// `failures`, `approval` if one was asked for, `policy_hash`, `event_id`.
    pub fn to_json(&self) -> String {
        data::json(self, None)
    }

    /// For a language model that made the call, in two sentences: what was refused, by which rule, and what to do now.
    /// Like the answer to whoever sent a request, it leaves out why a resolver failed.
    pub fn for_model(&self) -> String {
        model::for_model(self)
    }

    /// The refusal as `application/problem+json` (RFC 9457), with `title` and `status`, for who sent the request.
    ///
    /// Why a resolver failed is left out, since it may hold what is none of their business. `approval` is there while
    /// the request for it waits, and `link` is where it can be seen, if there is such a place.
    pub fn to_problem_json(&self, status: u16, link: Option<&str>) -> String {
        data::json(self, Some((status, link)))
    }
}
