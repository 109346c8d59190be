//! A decision: the outcome, the rules behind it, and what could not be decided.

use std::borrow::Cow;
use std::fmt;

use crate::{Effect, RawMap, Reason, RuleIds};

/// The hash of a policy: 32 bytes, shown as `sha256:` and 64 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyHash(pub [u8; 32]);

impl fmt::Display for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A fault of a request: where and what, never with a value of the request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// A path such as `action.amount` or `snapshot.contacts[*]`; empty for the whole request.
    pub path: String,
    /// What is wrong there.
    pub reason: Reason,
}

/// A rule that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undetermined<'p> {
    /// The rule's id.
    pub rule: Cow<'p, str>,
    /// The leftmost undetermined leaf of its condition.
    pub path: Cow<'p, str>,
    /// Why that leaf is undetermined.
    pub reason: Reason,
}

/// How far a shadow rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShadowTruth {
    /// Its condition holds.
    True,
    /// Its condition could not be decided.
    Undetermined,
}

/// A shadow rule that would have counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowMatch<'p> {
    /// The rule's id.
    pub rule: Cow<'p, str>,
    /// The effect that the rule would have had.
    pub effect: Effect,
    /// Whether it holds or could not be decided.
    pub truth: ShadowTruth,
}

/// A decision of a policy on a request. Equal decisions are equal bytes on the wire.
///
/// It borrows its texts from the policy, so that deciding copies none and counts no references;
/// [`Decision::into_owned`] makes one that lives on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'p> {
    /// The effect that the request has: what is to be enforced.
    pub effect: Effect,
    /// The first true rule with the outcome's effect in file order, else the first undetermined one, else none.
    pub matched_rule: Option<Cow<'p, str>>,
    /// All true enforced rules in file order.
    pub matched_rules: RuleIds<'p>,
    /// The rendered message of `matched_rule`.
    pub message: Option<Cow<'p, str>>,
    /// Data for the caller, of all rules that carry the outcome; equal ones once. `type` comes first on the wire,
    /// then the other keys in byte order.
    pub required_actions: Vec<Cow<'p, RawMap>>,
    /// Enforced rules in scope that could not be decided, in file order.
    pub undetermined: Vec<Undetermined<'p>>,
    /// Faults at paths that enforced rules covering this action mention, sorted by path, plus envelope faults.
    pub errors: Vec<Fault>,
    /// Shadow rules that hold or could not be decided, in file order.
    pub shadow: Vec<ShadowMatch<'p>>,
    /// The policy that decided.
    pub policy_hash: PolicyHash,
}

impl Decision<'_> {
    /// A bare block without a rule.
    pub fn block(policy_hash: PolicyHash) -> Self {
        Self {
            effect: Effect::Block,
            matched_rule: None,
            matched_rules: RuleIds::new(),
            message: None,
            required_actions: Vec::new(),
            undetermined: Vec::new(),
            errors: Vec::new(),
            shadow: Vec::new(),
            policy_hash,
        }
    }

    /// Copies what the decision borrows from the policy, so that it may outlive it.
    pub fn into_owned(self) -> Decision<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let undetermined = |found: Undetermined<'_>| Undetermined {
            rule: owned(found.rule),
            path: owned(found.path),
            reason: found.reason,
        };
        let shadow = |found: ShadowMatch<'_>| ShadowMatch {
            rule: owned(found.rule),
            effect: found.effect,
            truth: found.truth,
        };
        Decision {
            effect: self.effect,
            matched_rule: self.matched_rule.map(owned),
            matched_rules: self.matched_rules.into_owned(),
            message: self.message.map(owned),
            required_actions: self
                .required_actions
                .into_iter()
                .map(|action| Cow::Owned(action.into_owned()))
                .collect(),
            undetermined: self.undetermined.into_iter().map(undetermined).collect(),
            errors: self.errors,
            shadow: self.shadow.into_iter().map(shadow).collect(),
            policy_hash: self.policy_hash,
        }
    }
}
