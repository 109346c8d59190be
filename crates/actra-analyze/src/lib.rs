//! Exact questions about policies, answered with a proof or with a request that shows the contrary.
//!
//! A question is turned into a formula over the unknowns of a request (`encode`), with the three-valued semantics of
//! deciding: for each condition, when it is true and when it is false. A SAT solver goes through the skeleton of the
//! formula, theories go through what its atoms say of numbers and texts (`smt`, `theory`). What is not looked into
//! is free to be anything, so that "there is no such request" is a proof; a request that is found is given to the
//! engine before it is shown, so that a counterexample is one.
//!
//! Pure and deterministic: no clock, no randomness; every search has a budget.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod atom;
mod bound_check;
mod budget;
mod cache;
mod can;
mod candidate;
pub mod cost_caveats;
mod diff;
mod encode;
mod fields;
mod find;
mod formula;
mod goal;
mod indexed_rules;
mod json_kind;
mod known_fields;
mod linear;
mod local_search;
mod nearest;
mod normal_form;
mod occurrences;
mod opaque;
mod predicate;
mod prove;
mod question;
mod rational;
mod relation;
mod request_space;
mod residual;
mod rule_goals;
mod rules;
mod scenario;
mod small_model;
mod smt;
mod symbolic_request;
mod term;
mod theory;
mod uninhabited;
mod variable;
mod witness;

#[cfg(test)]
mod tests;

pub use actra_ir::governance::AcceptedEffects;
pub use can::PossibleOutcomes;
pub use diff::{Direction, PolicyDiff, Region, Remapped, StricterBy};
pub use nearest::{FieldChange, Minimality, NearestChange};
pub use occurrences::rules_containing;
pub use prove::{ProofVerdict, Statement};
pub use question::SearchAnswer;
pub use rules::RuleFinding;

use std::sync::Arc;

use actra_ir::Policy;
use cache::AnalyzerCache;
use indexed_rules::RuleIndex;

/// Policies whose rules stay indexed.
const MAX_INDEXED_POLICIES: usize = 4;

/// Answers questions; keeps automata between them, and the indexed rules of the policies that they are about.
#[derive(Debug, Default)]
pub struct Analyzer {
    cache: AnalyzerCache,
    indexes: Vec<Arc<RuleIndex>>,
    uninhabited: uninhabited::PatternCache,
}

impl Analyzer {
    /// How many steps all questions so far have taken, the same on every machine; one question takes at most eight
    /// million, which are a few seconds.
    pub fn steps(&self) -> u64 {
        self.cache.steps
    }

    /// The index of the rules of a policy, computed once.
    fn index(&mut self, policy: &Policy) -> Arc<RuleIndex> {
        if let Some(known) = self.indexes.iter().find(|index| index.is_of(policy)) {
            return Arc::clone(known);
        }
        let index = Arc::new(RuleIndex::new(policy));
        if self.indexes.len() == MAX_INDEXED_POLICIES {
            self.indexes.remove(0);
        }
        self.indexes.push(Arc::clone(&index));
        index
    }
}
