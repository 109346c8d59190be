//! JSON strings that YAML accepts.

use std::borrow::Cow;

use super::characters::{is_ambiguous_break, is_printable};

/// A text in which strings are written as JSON, with escapes for what YAML does not take as it is.
///
/// Such characters must stand within these strings only.
///
/// ```
/// assert_eq!(actra_syntax::yaml::escaped("[\"a\u{2028}\u{7f}\"]"), "[\"a\\u2028\\u007f\"]");
/// ```
pub fn escaped(text: &str) -> Cow<'_, str> {
    let is_raw = |c: char| matches!(c, '\n' | '\t' | '\r') || (is_printable(c) && !is_ambiguous_break(c));
    if text.chars().all(is_raw) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| match is_raw(c) {
        true => c.to_string(),
        // All of them are in the basic plane.
        false => format!("\\u{:04x}", u32::from(c)),
    };
    Cow::Owned(text.chars().map(escape).collect())
}
