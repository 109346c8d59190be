//! Expressions: CEL text to a tree with places in the YAML file, and back to text.

pub mod ast;

mod fault;
mod folded;
mod lexer;
mod mistakes;
mod parser;
mod print;
mod quoted;

#[cfg(test)]
mod tests;

pub use parser::{has_comment, parse};
pub use print::print;

/// How deep brackets and operators nest.
///
/// A chain of `&&` or of `||` is one level, however long it is.
pub const NESTING: usize = 64;
