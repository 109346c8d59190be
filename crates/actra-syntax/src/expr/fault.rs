//! The faults of one expression, with spans and up to a limit.

use std::ops::Range;

use actra_diagnostics::{Code, Diagnostic, Span, codes};

use crate::yaml::{LineJoin, ScalarSourceMap};

/// An expression with more faults than this is given up.
const MAX_FAULTS: usize = 8;

/// Collects the faults of one expression.
pub(super) struct Faults<'a> {
    map: &'a ScalarSourceMap,
    diagnostics: &'a mut Vec<Diagnostic>,
    count: usize,
}

impl<'a> Faults<'a> {
    pub(super) fn new(map: &'a ScalarSourceMap, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self { map, diagnostics, count: 0 }
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.count += 1;
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn any(&self) -> bool {
        self.count > 0
    }

    /// Whether there are so many faults that more would not help.
    pub(super) fn is_full(&self) -> bool {
        self.count >= MAX_FAULTS
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        self.map.span(range)
    }

    /// The line breaks of the file that are lost within a range.
    pub(super) fn joined_lines(&self, range: Range<usize>) -> impl Iterator<Item = (usize, LineJoin)> + '_ {
        self.map.joined_lines(range)
    }

    /// The empty place just behind the byte before `offset`.
    ///
    /// Asking the map for `offset` itself could lead to the next line of a folded scalar.
    fn after(&self, offset: usize) -> Span {
        let before = self.map.span(offset.saturating_sub(1)..offset);
        Span { start: before.end, ..before }
    }

    fn at(&self, code: Code, range: Range<usize>, message: String) -> Diagnostic {
        let span = if range.is_empty() { self.after(range.start) } else { self.span(range) };
        Diagnostic::new(code, span, message)
    }

    /// A fault of syntax, not yet pushed.
    pub(super) fn syntax(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        self.at(codes::EXPRESSION_SYNTAX, range, message.into())
    }

    /// A part of CEL that the language leaves out, not yet pushed.
    pub(super) fn unsupported(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        self.at(codes::EXPRESSION_UNSUPPORTED, range, message.into())
    }

    /// Nesting beyond the limit, not yet pushed.
    pub(super) fn too_deep(&self, range: Range<usize>) -> Diagnostic {
        let message = format!("the expression nests deeper than {} levels", super::NESTING);
        self.at(codes::TOO_DEEP, range, message)
            .help("name a part of it under `definitions:` and use the name here")
    }
}
