//! `governance.yaml` as written, with spans.
//!
//! What is missing or faulty is `None` and was reported, so that the other parts of its entry are still checked.

use actra_diagnostics::Span;

use super::{AtomOperand, Condition, Data, Name, Scope, Spanned};

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Governance {
    /// `rules:`, in file order.
    pub rules: Vec<StructuralRule>,
    /// `invariants:`, in file order.
    pub invariants: Vec<Invariant>,
    /// `baseline:`
    pub baseline: Option<Baseline>,
    /// `groups:`, in file order.
    pub groups: Vec<Group>,
    /// `requires:`
    pub requires: Option<Requires>,
    /// Lists that are there and empty.
    pub empty: Vec<Name>,
}

/// A group of actions that `for:` may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Name,
    /// Names and globs, and whether actions that are not declared are ignored.
    pub members: AppliesTo,
}

/// What the set must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requires {
    /// The whole entry.
    pub span: Span,
    /// `default:` an effect.
    pub default: Option<Name>,
}

/// What the text of a policy must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructuralRule {
    /// The whole rule.
    pub span: Span,
    /// `id:`
    pub id: Option<Name>,
    /// `applies_to:`
    pub applies_to: Option<AppliesTo>,
    /// Whether `applies_to:` is there, even if it is faulty.
    pub narrowed: bool,
    /// `description:`
    pub description: Option<Name>,
    /// `select: { where: ... }`
    pub select: Option<Where>,
    /// `must:`
    pub must: Option<Spanned<Must>>,
    /// `error:`
    pub error: Option<Name>,
}

/// The actions that a structural rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliesTo {
    /// Names and globs.
    pub actions: Spanned<Vec<Name>>,
    /// Whether actions that are not declared are ignored.
    pub if_declared: bool,
}

/// Which rules of the policy are selected: those that match every key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Where {
    /// The whole selector.
    pub span: Span,
    /// `effect:`
    pub effect: Option<Name>,
    /// `scope:`; unlike that of a rule, it may say `global: false`, and `global` beside other keys.
    pub scope: Option<Scope>,
    /// `when:`
    pub when: Option<AtomPatternDecl>,
    /// `id:`, a name or glob
    pub id: Option<Name>,
    /// `mode:`
    pub mode: Option<Name>,
    /// `tags:`
    pub tags: Vec<Name>,
}

/// A comparison that the condition of a rule contains: the parts that are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtomPatternDecl {
    /// The whole comparison.
    pub span: Span,
    /// The place of the subject.
    pub subject: Span,
    /// `domain:`; this or `field` is there.
    pub domain: Option<Name>,
    /// `field:`, split at its dots; empty if it is left out.
    pub field: Vec<Name>,
    /// `operator:`
    pub operator: Option<Name>,
    /// `value:`; only beside an operator.
    pub value: Option<AtomOperand>,
}

/// What must hold of the selected rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Must {
    /// `exists:` whether there is one.
    Exists(bool),
    /// `min_count:`
    MinCount(u32),
    /// `max_count:`
    MaxCount(u32),
    /// `forbid:`
    Forbid(bool),
    /// `allowed_fields:` as dotted paths, each split at its dots.
    AllowedFields(Vec<Spanned<Vec<Name>>>),
}

/// What must hold of every decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invariant {
    /// The whole invariant.
    pub span: Span,
    /// `id:`
    pub id: Option<Name>,
    /// `description:`
    pub description: Option<Name>,
    /// `for:`
    pub scope: Option<Scope>,
    /// `when:`
    pub when: Option<Condition>,
    /// Whether `when:` is there, even if it is faulty.
    pub conditional: bool,
    /// `effect:`
    pub demand: Option<AcceptedEffects>,
    /// `with:`; each checked to be a mapping with a `type`.
    pub with: Option<Spanned<Vec<Data>>>,
    /// `error:`
    pub error: Option<Name>,
    /// `may_be_empty:`
    pub may_be_empty: bool,
    /// `unproven:`
    pub unproven: Option<Name>,
}

/// Which effects an invariant accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedEffects {
    /// How the effect bounds the outcome.
    pub bound: EffectBound,
    /// The effect.
    pub effect: Name,
}

/// How an effect bounds an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectBound {
    /// The outcome is this effect.
    Exactly,
    /// `at_least:` this effect or a stricter one.
    AtLeast,
    /// `at_most:` this effect or a more permissive one.
    AtMost,
}

/// What a policy is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// `no_weaker_than:` a path relative to the file.
    pub no_weaker_than: Option<Name>,
    /// `new_actions:` names of actions that the baseline does not have.
    pub new_actions: Vec<Name>,
}
