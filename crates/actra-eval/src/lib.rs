//! Deciding and explaining: pure, total, three-valued.
//!
//! [`decide`] and [`explain`] share one evaluator of the canonical tree, so that they cannot disagree: the recorder
//! that `explain` adds is a type parameter that compiles away in `decide`.
//!
//! INVARIANT (no order of evaluation): an operand that is undetermined never hides a result that the others
//! already fix, and the leaf that is reported is the leftmost one, whatever was evaluated first.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod cost;
mod decide;
mod decide_with_truths;
mod evaluator;
mod explain;
mod message;
mod operand;
mod origin;
mod plan;
mod read_set;
mod recorder;
mod relevant_faults;
mod render;
mod scope;
mod sensitive;
mod strictest;
mod truth;

#[cfg(test)]
mod tests;

pub use cost::costs;
pub use decide::decide;
pub use decide_with_truths::decide_with_truths;
pub use evaluator::evaluate_condition;
pub use explain::{Connective, Explanation, ExplanationNode, NodeResult, RuleExplanation, explain};
pub use plan::{AccessMethod, Plan, RuleAccess, decide_planned, describe_plan};
pub use read_set::{ReadSet, read_set};
pub use truth::{EvalError, Truth};
