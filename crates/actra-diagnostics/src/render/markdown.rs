//! Diagnostics as a table of Markdown, for the summary of a run.

use std::fmt::Write;

use super::github::elsewhere;
use super::many::more;
use crate::grouping::groups;
use crate::{Diagnostic, Sources, Verbosity, path_below, terminal_safe};

/// All diagnostics as a table in GitHub's Markdown, a row for each; several lines, or nothing if there are none.
///
/// Those of one cause stand together, and a row counts what is too much.
/// Text of the set is escaped, so that it neither formats nor links nor ends a cell.
pub fn markdown(diagnostics: &[Diagnostic], sources: &Sources, origin: &str, verbosity: Verbosity) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let mut text = "| severity | code | place | what |\n|---|---|---|---|\n".to_owned();
    let diagnostics: Vec<&Diagnostic> = diagnostics.iter().collect();
    for group in groups(&diagnostics, verbosity) {
        group.shown.iter().for_each(|diagnostic| row(&mut text, diagnostic, sources, origin));
        if let Some(more) = more(&group, verbosity) {
            let _ = writeln!(text, "|  |  |  | {} |", line(&more));
        }
    }
    text
}

fn row(text: &mut String, diagnostic: &Diagnostic, sources: &Sources, origin: &str) {
    let severity = if diagnostic.is_error() { "error" } else { "warning" };
    let place = place(diagnostic, sources, origin);
    let _ = writeln!(
        text,
        "| {severity} | {} | {place} | {} |",
        diagnostic.code,
        what(diagnostic, sources, origin)
    );
}

fn place(diagnostic: &Diagnostic, sources: &Sources, origin: &str) -> String {
    let Some((span, source)) = diagnostic.span.and_then(|span| Some((span, sources.get(span.file)?))) else {
        return String::new();
    };
    let position = sources.position(span.file, span.start);
    let path = path_below(origin, &source.path);
    format!("<code>{}:{}:{}</code>", literal(&path), position.line, position.column)
}

fn what(diagnostic: &Diagnostic, sources: &Sources, origin: &str) -> String {
    let mut parts = vec![line(&diagnostic.message)];
    if !diagnostic.label.is_empty() {
        parts.push(line(&diagnostic.label));
    }
    parts.extend(elsewhere(diagnostic, sources, origin).map(|place| line(&place)));
    let help = diagnostic.help.iter().flat_map(|help| help.lines());
    parts.extend(help.map(|help| format!("help: {}", line(help))));
    parts.join("<br>")
}

/// A line of a message, in which pairs of backticks hold user text.
fn line(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let mut shown = String::new();
    for (idx, part) in parts.iter().enumerate() {
        let is_code = idx % 2 == 1 && idx + 1 < parts.len();
        let is_unpaired = idx % 2 == 1 && !is_code;
        let _ = match (is_code, is_unpaired) {
            (true, _) => write!(shown, "<code>{}</code>", literal(part)),
            (_, true) => write!(shown, "&#96;{}", literal(part)),
            _ => write!(shown, "{}", literal(part)),
        };
    }
    shown
}

/// Text that means nothing to Markdown or HTML: their punctuation as character references.
fn literal(text: &str) -> String {
    let mut shown = String::new();
    for c in terminal_safe(text).chars() {
        match c {
            '&' | '<' | '>' | '|' | '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '~' | '@'
            | '$' => {
                let _ = write!(shown, "&#{};", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Span, codes};

    #[test]
    fn text_of_the_set_stays_text() {
        let mut sources = Sources::new();
        let file = sources.add("a|b.yaml", "x\n");
        let span = Span { file, start: 0, end: 1 };
        let diagnostics = [
            Diagnostic::new(codes::UNKNOWN_KEY, span, "unknown key `a|*b*<img>`").help("see ` or\n@you"),
            Diagnostic::without_place(codes::DEFAULT_LEFT_OUT, "no `default`"),
        ];
        assert_eq!(
            markdown(&diagnostics, &sources, ".", Verbosity::All),
            "| severity | code | place | what |\n|---|---|---|---|\n\
             | error | E0103 | <code>a&#124;b.yaml:1:1</code> | \
             unknown key <code>a&#124;&#42;b&#42;&#60;img&#62;</code><br>help: see &#96; or<br>help: &#64;you |\n\
             | warning | W0001 |  | no <code>default</code> |\n"
        );
        assert_eq!(markdown(&[], &sources, ".", Verbosity::All), "");
    }
}
