//! How a plan reaches each rule, for people.

use std::collections::BTreeSet;

use actra_ir::Policy;

use super::Planner;
use super::index::{KeyKind, Way};

/// What a rule is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReachedBy {
    /// It is evaluated for every request about an action that it covers.
    Scope,
    /// The field equals a literal, or is one of several.
    Equality(String),
    /// The field, a list, holds a literal.
    Membership(String),
    /// The field starts with a literal.
    Prefix(String),
    /// Fields lie between literals.
    Range,
}

/// How one rule is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleReach {
    /// The rule's place in the policy.
    pub rule: usize,
    /// One way for each alternative of its condition; none for a rule whose condition is false by itself.
    pub by: BTreeSet<ReachedBy>,
    /// How many of its conjuncts only the walker evaluates.
    pub walked: usize,
}

/// How each rule is reached, in file order; `None` if the policy has no plan. Prepares the policy again.
pub fn describe(policy: &Policy) -> Option<Vec<RuleReach>> {
    let planner = Planner::new(policy)?;
    let names = planner.slots.names();
    let (plan, ways) = planner.finish()?;
    let field = |slot: &u16| names.get(slot).cloned().unwrap_or_default();
    let by = |way: &Way| match way {
        Way::Scanned => ReachedBy::Scope,
        Way::Ranges => ReachedBy::Range,
        Way::Keys(KeyKind::Text | KeyKind::Number | KeyKind::Flag, slot) => ReachedBy::Equality(field(slot)),
        Way::Keys(KeyKind::Holds, slot) => ReachedBy::Membership(field(slot)),
        Way::Keys(KeyKind::Prefix, slot) => ReachedBy::Prefix(field(slot)),
    };
    let reach = |rule: usize| RuleReach {
        rule,
        by: ways.get(&(rule as u32)).into_iter().flatten().map(by).collect(),
        walked: plan.walked(rule),
    };
    Some((0..policy.rules.len()).map(reach).collect())
}
