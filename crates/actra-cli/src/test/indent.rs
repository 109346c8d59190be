//! Indenting texts of several lines.

/// Each line two spaces further in, the first one too.
pub(super) fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") });
    lines.collect::<Vec<_>>().join("\n")
}
