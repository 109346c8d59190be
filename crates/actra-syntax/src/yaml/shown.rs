/// The most characters of an author's text that a message repeats.
const LONGEST: usize = 60;

/// An author's text in backticks, on one line and not too long.
pub(crate) fn shown(text: &str) -> String {
    let line = text.split(['\r', '\n']).next().unwrap_or("");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}...`", line.get(..end).unwrap_or("")),
        None if line.len() < text.len() => format!("`{line}...`"),
        None => format!("`{line}`"),
    }
}
