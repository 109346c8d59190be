//! Shortens an author's text for a message.

/// The most characters of a text that a message repeats.
const MAX_CHARACTERS: usize = 60;

/// The start of a text, with `…` in the place of the rest.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_CHARACTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
