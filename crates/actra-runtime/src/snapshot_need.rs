//! Whether a call needs its snapshot: only if some rule reads it, and no block stands without it.

use actra_engine::model::{Decision, Effect, RequestReader};
use actra_engine::{Policy, ReadSet, decide_records};

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
