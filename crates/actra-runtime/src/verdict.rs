//! From a decision to what is done.

use actra_engine::model::{Decision, Effect, RequestReader};
use actra_engine::{Policy, ReadSet, decide_records};

/// Whether decisions are enforced.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::{Mode, Runtime};
///
/// let runtime = Runtime::<()>::builder(policy()).actor(|_| Ok(ana())).mode(Mode::Audit).build()?;
/// // It would need approval; in audit mode it runs, and its event says what would have happened.
/// assert!(runtime.admit(&(), "refund", amount(500)).is_ok());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// The operation runs only if the policy allows it.
    #[default]
    Enforce,
    /// The operation runs whatever the policy says; the event records what would have happened.
    Audit,
}

impl Mode {
    /// The word in events and settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Enforce => "enforce",
            Mode::Audit => "audit",
        }
    }

    /// The mode with this word.
    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Enforce, Mode::Audit].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What an enforcement point does about a decision.
///
/// ```
/// use actra_engine::model::Effect;
/// use actra_runtime::Verdict;
///
/// assert_eq!(Verdict::of(Effect::RequireApproval), Verdict::Ask);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Run the operation: the effect is `allow`.
    Run,
    /// Run it if a grant for exactly this request can be had.
    Ask,
    /// Do not run it.
    Refuse,
}

impl Verdict {
    /// What an effect means for the operation: the one switch over the effect.
    pub fn of(effect: Effect) -> Self {
        match effect {
            Effect::Allow => Verdict::Run,
            Effect::RequireApproval => Verdict::Ask,
            Effect::Block => Verdict::Refuse,
        }
    }
}

/// Whether the snapshot has to be found out for a request that has none yet: some rule of its action reads it, and no
/// rule that blocks is true without it. `reads` are those of the action, see [`Policy::reads`].
///
/// Cost: at most one decision.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::needs_snapshot;
///
/// let policy = policy();
/// // A rule reads whether there is fraud, and no rule that blocks is true without that.
/// assert!(needs_snapshot(&policy, policy.reads("refund"), &request(5)));
/// ```
pub fn needs_snapshot(policy: &Policy, reads: Option<&ReadSet>, request: &impl RequestReader) -> bool {
    let Some(reads) = reads.filter(|reads| !reads.snapshot.is_empty()) else { return false };
    !reads.blocks_without_snapshot || !settles(&decide_records(policy, request))
}

/// Whether a decision that was made without the snapshot stands whatever the snapshot holds: a rule that blocks is
/// true without it. Such a rule stays true with any snapshot, and nothing is stricter than a block; the list of matched
/// rules may then be shorter than it would have been.
fn settles(without_snapshot: &Decision<'_>) -> bool {
    without_snapshot.effect == Effect::Block
        && without_snapshot
            .matched_rule
            .as_deref()
            .is_some_and(|first| without_snapshot.matched_rules.iter().any(|id| id == first))
}
