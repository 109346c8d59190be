//! String literals: quotes, prefixes and escapes.

use std::ops::Range;

use super::fault::Faults;
use crate::token_in_backticks;

/// Whether a word directly before a quote is a prefix of the literal.
pub(super) fn is_prefix(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "r" | "b" | "br" | "rb")
}

/// Reads the literal whose prefix (`prefix` bytes long) starts at `start`: its value, and where it ends.
///
/// Reports faults; `None` when the end of the literal cannot be found.
pub(super) fn read(
    text: &str,
    start: usize,
    prefix: usize,
    faults: &mut Faults<'_>,
) -> Option<(String, usize)> {
    let prefix = text.get(start..start + prefix)?;
    let open = start + prefix.len();
    let rest = text.get(open..)?;
    let raw = prefix.contains(['r', 'R']);
    let Some(quote) = Quote::open(rest) else { return read_curly(text, open, faults) };
    let body = open + quote.written().len();
    let Some(length) = body_length(text.get(body..)?, quote, raw) else {
        report_unclosed(text, start, quote, faults);
        return None;
    };
    let end = body + length + quote.written().len();
    if prefix.contains(['b', 'B']) {
        faults.push(
            faults
                .unsupported(start..end, "bytes literals are not in the language")
                .help("write a string: `\"...\"`"),
        );
    }
    let content = text.get(body..body + length)?;
    let value = if raw { unify_breaks(content) } else { unescape(content, body, faults) };
    Some((value, end))
}

/// The quotes of CEL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Double,
    Single,
    TripleDouble,
    TripleSingle,
}

impl Quote {
    /// The longest quote that the text starts with.
    fn open(text: &str) -> Option<Quote> {
        [Quote::TripleDouble, Quote::TripleSingle, Quote::Double, Quote::Single]
            .into_iter()
            .find(|quote| text.starts_with(quote.written()))
    }

    fn written(self) -> &'static str {
        match self {
            Quote::Double => "\"",
            Quote::Single => "'",
            Quote::TripleDouble => "\"\"\"",
            Quote::TripleSingle => "'''",
        }
    }

    fn spans_lines(self) -> bool {
        matches!(self, Quote::TripleDouble | Quote::TripleSingle)
    }
}

/// The number of bytes before the closing quote, if there is one.
fn body_length(body: &str, quote: Quote, raw: bool) -> Option<usize> {
    let mut escaped = false;
    for (idx, c) in body.char_indices() {
        if !quote.spans_lines() && matches!(c, '\n' | '\r') {
            return None;
        }
        if escaped {
            escaped = false;
        } else if c == '\\' && !raw {
            escaped = true;
        } else if body.get(idx..).is_some_and(|rest| rest.starts_with(quote.written())) {
            return Some(idx);
        }
    }
    None
}

fn report_unclosed(text: &str, start: usize, quote: Quote, faults: &mut Faults<'_>) {
    let rest = text.get(start..).unwrap_or("");
    let line = rest.lines().next().unwrap_or("").trim_end();
    let written = quote.written();
    let diagnostic = faults
        .syntax(start..start + line.len().max(1), "the string is not closed")
        .help(format!("add the closing `{written}`"));
    let in_one_line = !quote.spans_lines() && rest.contains('\n');
    faults.push(match in_one_line {
        true => diagnostic.help("a string of several lines needs triple quotes"),
        false => diagnostic,
    });
}

/// `“text”` as a word processor makes it.
fn read_curly(text: &str, open: usize, faults: &mut Faults<'_>) -> Option<(String, usize)> {
    let rest = text.get(open..)?;
    let quote = rest.chars().next()?;
    let body = rest.get(quote.len_utf8()..)?;
    let is_closing = |c: char| match quote {
        '“' | '”' | '„' => matches!(c, '“' | '”' | '"'),
        '‘' | '’' => matches!(c, '‘' | '’' | '\''),
        _ => matches!(c, '«' | '»'),
    };
    let closing = body.char_indices().find(|(_, c)| is_closing(*c));
    let message = format!("`{quote}` is not a quotation mark in this language");
    let end = open + quote.len_utf8() + closing.map_or(0, |(idx, c)| idx + c.len_utf8());
    faults.push(faults.syntax(open..end, message).help("write plain quotes: `\"...\"` or `'...'`"));
    let (length, _) = closing?;
    Some((body.get(..length)?.to_owned(), end))
}

/// CEL reads every line break as `\n`.
fn unify_breaks(content: &str) -> String {
    content.replace("\r\n", "\n").replace('\r', "\n")
}

/// The value of a literal's content, which starts at `start` of the text.
fn unescape(content: &str, start: usize, faults: &mut Faults<'_>) -> String {
    let mut value = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(idx) = rest.find('\\') {
        value.push_str(&unify_breaks(rest.get(..idx).unwrap_or("")));
        rest = rest.get(idx..).unwrap_or("");
        let at = start + content.len() - rest.len();
        let length = match escape(rest) {
            Ok((c, length)) => {
                value.push(c);
                length
            }
            Err((problem, length)) => {
                report_escape(rest.get(..length).unwrap_or(""), problem, at..at + length, faults);
                length
            }
        };
        rest = rest.get(length..).unwrap_or("");
    }
    value.push_str(&unify_breaks(rest));
    value
}

/// What can be wrong with an escape.
#[derive(Clone, Copy)]
enum EscapeProblem {
    Unknown,
    Digits(usize),
    Surrogate,
    TooLarge,
}

/// The character that an escape at the start of the text stands for, and the bytes it takes.
fn escape(text: &str) -> Result<(char, usize), (EscapeProblem, usize)> {
    let Some(kind) = text.chars().nth(1) else { return Err((EscapeProblem::Unknown, text.len())) };
    let simple = match kind {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '?' | '"' | '\'' | '`' => kind,
        'x' | 'X' => return code_point(text, 2, 2, 16),
        'u' => return code_point(text, 2, 4, 16),
        'U' => return code_point(text, 2, 8, 16),
        '0'..='3' => return code_point(text, 1, 3, 8),
        _ => return Err((EscapeProblem::Unknown, 1 + kind.len_utf8())),
    };
    Ok((simple, 2))
}

/// Reads `digits` digits that start `skip` bytes after the backslash.
fn code_point(
    text: &str,
    skip: usize,
    digits: usize,
    radix: u32,
) -> Result<(char, usize), (EscapeProblem, usize)> {
    let after = text.get(skip..).unwrap_or("");
    let found = after.chars().take(digits).take_while(|c| c.is_digit(radix)).count();
    let length = skip + found;
    let number = after.get(..found).and_then(|written| u32::from_str_radix(written, radix).ok());
    match number.filter(|_| found == digits) {
        None => Err((EscapeProblem::Digits(digits), length)),
        Some(0xD800..=0xDFFF) => Err((EscapeProblem::Surrogate, length)),
        Some(number) => match char::from_u32(number) {
            Some(c) => Ok((c, length)),
            None => Err((EscapeProblem::TooLarge, length)),
        },
    }
}

fn report_escape(written: &str, problem: EscapeProblem, range: Range<usize>, faults: &mut Faults<'_>) {
    if faults.is_full() {
        return;
    }
    let written = token_in_backticks(written);
    faults.push(match problem {
        EscapeProblem::Unknown => faults
            .syntax(range, format!("unknown escape {written}"))
            .help("write `\\\\` for a backslash, or a raw string `r\"...\"` for a pattern"),
        EscapeProblem::Digits(digits) => {
            faults.syntax(range, format!("the escape {written} needs {digits} digits"))
        }
        EscapeProblem::Surrogate => faults
            .syntax(range, format!("the escape {written} is half of a surrogate pair"))
            .help("write the character itself, or its code point with `\\U` and eight digits"),
        EscapeProblem::TooLarge => faults
            .syntax(range, format!("the escape {written} is beyond the last code point"))
            .help("code points end at `\\U0010FFFF`"),
    });
}
