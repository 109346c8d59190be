//! Text to spanned trees: YAML files and the expressions inside them.
//!
//! Nothing here knows types or names of a schema; that is `actra-compile`.
//! Every function carries on after a fault, so that one run reports all of them.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

pub mod ast;
pub mod expr;
pub mod foreign_words;
pub mod format;
pub mod identifier;
pub mod suggest;
pub mod yaml;

mod backticks;
mod decode;
mod spanned;
mod suppression;

pub(crate) use backticks::{in_backticks, token_in_backticks};
pub use decode::{decode_governance, decode_policy, decode_schema, read_policy};
pub use suppression::{Suppression, suppressions};
