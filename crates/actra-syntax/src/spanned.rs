//! Anything with its place, in trees of files and of expressions alike.

use actra_diagnostics::Span;

/// A thing and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What stands there.
    pub value: T,
    /// The place of it in a file.
    pub span: Span,
}

/// A word or name with its place.
pub type Name = Spanned<String>;
