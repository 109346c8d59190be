//! A naive evaluator, written straight from the language's text over the tree as parsed, and generators of sets and
//! requests.
//!
//! Development only. It shares no algorithm with the engine: no typing of requests, no types, no canonical tree;
//! patterns, calendars and time zones come from other libraries. Where the two disagree, one of them is wrong.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "only tests use this crate, on sets that compile; a panic here is a failing test"
)]

mod decide;
mod envelope;
mod eval;
mod expr;
mod faults;
/// Generators of policy sets and requests.
pub mod generate;
mod kleene;
mod message;
mod names;
mod overlap;
mod produced;
pub mod scalar_ops;
mod typing;
mod unresolved;
pub mod value;

use actra_model::{Decimal, RawValue, Reason};

pub use decide::{answer, costs, decide, declared_action};
pub use names::literal;

/// A numeral as untyped data.
pub(crate) fn number(text: &str) -> RawValue {
    Decimal::parse_json(text).map_or(RawValue::Unreadable(Reason::UnrepresentableNumber), RawValue::Number)
}
