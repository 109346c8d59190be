//! Directives (`%YAML 1.1`, `%TAG ...`): lines that could change how the rest of a file is read.

use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId, Span, codes};

use crate::in_backticks;

/// Each directive above the document.
///
/// Further below, such a line is text or a fault that the parser reports.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut places = Vec::new();
    for line in text.get(at..).unwrap_or("").split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        if content.starts_with('%') {
            places.push(at..at + content.len());
        } else if !is_above(content) {
            break;
        }
        at += line.len();
    }
    places
}

/// Whether directives may still follow a line.
fn is_above(line: &str) -> bool {
    let content = line.trim_matches([' ', '\t']);
    content.is_empty() || content.starts_with('#') || line.starts_with("...")
}

pub(super) fn diagnostic(file: FileId, text: &str, place: &Range<usize>) -> Diagnostic {
    let written = text.get(place.clone()).unwrap_or("");
    Diagnostic::new(
        codes::YAML_DIRECTIVE,
        Span::from_range(file, place),
        format!("the directive {} is not allowed", in_backticks(written)),
    )
    .help("remove the line: every file is read as YAML 1.2 without tags")
}

/// A comment of the same length.
pub(super) fn mask(place: &Range<usize>) -> String {
    "#".repeat(place.len())
}
