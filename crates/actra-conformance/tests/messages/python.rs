//! The texts in a file of Python.

use std::path::Path;

/// The string literals of a file but for docstrings, which are the ones that begin a line.
pub fn texts(path: &Path) -> Vec<String> {
    let source = std::fs::read_to_string(path).expect("sources can be read");
    let mut found = Vec::new();
    let mut rest = source.as_str();
    let mut line = String::new();
    while let Some(next) = rest.chars().next() {
        match next {
            '#' => rest = rest.find('\n').map_or("", |end| &rest[end..]),
            '"' | '\'' => {
                let (text, behind) = literal(rest, next);
                // A prefix such as `f` stands before the quote.
                if !line.trim_start_matches([' ', 'f', 'r', 'b']).is_empty() {
                    found.push(text.replace("\\n", "\n").replace("\\\"", "\""));
                }
                line.push('"');
                rest = behind;
            }
            _ => {
                match next {
                    '\n' => line.clear(),
                    _ => line.push(next),
                }
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    found
}

/// A literal that begins here, and what follows it.
fn literal(source: &str, quote: char) -> (&str, &str) {
    let triple: String = [quote; 3].iter().collect();
    let mark = if source.starts_with(&triple) { triple } else { quote.to_string() };
    let inner = &source[mark.len()..];
    let mut start = 0;
    loop {
        let end = start + inner[start..].find(&mark).expect("a literal ends");
        let escapes = inner[..end].chars().rev().take_while(|c| *c == '\\').count();
        if escapes % 2 == 0 {
            return (&inner[..end], &inner[end + mark.len()..]);
        }
        start = end + 1;
    }
}
