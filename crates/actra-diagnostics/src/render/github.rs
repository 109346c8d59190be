//! Diagnostics as workflow commands of GitHub Actions.

use crate::{Diagnostic, Sources, path_below, terminal_safe};

/// Places in other files that are named with one diagnostic.
const OTHERS: usize = 4;

/// The diagnostic as a workflow command of GitHub Actions, which shows it beside the line; one line, with its end.
///
/// Columns count characters, and the last one is where the text behind the place begins. GitHub shows columns only
/// within one line, so a place with more has none.
pub fn github(diagnostic: &Diagnostic, sources: &Sources, origin: &str) -> String {
    let level = if diagnostic.is_error() { "error" } else { "warning" };
    let mut properties = Vec::new();
    if let Some((span, source)) = diagnostic.span.and_then(|span| Some((span, sources.get(span.file)?))) {
        let start = sources.position(span.file, span.start);
        let end = sources.position(span.file, span.end.max(span.start));
        properties.push(format!("file={}", property(&path_below(origin, &source.path))));
        properties.push(format!("line={}", start.line));
        properties.push(format!("endLine={}", end.line));
        if start.line == end.line {
            properties.push(format!("col={}", start.column));
            properties.push(format!("endColumn={}", end.column));
        }
    }
    properties.push(format!("title={}", property(diagnostic.code.as_str())));
    format!("::{level} {}::{}\n", properties.join(","), data(&message(diagnostic, sources, origin)))
}

/// What is wrong, what the place means, places in other files, and the help, each on a line of its own.
fn message(diagnostic: &Diagnostic, sources: &Sources, origin: &str) -> String {
    let mut lines = vec![terminal_safe(&diagnostic.message).into_owned()];
    if !diagnostic.label.is_empty() {
        lines.push(terminal_safe(&diagnostic.label).into_owned());
    }
    lines.extend(elsewhere(diagnostic, sources, origin));
    let help = diagnostic.help.iter().flat_map(|help| help.lines());
    lines.extend(help.map(|help| format!("help: {}", terminal_safe(help))));
    lines.join("\n")
}

/// Places in other files, such as that of the demand that a rule breaks.
pub(super) fn elsewhere<'d>(
    diagnostic: &'d Diagnostic,
    sources: &'d Sources,
    origin: &'d str,
) -> impl Iterator<Item = String> + 'd {
    let own = diagnostic.span.map(|span| span.file);
    let others = diagnostic.labels.iter().filter(move |(span, _)| own.is_some_and(|own| own != span.file));
    others.take(OTHERS).filter_map(move |(span, text)| {
        let path = path_below(origin, &sources.get(span.file)?.path);
        let line = sources.position(span.file, span.start).line;
        Some(format!("{path}:{line}: {}", terminal_safe(text)))
    })
}

/// The text behind `::`, where line ends would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, where its separators count, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Span, codes};

    #[test]
    fn what_would_end_a_part_is_escaped() {
        let mut sources = Sources::new();
        let file = sources.add("a,b:c%.yaml", "é: x\nnext\n");
        let span = Span { file, start: 4, end: 5 };
        let diagnostic =
            Diagnostic::new(codes::UNKNOWN_KEY, span, "100% of `a,b`: c").label("here").help("one\ntwo");
        assert_eq!(
            github(&diagnostic, &sources, "./set/"),
            "::error file=set/a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=4,endColumn=5,title=E0103\
             ::100%25 of `a,b`: c%0Ahere%0Ahelp: one%0Ahelp: two\n"
        );
        let control = Diagnostic::without_place(codes::DEFAULT_LEFT_OUT, "a\r\n::error::x");
        assert_eq!(github(&control, &sources, ""), "::warning title=W0001::a␍␊::error::x\n");
        let wide = Diagnostic::new(codes::UNKNOWN_KEY, Span { file, start: 0, end: 8 }, "wide");
        assert!(
            github(&wide, &sources, "/")
                .starts_with("::error file=/a%2Cb%3Ac%25.yaml,line=1,endLine=2,title=")
        );
    }
}
