//! Exact questions about policies, answered with a proof or with a request that shows the contrary.
//!
//! A question is turned into a formula over the unknowns of a request (`encode`), with the three-valued semantics of
//! deciding: for each condition, when it is true and when it is false. A SAT solver goes through the skeleton of the
//! formula, theories go through what its atoms say of numbers and texts (`solve`, `theory`). What is not looked into
//! is free to be anything, so that "there is no such request" is a proof; a request that is found is given to the
//! engine before it is shown, so that a counterexample is one.
//!
//! Pure and deterministic: no clock, no randomness; every search has a budget.

mod atom;
mod budget;
mod can;
mod cell;
mod concrete;
mod demand;
mod diff;
mod encode;
mod find;
mod formula;
mod given;
mod linear;
mod nearest;
mod parts;
mod prove;
mod question;
mod recount;
mod relation;
mod residue;
mod rules;
mod solve;
mod term;
mod texts;
mod theory;
mod vacant;
mod witness;

#[cfg(test)]
mod tests;

pub use actra_ir::governance::Claim;
pub use can::Possible;
pub use diff::{Because, Difference, Direction, Region, witness};
pub use find::Answer;
pub use nearest::{Change, FieldChange, Least};
pub use parts::rules_with;
pub use prove::{Statement, Verdict};
pub use rules::RuleFinding;

use theory::automaton::Library;

/// Answers questions; keeps automata between them.
#[derive(Debug, Default)]
pub struct Analyzer {
    library: Library,
    vacant: vacant::Known,
}

impl Analyzer {
    /// How many steps all questions so far have taken, the same on every machine; one question takes at most eight
    /// million, which are a few seconds.
    pub fn steps(&self) -> u64 {
        self.library.steps
    }
}
