//! Governance, resolved against a schema: what the policy of a set must look like, and what it must do.

use std::fmt;
use std::sync::Arc;

use actra_diagnostics::Span;
use actra_model::{ActionId, Effect, RawMap, RecordName};

use crate::{Expr, Policy, RuleMode};

/// The governance of one set. Immutable.
#[derive(Debug, Clone)]
pub struct Governance {
    /// Constraints on the text of the policy, in file order, without those that are skipped.
    pub rules: Vec<StructuralRule>,
    /// Structural rules whose actions the schema does not declare, in file order.
    pub skipped: Vec<SkippedRule>,
    /// Constraints on the decisions of the policy, in file order.
    pub invariants: Vec<Invariant>,
    /// The policy that this one must not be weaker than.
    pub baseline: Option<Baseline>,
    /// The hash over everything that it demands.
    pub hash: GovernanceHash,
}

/// The hash of a governance: 32 bytes, shown as `sha256:` and 64 lowercase hex digits.
///
/// It is that of what was written, not of a schema: one governance over two sets has one hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GovernanceHash(pub [u8; 32]);

impl fmt::Display for GovernanceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for GovernanceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of a demand, its place, and its message.
#[derive(Debug, Clone)]
pub struct Demand {
    /// Its id, unique in the governance.
    pub id: Arc<str>,
    /// The place of the id.
    pub place: Span,
    /// What to tell people when it does not hold, in the words of its author.
    pub error: Arc<str>,
}

/// A structural rule that says nothing about this set, as its author allowed.
#[derive(Debug, Clone)]
pub struct SkippedRule {
    /// The id, which messages name it by.
    pub id: Arc<str>,
    /// The place of the id.
    pub place: Span,
    /// The actions that it is about, none of which is declared.
    pub actions: Vec<Arc<str>>,
}

/// A demand on the text of a policy.
#[derive(Debug, Clone)]
pub struct StructuralRule {
    /// Its id, place and message.
    pub demand: Demand,
    /// The declared actions that it is about, ascending; `None` for all of the policy.
    pub applies_to: Option<Arc<[ActionId]>>,
    /// Which rules of the policy it looks at.
    pub select: Selector,
    /// What must hold of them.
    pub must: Must,
    /// The place of the constraint.
    pub must_place: Span,
}

/// Which rules are selected: those that match every part that is given.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    /// The effect.
    pub effect: Option<Effect>,
    /// The actions of `scope`, ascending.
    pub actions: Option<Arc<[ActionId]>>,
    /// The actors of `scope`.
    pub actors: Option<Vec<Arc<str>>>,
    /// Whether the rule covers everything.
    pub global: Option<bool>,
    /// What the condition contains.
    pub atom: Option<AtomPattern>,
    /// The id, or a glob.
    pub id: Option<Arc<str>>,
    /// The mode.
    pub mode: Option<RuleMode>,
    /// Tags, all of which the rule has.
    pub tags: Vec<Arc<str>>,
}

/// What the condition of a selected rule contains.
#[derive(Debug, Clone)]
pub struct AtomPattern {
    /// The record that is read; any if it is left out.
    pub record: Option<RecordName>,
    /// The dotted path in the record; empty for any.
    pub field: Arc<str>,
    /// How the field is tested.
    pub operator: Option<OperatorPattern>,
}

/// How a field is tested.
#[derive(Debug, Clone)]
pub struct OperatorPattern {
    /// The operator.
    pub operator: Operator,
    /// The whole comparison, canonical, where a value is given.
    pub comparison: Option<Expr>,
}

/// What must hold of the selected rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Must {
    /// At least so many.
    AtLeast(u32),
    /// At most so many.
    AtMost(u32),
    /// Their conditions read these fields only: `record.path`.
    AllowedFields(Vec<Arc<str>>),
}

/// The operators of structured conditions, without their words, which are in `actra-syntax`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `equals`
    Equals,
    /// `not_equals`
    NotEquals,
    /// `greater_than`
    GreaterThan,
    /// `greater_or_equal`
    GreaterOrEqual,
    /// `less_than`
    LessThan,
    /// `less_or_equal`
    LessOrEqual,
    /// `in`
    In,
    /// `not_in`
    NotIn,
    /// `contains`
    Contains,
    /// `not_contains`
    NotContains,
    /// `starts_with`
    StartsWith,
    /// `ends_with`
    EndsWith,
    /// `matches`
    Matches,
    /// `exists`
    Exists,
    /// `within`
    Within,
    /// `subset_of`
    SubsetOf,
    /// `intersects`
    Intersects,
}

/// A demand on the decisions of a policy, over every valid request.
#[derive(Debug, Clone)]
pub struct Invariant {
    /// Its id, place and message.
    pub demand: Demand,
    /// The actions of `for`, ascending, each once, at least one.
    pub actions: Arc<[ActionId]>,
    /// `actor.type in [...] && when`, canonical.
    pub condition: Expr,
    /// Which effects are accepted.
    pub accepted: AcceptedEffects,
    /// The actions that the outcome must demand, unless it is a block: each by one with at least its keys.
    pub with: Vec<RawMap>,
    /// Whether it may be that no request fits `for` and `when`.
    pub may_be_empty: bool,
    /// What to do when it can be neither proved nor refuted.
    pub on_unproven: OnUnproven,
}

/// The effects that an invariant accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptedEffects {
    /// This effect.
    Exactly(Effect),
    /// This effect or a stricter one.
    AtLeast(Effect),
    /// This effect or a more permissive one.
    AtMost(Effect),
}

impl AcceptedEffects {
    /// Whether an effect is among them.
    pub fn accepts(self, effect: Effect) -> bool {
        match self {
            AcceptedEffects::Exactly(exact) => effect == exact,
            AcceptedEffects::AtLeast(least) => effect >= least,
            AcceptedEffects::AtMost(most) => effect <= most,
        }
    }
}

/// What to do about a demand that can be neither proved nor refuted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnproven {
    /// Refuse the set.
    Refuse,
    /// Compile the set, with a warning.
    Warn,
}

/// The policy that this one must not be weaker than.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Its path as written.
    pub path: Arc<str>,
    /// The place of the path.
    pub place: Span,
    /// The policy; its places are in the same sources as those of the governance.
    pub policy: Arc<Policy>,
    /// Actions that the baseline does not declare and that are accepted, in order, each once.
    pub new_actions: Vec<Arc<str>>,
}
