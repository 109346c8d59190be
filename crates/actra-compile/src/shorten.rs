//! An author's text as a message repeats it.

/// The most characters of a text that a message repeats.
const MAX_CHARACTERS: usize = 60;

/// A text for a message, with `…` behind it where the rest is left out.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_CHARACTERS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
