//! YAML files as spanned trees of our own, over an event parser.
//!
//! What most files consist of is read without it, several times faster: see `fast_path`.
//!
//! The event parser is behind [`parse`] and [`comments`] alone, so that it can be replaced.

mod anchors;
mod block_header;
mod build;
mod characters;
mod directive;
mod escaped;
mod event_reader;
mod events;
mod fast_path;
mod fault;
mod fold;
mod node;
mod parse;
mod plain;
mod quoted;
mod scalar_source;
mod scalar_source_map;
mod unquoted;

pub use block_header::{BlockHeader, block_header};
pub use escaped::escaped;
pub use events::{comments, has_anchors};
pub use node::{Entry, Node, NodeKind, Scalar, ScalarStyle};
pub use parse::parse;
pub use plain::ScalarValue;
pub use scalar_source_map::ScalarSourceMap;

pub(crate) use build::RuleSink;
pub(crate) use parse::{parse_events, parse_fast};
pub(crate) use quoted::quoted;
pub(crate) use scalar_source_map::LineJoin;

#[cfg(test)]
mod tests;
