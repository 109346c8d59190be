//! The tree that both readers of YAML build: nodes with their spans.

use actra_diagnostics::Span;

use super::ScalarSourceMap;

/// A node and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The kind of the node, with its content.
    pub kind: NodeKind,
    /// Its span: of a block collection from its start to the end of its last child, of an alias that of the alias.
    pub span: Span,
    /// The source of an outermost `[...]` or `{...}` on one short line, so that a fix can quote it.
    pub flow_source: Option<Box<str>>,
}

/// The three kinds of YAML nodes. Aliases are already replaced by copies of their anchors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A scalar.
    Scalar(Scalar),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping; a duplicate key is already reported and left out.
    ///
    /// An entry whose key is an [`NodeKind::Error`] stands for entries that could not be read, so nothing can
    /// be said about keys that seem to be missing.
    Mapping(Vec<Entry>),
    /// Something that was already reported.
    Error,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key; a scalar that is text, or an error.
    pub key: Node,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// The text of a key that could be read.
    pub(crate) fn key_text(&self) -> Option<&str> {
        self.key.text()
    }
}

/// A scalar with its text after unquoting, unescaping and folding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text.
    pub text: String,
    /// How it was written.
    pub style: ScalarStyle,
    /// Where each byte of the text stands in the file.
    pub map: ScalarSourceMap,
    /// After a plain scalar, the blanks and the comment that end its line; perhaps they were meant as text.
    pub comment: Option<Box<str>>,
}

/// How a scalar was written; only plain ones can be something else than text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl Node {
    /// A node that was already reported.
    pub(super) fn error(span: Span) -> Node {
        Node { kind: NodeKind::Error, span, flow_source: None }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// Whether there is nothing here, as after `key:`.
    pub fn is_blank(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(scalar)
            if scalar.style == ScalarStyle::Plain && scalar.text.is_empty())
    }
}
