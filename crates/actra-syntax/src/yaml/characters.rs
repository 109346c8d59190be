//! Which characters YAML takes as they are, and which of them some readers take for the end of a line.

/// Whether one reader takes a character for the end of a line and another does not: editors, readers of YAML 1.1 and
/// readers of 1.2 differ about these.
pub(super) fn is_ambiguous_break(character: char) -> bool {
    matches!(character, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// `c-printable` of YAML 1.2.2, section 5.1; the byte-order mark is left to the event parser.
pub(super) fn is_printable(character: char) -> bool {
    !matches!(character,
        '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f' | '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{fffe}' | '\u{ffff}')
}
