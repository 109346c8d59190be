//! Text to spanned trees: YAML files and the expressions inside them.
//!
//! Nothing here knows types or names of a schema; that is `actra-compile`.
//! Every function carries on after a fault, so that one run reports all of them.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

pub mod alias;
pub mod ast;
pub mod expr;
pub mod format;
pub mod suggest;
pub mod yaml;

mod allowance;
mod decode;

pub use allowance::{Allowance, allowances};
pub use decode::{decode_governance, decode_policy, decode_schema, read_policy};
