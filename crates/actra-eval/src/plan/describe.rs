//! How the index finds each rule, for people.

use std::collections::{BTreeMap, BTreeSet};

use actra_ir::{Policy, Rule, mentions};

use super::Planner;
use super::index::{AccessPath, KeyKind};

/// How the index finds a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessMethod {
    /// It is evaluated for every request about an action that it covers: there is no test to look it up by.
    Scope,
    /// It has such a test, but so few rules are left that evaluating all of them is quicker than a look-up.
    Few,
    /// The field equals a literal, or is one of several.
    Equality(String),
    /// The field, a list, holds a literal.
    Membership(String),
    /// The field starts with a literal.
    Prefix(String),
    /// Fields lie between literals.
    Range,
}

/// How one rule is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleAccess {
    /// The rule's place in the policy.
    pub rule: usize,
    /// One method for each alternative of its condition; none for a rule whose condition is constantly false.
    pub by: BTreeSet<AccessMethod>,
    /// How many of its conjuncts are left to the tree evaluator.
    pub walked: usize,
}

/// How each rule is found, in file order; `None` if the policy has no plan. Builds the plan again.
pub fn describe_plan(policy: &Policy) -> Option<Vec<RuleAccess>> {
    let planner = Planner::new(policy)?;
    let names = planner.slots.names();
    let (plan, reached) = planner.finish()?;
    let mut paths_of: BTreeMap<u32, BTreeSet<AccessPath>> = BTreeMap::new();
    for (rule, path) in reached {
        paths_of.entry(rule).or_default().insert(path);
    }
    let reach = |(number, rule): (usize, &Rule)| {
        let mentioned = mentions(&rule.condition);
        // Fields that no rule reads together may share a slot.
        let field = |slot: &u16| {
            let names = names.get(slot).map_or(&[][..], Vec::as_slice);
            names.iter().find(|name| mentioned.contains(*name)).cloned().unwrap_or_default()
        };
        let by = |path: &AccessPath| match path {
            AccessPath::Unindexed => AccessMethod::Scope,
            AccessPath::Few => AccessMethod::Few,
            AccessPath::Ranges => AccessMethod::Range,
            AccessPath::Keys(KeyKind::Text | KeyKind::Number | KeyKind::Flag, slot) => {
                AccessMethod::Equality(field(slot))
            }
            AccessPath::Keys(KeyKind::Holds, slot) => AccessMethod::Membership(field(slot)),
            AccessPath::Keys(KeyKind::Prefix, slot) => AccessMethod::Prefix(field(slot)),
        };
        let paths_of = paths_of.get(&(number as u32)).into_iter().flatten();
        RuleAccess { rule: number, by: paths_of.map(by).collect(), walked: plan.tree_conjuncts(number) }
    };
    Some(policy.rules.iter().enumerate().map(reach).collect())
}
