//! How a plan reaches each rule, for people.

use std::collections::{BTreeMap, BTreeSet};

use actra_ir::{Policy, Rule, mentions};

use super::Planner;
use super::index::{KeyKind, Way};

/// What a rule is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReachedBy {
    /// It is evaluated for every request about an action that it covers: there is no test to look it up by.
    Scope,
    /// It could be looked up, but is evaluated for every request, too: going through so few is quicker.
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
    let (plan, found) = planner.finish()?;
    let mut ways: BTreeMap<u32, BTreeSet<Way>> = BTreeMap::new();
    for (rule, way) in found {
        ways.entry(rule).or_default().insert(way);
    }
    let reach = |(number, rule): (usize, &Rule)| {
        let mentioned = mentions(&rule.condition);
        // Fields that no rule reads together may share a slot.
        let field = |slot: &u16| {
            let names = names.get(slot).map_or(&[][..], Vec::as_slice);
            names.iter().find(|name| mentioned.contains(*name)).cloned().unwrap_or_default()
        };
        let by = |way: &Way| match way {
            Way::Scanned => ReachedBy::Scope,
            Way::Few => ReachedBy::Few,
            Way::Ranges => ReachedBy::Range,
            Way::Keys(KeyKind::Text | KeyKind::Number | KeyKind::Flag, slot) => {
                ReachedBy::Equality(field(slot))
            }
            Way::Keys(KeyKind::Holds, slot) => ReachedBy::Membership(field(slot)),
            Way::Keys(KeyKind::Prefix, slot) => ReachedBy::Prefix(field(slot)),
        };
        let ways = ways.get(&(number as u32)).into_iter().flatten();
        RuleReach { rule: number, by: ways.map(by).collect(), walked: plan.walked(number) }
    };
    Some(policy.rules.iter().enumerate().map(reach).collect())
}
