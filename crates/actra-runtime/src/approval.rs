//! Approvals: a grant is valid for exactly what was shown, once, before it expires.

mod binding;
mod memory;
mod secret;
mod write;

pub use binding::{ApprovalExclusions, Binding, BindingError, bytes, object, plain, tagged};
pub(crate) use binding::{RECEIVER, receiver};
pub use memory::{MAX_PENDING_BYTES, MAX_PENDING_REQUESTS, MemoryStore};
pub use secret::{Digest, SECRET, Secret, is_name};
pub use write::write_approval;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use actra_engine::SizeSummary;
use actra_engine::model::{Decimal, Decision, RawMap, RawRequest, RawValue};

use crate::id;

/// What somebody is asked to approve.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::Runtime;
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// let refused = runtime.admit(&(), "refund", amount(500)).unwrap_err();
/// let asked = refused.approval.expect("somebody can approve it");
///
/// assert_eq!((asked.rules, asked.reasons), (vec!["large".to_owned()], vec!["ask finance".to_owned()]));
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApprovalRequest {
    /// Which request this is: 32 hexadecimal digits. Knowing it grants nothing.
    pub id: String,
    /// The digest of exactly what a grant would be valid for.
    pub digest: Digest,
    /// When the request was made.
    pub created_at: SystemTime,
    /// Until when a grant for it can be given and used.
    pub expires_at: SystemTime,
    /// What is about to be done, who does it and what is known, without sensitive values.
    pub request: RawRequest,
    /// Arguments of the call that the schema does not declare: a grant is for these, too. By name, as their types and
    /// sizes, since nobody has said whether they are sensitive. If there are very many, only the first are shown, and
    /// [`OTHERS_NAME`] says how many others there are.
    pub arguments: BTreeMap<String, String>,
    /// The rules that ask for it.
    pub rules: Vec<String>,
    /// What they tell people.
    pub reasons: Vec<String>,
    /// What they want done.
    pub required_actions: Vec<RawMap>,
}

/// A request that no store has seen.
#[derive(Clone, PartialEq, Eq)]
pub struct ApprovalDraft {
    /// INVARIANT (no digest): that of `unsealed` stands for none, and is seen by nobody.
    unsealed: ApprovalRequest,
    /// Who asks, if the actor has an `id`: nobody approves what they do themselves. Not to be shown.
    pub asked_by: Option<String>,
}

impl std::fmt::Debug for ApprovalDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft").field("id", &self.unsealed.id).finish_non_exhaustive()
    }
}

/// What somebody said to a request.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::time::SystemTime;
///
/// use actra_runtime::Runtime;
/// use actra_runtime::approval::ApprovalAnswer;
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// let refused = runtime.admit(&(), "refund", amount(500)).unwrap_err();
/// let asked = refused.approval.expect("somebody can approve it");
///
/// let granted = ApprovalAnswer::Granted { by: "finance".to_owned() };
/// runtime.approvals().answer(&asked.id, &granted, SystemTime::now()).expect("it still waits");
/// // Exactly this call runs now, once.
/// assert!(runtime.admit(&(), "refund", amount(600)).is_err());
/// assert!(runtime.admit(&(), "refund", amount(500)).is_ok());
/// assert!(runtime.admit(&(), "refund", amount(500)).is_err());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalAnswer {
    /// It may be done, once.
    Granted {
        /// The name of whoever says so.
        by: String,
    },
    /// It may not be done.
    Denied {
        /// The name of whoever says so.
        by: String,
        /// Why not, in words of whoever denied it.
        reason: String,
    },
}

impl ApprovalAnswer {
    /// The name of whoever answers.
    pub fn by(&self) -> &str {
        match self {
            ApprovalAnswer::Granted { by } | ApprovalAnswer::Denied { by, .. } => by,
        }
    }

    /// Why not, if that was said.
    pub fn reason(&self) -> &str {
        match self {
            ApprovalAnswer::Granted { .. } => "",
            ApprovalAnswer::Denied { reason, .. } => reason,
        }
    }

    /// The answer with its name and reason cut to what a store keeps.
    #[must_use]
    pub fn shortened(&self) -> Self {
        let by = shortened(self.by(), LONGEST_NAME).into_owned();
        match self {
            ApprovalAnswer::Granted { .. } => ApprovalAnswer::Granted { by },
            ApprovalAnswer::Denied { reason, .. } => {
                ApprovalAnswer::Denied { by, reason: shortened(reason, LONGEST_REASON).into_owned() }
            }
        }
    }

    /// An error if the answer has no name; each store checks this first.
    pub fn is_of_somebody(&self) -> Result<(), StoreError> {
        match is_name(self.by()) {
            true => Ok(()),
            false => Err(StoreError::Nobody),
        }
    }
}

/// A request as a store has it.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::time::SystemTime;
///
/// use actra_runtime::Runtime;
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// let refused = runtime.admit(&(), "refund", amount(500)).unwrap_err();
/// let asked = refused.approval.expect("somebody can approve it");
///
/// let kept = runtime.approvals().get(&asked.id, SystemTime::now()).expect("the store works").expect("it is there");
/// assert_eq!(kept.answer, None);
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredApproval {
    /// The request for approval, as it was asked.
    pub request: ApprovalRequest,
    /// What was said; `None` while it waits.
    pub answer: Option<ApprovalAnswer>,
}

impl StoredApproval {
    /// A request and the answer to it, as a store keeps them.
    pub fn new(request: ApprovalRequest, answer: Option<ApprovalAnswer>) -> Self {
        Self { request, answer }
    }
}

/// A grant that was taken out of a store; it is there no more.
///
/// ```
/// use actra_runtime::approval::Grant;
///
/// let grant = Grant { id: "0b1c".to_owned(), by: "finance".to_owned() };
/// assert_eq!(grant.by, "finance");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The id of the approval request.
    pub id: String,
    /// The name of whoever granted it.
    pub by: String,
}

/// Why a store did not do what it was asked to do.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::time::SystemTime;
///
/// use actra_runtime::Runtime;
/// use actra_runtime::approval::ApprovalAnswer;
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).build()?;
/// let refused = runtime.admit(&(), "refund", amount(500)).unwrap_err();
/// let asked = refused.approval.expect("somebody can approve it");
///
/// use actra_runtime::approval::StoreError;
///
/// let own = ApprovalAnswer::Granted { by: "ana".to_owned() };
/// let error = runtime.approvals().answer(&asked.id, &own, SystemTime::now()).unwrap_err();
/// assert_eq!(error, StoreError::Own { by: "ana".to_owned() });
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No request has this id.
    #[error("there is no approval request `{id}`")]
    Unknown {
        /// The id of the request.
        id: String,
    },
    /// It can no longer be answered.
    #[error("the approval request `{id}` has expired")]
    Expired {
        /// The id of the request.
        id: String,
    },
    /// It was answered before.
    #[error("the approval request `{id}` has been answered already")]
    Answered {
        /// The id of the request.
        id: String,
    },
    /// The one who answers is the one who asks.
    #[error("`{by}` made this request, and nobody may grant their own request")]
    Own {
        /// The name of whoever made the request and answers it.
        by: String,
    },
    /// The one who answers has no name, or none that can be seen.
    #[error("an answer needs the name of the person who gives it")]
    Nobody,
    /// What is asked for is too large to be shown to anybody.
    #[error("the call is too large to be kept for approval")]
    TooLarge,
    /// There is no room for more.
    #[error("{0} approval requests are already waiting; some must be answered or expire first")]
    Full(usize),
    /// Another process has locked it for longer than a call waits.
    #[error("another process has locked the approval store for too long; try again")]
    Locked,
    /// The store itself failed.
    #[error("the approval store failed: {0}")]
    Failed(String),
}

/// Where requests and their answers are kept. Calls come from any thread.
///
/// A store has a [`Secret`], makes digests with it, and gives it to nobody.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use actra_runtime::Runtime;
/// use actra_runtime::approval::{ApprovalStore, MemoryStore};
///
/// let store: Arc<dyn ApprovalStore> = Arc::new(MemoryStore::new());
/// let builder = Runtime::<()>::builder(policy()).actor(|_| Ok(ana()));
/// let runtime = builder.approvals(Arc::clone(&store), Duration::from_secs(3600)).build()?;
/// assert!(runtime.admit(&(), "refund", amount(500)).is_err());
/// assert_eq!(store.list(std::time::SystemTime::now()).expect("it works").len(), 1);
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
pub trait ApprovalStore: Send + Sync {
    /// Stores a request for this and returns it; if one is already waiting and has not expired, returns that one.
    fn open(&self, binding: &Binding, draft: ApprovalDraft) -> Result<ApprovalRequest, StoreError>;

    /// The latest request for this that has not expired.
    fn find(&self, binding: &Binding, now: SystemTime) -> Result<Option<StoredApproval>, StoreError>;

    /// Takes out a grant for this, if there is one that has not expired.
    ///
    /// Of any number of callers at once, at most one gets it.
    fn take(&self, binding: &Binding, now: SystemTime) -> Result<Option<Grant>, StoreError>;

    /// The request with this id, if it has not expired.
    fn get(&self, id: &str, now: SystemTime) -> Result<Option<StoredApproval>, StoreError>;

    /// Requests that wait, oldest first. One that cannot be shown is listed with its id, and its reason says so.
    fn list(&self, now: SystemTime) -> Result<Vec<ApprovalRequest>, StoreError>;

    /// Answers a request, once, before it expires; nobody grants their own, and nobody answers without a name, see
    /// [`ApprovalAnswer::is_of_somebody`].
    fn answer(&self, id: &str, answer: &ApprovalAnswer, now: SystemTime) -> Result<(), StoreError>;
}

impl ApprovalDraft {
    /// A request that shows a decision, and can be granted for this long. `asked_by` is the actor's own name.
    pub fn new(
        decision: &Decision<'_>,
        shown: RawRequest,
        arguments: &RawMap,
        asked_by: Option<String>,
        now: SystemTime,
        grant_lifetime: Duration,
    ) -> Self {
        let rules = decision.matched_rule.iter().map(|rule| rule.to_string());
        let reasons = decision.message.iter().map(|message| message.to_string());
        let draft = Self::kept(
            id::fresh(),
            (now, now.checked_add(grant_lifetime.min(MAX_GRANT_LIFETIME)).unwrap_or(now)),
            shown,
            shown_arguments(arguments),
            (rules.collect(), reasons.collect()),
            decision.required_actions.iter().map(|action| action.as_ref().clone()).collect(),
        );
        Self { asked_by, ..draft }
    }

    /// As a store has kept it: its id, when it was made and when it expires, what it shows, and which rules ask for it
    /// with what they tell.
    pub fn kept(
        id: String,
        (created_at, expires_at): (SystemTime, SystemTime),
        request: RawRequest,
        arguments: BTreeMap<String, String>,
        (rules, reasons): (Vec<String>, Vec<String>),
        required_actions: Vec<RawMap>,
    ) -> Self {
        let unsealed = ApprovalRequest {
            id,
            digest: Digest([0; 32]),
            created_at,
            expires_at,
            request,
            arguments,
            rules,
            reasons,
            required_actions,
        };
        Self { unsealed, asked_by: None }
    }

    /// When it was made.
    pub fn created_at(&self) -> SystemTime {
        self.unsealed.created_at
    }

    /// The request with its digest, as a store keeps it.
    pub fn with(self, digest: Digest) -> ApprovalRequest {
        ApprovalRequest { digest, ..self.unsealed }
    }
}

impl ApprovalRequest {
    /// Whether it can neither be answered nor used any more. One that is not made yet cannot, either: the clock was set
    /// back by more than [`CLOCK_TOLERANCE`], and nobody knows how much of its time is over.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        let is_of_the_future = self.created_at.duration_since(now).is_ok_and(|ahead| ahead > CLOCK_TOLERANCE);
        now >= self.expires_at || is_of_the_future
    }
}

/// How far the clock may be set back, or those of several processes differ, before what was made is no more valid.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);
/// How long a grant can be valid: about a hundred years, since stores count time in nanoseconds.
const MAX_GRANT_LIFETIME: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);
/// Characters of the name of who answers that are kept.
pub(crate) const LONGEST_NAME: usize = 200;
/// Characters of the reason of a denial that are kept.
pub(crate) const LONGEST_REASON: usize = 2_000;

/// A text of at most so many characters; one that was longer ends in `...`.
pub(crate) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most).and_then(|(end, _)| text.get(..end)) {
        Some(start) => Cow::Owned(format!("{start}...")),
        None => Cow::Borrowed(text),
    }
}

/// The name under which [`ApprovalRequest::arguments`] says how many others there are.
pub const OTHERS_NAME: &str = "[more]";
/// Arguments that are shown by name: whoever calls may have made up any number of them.
const MAX_ARGUMENTS_SHOWN: usize = 100;

fn shown_arguments(arguments: &RawMap) -> BTreeMap<String, String> {
    let shown = arguments.iter().take(MAX_ARGUMENTS_SHOWN);
    let shown = shown.map(|(name, value)| (shortened(name, LONGEST_NAME).into_owned(), described(value)));
    let mut shown: BTreeMap<String, String> = shown.collect();
    // Those whose names begin alike are counted, too.
    let more = arguments.len() - shown.len();
    if more > 0 {
        shown.insert(OTHERS_NAME.to_owned(), format!("and {more} more"));
    }
    shown
}

/// Type and size of an argument, in the form that a binding takes.
fn described(value: &RawValue) -> String {
    let Some((tag, content)) = tag(value) else { return SizeSummary(value).to_string() };
    let parts = if let RawValue::List(parts) = content { parts.as_slice() } else { &[] };
    match (tag, parts) {
        ("bytes", [RawValue::Number(length), ..]) => format!("raw bytes, {length}"),
        ("object" | "enum" | "value", [RawValue::String(class), ..]) => {
            shortened(class, LONGEST_NAME).into_owned()
        }
        ("set" | "frozenset" | "tuple", elements) => format!("{tag}, {}", counted(elements.len(), "element")),
        ("dict", pairs) => format!("object, {}", counted(pairs.len(), "member")),
        ("bytearray", _) => format!("bytearray, {}", length(content)),
        ("memoryview", [.., bytes]) => format!("memoryview, {}", length(bytes)),
        ("str", _) => format!("string, {}", length(content)),
        ("int", _) => "number".to_owned(),
        ("some", _) => format!("`Some` of {}", described(content)),
        ("below_zero", _) => "number".to_owned(),
        _ => SizeSummary(value).to_string(),
    }
}

fn counted(count: usize, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// What people are shown in place of raw bytes: how many there are.
fn length(value: &RawValue) -> String {
    match tag(value) {
        Some(("bytes", RawValue::List(parts))) => match parts.first() {
            Some(RawValue::Number(length)) if *length == Decimal::from(1) => "1 byte".to_owned(),
            Some(RawValue::Number(length)) => format!("{length} bytes"),
            _ => SizeSummary(value).to_string(),
        },
        _ => SizeSummary(value).to_string(),
    }
}

/// What stands in the place of a value that JSON has not, see [`tagged`].
fn tag(value: &RawValue) -> Option<(&str, &RawValue)> {
    let RawValue::Map(members) = value else { return None };
    let (name, content) = members.iter().next().filter(|_| members.len() == 1)?;
    Some((name.strip_prefix('$').filter(|tag| !tag.starts_with('$'))?, content))
}
