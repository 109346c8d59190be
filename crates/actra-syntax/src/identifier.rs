//! What an identifier is: a bare name of CEL, as the names of constants, definitions, groups and variables are.

/// Whether a text is an identifier: ASCII letters, digits and `_`, of which no digit comes first.
///
/// ```
/// use actra_syntax::identifier::is_identifier;
///
/// assert!(is_identifier("_small2"));
/// assert!(!is_identifier("2small") && !is_identifier("a-b") && !is_identifier(""));
/// ```
pub fn is_identifier(text: &str) -> bool {
    text.starts_with(is_identifier_start) && text.chars().all(is_identifier_char)
}

/// Whether a character may come first in an identifier.
pub fn is_identifier_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// Whether a character may stand anywhere in an identifier but in front.
pub fn is_identifier_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
