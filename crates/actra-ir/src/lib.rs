//! The compiled form of a policy set: resolved, typed rules over a canonical tree, with the places they came from.
//!
//! INVARIANT (the canonical tree is what is evaluated): [`hash`] covers every part of a [`Policy`] that
//! deciding reads, so equal hashes give equal decisions. Places and descriptions are not read by deciding.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod access_chain;
mod cbor;
pub mod cost;
mod declaration_spans;
pub mod expr;
pub mod glob;
pub mod governance;
pub mod hash;
pub mod path;
pub mod policy;
pub mod print;

#[cfg(test)]
mod tests;

pub use access_chain::{ChainEnd, chain_end, chain_keys};
pub use actra_diagnostics::Span;
pub use declaration_spans::DeclarationSpans;
pub use expr::{
    ArithmeticOp, Comparison, Expr, ExprKind, Function, MacroKind, TimePart, Variable, Variables,
};
pub use governance::{Governance, GovernanceHash};
pub use path::{mentions, operands, operands_mut, static_path};
pub use policy::{Message, MessagePart, Policy, Rule, RuleMetadata, RuleMode, RuleTraits};
