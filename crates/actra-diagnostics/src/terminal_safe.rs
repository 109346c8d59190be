//! Text of others as a terminal may show it, so that it cannot pose as ours.

use std::borrow::Cow;

/// One line of text that a terminal shows as it is: every character that would move the cursor, change the
/// direction of writing or show nothing is replaced, one for one.
///
/// Policies and requests are written by others; what they contain must not pose as our output.
pub fn terminal_safe(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| terminal_safe_char(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(terminal_safe_char).collect())
}

/// The character itself, or what stands for it: a control picture such as `␛` for ASCII controls (line ends and
/// tabs included), else `U+FFFD`.
pub fn terminal_safe_char(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        _ if hidden(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

/// C1 controls, and the format, filler and tag characters of Unicode that show nothing or reorder text.
fn hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown_and_text_is_kept() {
        assert_eq!(terminal_safe("é 漢 🙂"), "é 漢 🙂");
        assert_eq!(terminal_safe("a\x1b[31m\n\t\x7f"), "a␛[31m␊␉␡");
        assert_eq!(terminal_safe("a\u{202e}b\u{9b}c\u{feff}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
    }
}
