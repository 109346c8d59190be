//! Deciding and explaining: pure, total, three-valued.
//!
//! [`decide`] and [`explain`] share one walk over the canonical tree, so that they cannot disagree: the recorder
//! that `explain` adds is a type parameter that compiles away in `decide`.
//!
//! INVARIANT (no order of evaluation): an operand that is undetermined never hides a result that the others
//! already fix, and the leaf that is reported is the leftmost one, whatever was evaluated first.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod cost;
mod decide;
mod errors;
mod explain;
mod judge;
mod message;
mod operand;
mod plan;
mod reads;
mod record;
mod render;
mod scope;
mod sensitive;
mod truth;
mod walk;

#[cfg(test)]
mod tests;

pub use cost::costs;
pub use decide::decide;
pub use explain::{Explanation, Join, Node, RuleExplanation, Shown, explain};
pub use judge::{decide_by, truth};
pub use plan::{Plan, ReachedBy, RuleReach, decide_planned, describe};
pub use reads::{Reads, reads};
pub use truth::{Leaf, Truth};
