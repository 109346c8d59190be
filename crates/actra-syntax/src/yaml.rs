//! YAML files as spanned trees of our own, over an event parser.
//!
//! What most files consist of is read without it, several times faster: see `common`.
//!
//! The event parser is behind [`parse`] and [`comments`] alone, so that it can be replaced.

mod anchors;
mod build;
mod common;
mod directive;
mod eaten;
mod escaped;
mod events;
mod fault;
mod fold;
mod header;
mod plain;
mod scalar_map;
mod shown;
mod text_map;
mod tree;

pub use escaped::escaped;
pub use events::{comments, has_anchors};
pub use header::{BlockHeader, block_header};
pub use plain::ScalarValue;
pub use text_map::TextMap;
pub use tree::{Entry, Node, NodeKind, Scalar, ScalarStyle, parse};

pub(crate) use build::TakeRule;
pub(crate) use eaten::quoted;
pub(crate) use shown::shown;
pub(crate) use text_map::Loss;
pub(crate) use tree::{parse_common, parse_events};

#[cfg(test)]
mod tests;
