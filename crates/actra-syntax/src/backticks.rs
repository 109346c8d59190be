//! An author's text as messages repeat it: in backticks, on one line, and cut where it is long.

/// The most characters of a text that a message repeats.
const MAX_TEXT: usize = 60;

/// The most characters of a part of an expression that a message repeats; the excerpt beside it shows the rest.
const MAX_TOKEN: usize = 32;

/// A text of a file.
pub(crate) fn in_backticks(text: &str) -> String {
    let line = text.split(['\r', '\n']).next().unwrap_or("");
    cut(text, line, MAX_TEXT)
}

/// A part of an expression, of which a carriage return alone ends no line.
pub(crate) fn token_in_backticks(text: &str) -> String {
    cut(text, text.lines().next().unwrap_or(""), MAX_TOKEN)
}

/// The first line of a text, with dots if that leaves out anything.
fn cut(text: &str, line: &str, most: usize) -> String {
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("`{}...`", line.get(..end).unwrap_or("")),
        None if line.len() < text.len() => format!("`{line}...`"),
        None => format!("`{line}`"),
    }
}
