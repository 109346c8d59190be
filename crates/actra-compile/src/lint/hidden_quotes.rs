//! Escapes of YAML's double quotes that stand for a quote of the expression: `"a == 'x\\x27 || b == \\x27y'"`.

use actra_diagnostics::{Diagnostic, Span, codes};

use super::{LintInput, visit_expressions};

/// Warns about each, since it ends a text of which it seems to be a part.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for condition in set.conditions() {
        visit_expressions(condition, &mut |span| check_condition(set, span, diagnostics));
    }
}

fn check_condition(set: &LintInput<'_>, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    let source = set.sources.snippet(span);
    if !source.starts_with('"') {
        return;
    }
    let mut at = 0;
    while let Some(found) = source.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let rest = source.get(at..).unwrap_or("");
        let length = match by_number(rest) {
            Some((character, length)) => {
                report(character, rest.get(..length).unwrap_or(""), span, at, diagnostics);
                length
            }
            // A backslash and the character that it belongs to.
            None => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
        };
        at += length;
    }
}

fn report(character: char, written: &str, span: Span, at: usize, diagnostics: &mut Vec<Diagnostic>) {
    let what = match character {
        '\'' | '"' | '`' => "a quote",
        '\\' => "a backslash",
        '\n' => "a line break",
        _ => return,
    };
    let offset = |at: usize| span.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
    let place = Span { start: offset(at), end: offset(at + written.len()), ..span };
    let message = format!("YAML turns `{written}` into {what} before the condition is read");
    diagnostics.push(
        Diagnostic::new(codes::HIDDEN_QUOTE, place, message)
            .help("write the character itself; in single quotes, only the condition's own escapes count"),
    );
}

/// The character of a numeric escape at the start of a text, and the length of the escape in bytes.
fn by_number(text: &str) -> Option<(char, usize)> {
    let digits = match text.as_bytes().get(1)? {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let code = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
    Some((char::from_u32(code)?, 2 + digits))
}
