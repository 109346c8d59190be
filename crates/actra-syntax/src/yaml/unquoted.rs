//! Texts that YAML reads as something else because they are not quoted.

use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId, Span, codes};

use super::quoted;
use crate::expr;

/// Keys whose value is a condition.
const CONDITION_KEYS: [&str; 3] = ["when", "unless", "not"];

/// Keys whose value is a text for people.
const TEXT_KEYS: [&str; 3] = ["message", "description", "error"];

/// Parts of a text that suggest an expression.
const OPERATORS: [&str; 11] = ["==", "!=", "&&", "||", ">=", "<=", " > ", " < ", " in ", " ? ", "("];

/// The most lines that are searched upward for the start of a value.
const MAX_LINES: usize = 50;

/// Longer lines, in bytes, are not examined.
const MAX_LINE: usize = 4096;

/// A value that has to be quoted.
pub(super) struct Misquoted {
    /// The whole value.
    pub place: Range<usize>,
    kind: ValueKind,
    reason: String,
}

/// What a value is to its author.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    Condition,
    Text,
}

impl ValueKind {
    fn as_str(self) -> &'static str {
        match self {
            ValueKind::Condition => "condition",
            ValueKind::Text => "text",
        }
    }
}

impl Misquoted {
    /// The report, with a fix that quotes the whole value.
    pub fn diagnostic(&self, file: FileId, text: &str) -> Diagnostic {
        let span = Span::from_range(file, &self.place);
        let message = format!("YAML reads this {} as something else", self.kind.as_str());
        let value = text.get(self.place.clone()).unwrap_or("");
        let title = format!("quote the whole {}", self.kind.as_str());
        let diagnostic = Diagnostic::new(codes::YAML_ATE_EXPRESSION, span, message).help(self.reason.clone());
        match self.meant(value) {
            Some(meant) => diagnostic.fix(title, span, quoted(meant)),
            None => diagnostic.help(title),
        }
    }

    /// The text to be quoted: the value, or what is between its own quotes, which YAML took for those of a scalar;
    /// `None` if
    /// neither is an expression.
    fn meant<'t>(&self, value: &'t str) -> Option<&'t str> {
        if self.kind == ValueKind::Text {
            return Some(value);
        }
        let within = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        [Some(value), within].into_iter().flatten().find(|text| expr::is_condition(text))
    }

    /// A text of the same length that YAML reads as one word in the place of the value.
    pub fn mask(&self, text: &str) -> String {
        let value = text.get(self.place.clone()).unwrap_or("");
        let first_line = value.find(['\r', '\n']).unwrap_or(value.len());
        let masked = value.bytes().enumerate().map(|(idx, byte)| match byte {
            _ if idx < first_line => 'x',
            b'\r' | b'\n' => char::from(byte),
            _ => ' ',
        });
        masked.collect()
    }
}

/// What should have been quoted, given where the parser stopped.
pub(super) fn find(text: &str, at: usize) -> Option<Misquoted> {
    let line = value_line(text, at)?;
    let start = line.value.start;
    let read = text.get(start..line.value.end.max(line_end(text, at)))?;
    let reason = line.reason(read, at.saturating_sub(start))?;
    let place = start..value_end(text, &line);
    Some(Misquoted { kind: line.kind(), place, reason })
}

/// What should have been quoted if a tag was found before a plain scalar that ends at `end`.
pub(super) fn after_tag(text: &str, tag: &Range<usize>, end: usize) -> Option<Misquoted> {
    let name = text.get(tag.start + 1..tag.end)?;
    let place = tag.start..end.max(tag.end);
    let value = text.get(place.clone())?;
    let line = value_line(text, tag.start).filter(|line| line.value.start == tag.start);
    let condition = line.as_ref().is_some_and(ValueLine::is_condition);
    let expression = name.contains(['(', '.']) || looks_like_expression(value);
    if name.is_empty() || name.starts_with(['!', '<']) || !(condition || expression) {
        return None;
    }
    Some(Misquoted { place, kind: ValueKind::Condition, reason: lead_reason('!') })
}

/// What should have been quoted if a plain scalar at a byte has an anchor: `&` with more than a name behind it.
pub(super) fn after_anchor(text: &str, at: usize) -> Option<Misquoted> {
    let line = value_line(text, at)?;
    let name = text.get(line.value.clone())?.strip_prefix('&')?.split([' ', '\t']).next()?;
    let place = line.value.start..value_end(text, &line);
    name.contains(['.', '(', '&']).then(|| Misquoted { kind: line.kind(), place, reason: lead_reason('&') })
}

/// A line `key: value`, `- value` or `- key: value`.
struct ValueLine<'a> {
    key: Option<&'a str>,
    /// The columns before the entry; a line that belongs to the value is indented more.
    indent: usize,
    value: Range<usize>,
}

impl ValueLine<'_> {
    fn is_condition(&self) -> bool {
        self.key.is_none_or(|key| CONDITION_KEYS.contains(&key))
    }

    fn kind(&self) -> ValueKind {
        let is_text = self.key.is_some_and(|key| TEXT_KEYS.contains(&key));
        if is_text { ValueKind::Text } else { ValueKind::Condition }
    }

    /// Why YAML does not read the value as text, if the parser stopped `at` bytes into it.
    fn reason(&self, value: &str, at: usize) -> Option<String> {
        let known = self.key.is_some_and(|key| CONDITION_KEYS.contains(&key) || TEXT_KEYS.contains(&key));
        if !known && !looks_like_expression(value) {
            return None;
        }
        let lead = value.chars().next()?;
        match lead {
            '[' | '{' if known || closing(value).is_some_and(|end| end <= at) => Some(lead_reason(lead)),
            '"' | '\'' if closing(value).is_some_and(|end| end <= at) => Some(lead_reason(lead)),
            '[' | '{' | '"' | '\'' => None,
            '!' | '&' | '*' | '|' | '>' | '%' | '@' | '`' | '?' | '-' => Some(lead_reason(lead)),
            _ if value.contains(": ") || value.ends_with(':') => {
                Some("`: ` makes a YAML key of what comes before it".to_owned())
            }
            _ => None,
        }
    }
}

fn lead_reason(lead: char) -> String {
    let meaning = match lead {
        '[' => "starts a YAML list",
        '{' => "starts a YAML mapping",
        '"' | '\'' => "starts a quoted YAML text, which ends before the rest of the line",
        '!' => "starts a YAML tag",
        '&' => "starts a YAML anchor",
        '*' => "starts a YAML alias",
        '|' | '>' => "starts a YAML block of text",
        _ => "means something else to YAML at the start of a text",
    };
    format!("`{lead}` {meaning}")
}

fn looks_like_expression(value: &str) -> bool {
    OPERATORS.iter().any(|operator| value.contains(operator))
}

/// Where the bracket or quote that starts a value is closed on its line, if text follows it.
fn closing(value: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (idx, character) in value.char_indices() {
        let quoted = quote.is_some();
        match character {
            _ if escaped => escaped = false,
            '\\' if quote == Some('"') => escaped = true,
            _ if quote == Some(character) => quote = None,
            '"' | '\'' if !quoted => quote = Some(character),
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && quote.is_none() {
            let end = idx + character.len_utf8();
            return (!value.get(end..)?.trim_start().is_empty()).then_some(end);
        }
    }
    None
}

/// The line on which the value that holds a byte starts.
fn value_line(text: &str, at: usize) -> Option<ValueLine<'_>> {
    let mut start = line_start(text, at)?;
    for _ in 0..MAX_LINES {
        let line = line_at(text, start)?;
        if let Some(found) = read_line(line, start) {
            return (found.value.start <= at && !found.value.is_empty()).then_some(found);
        }
        if !line.is_empty() && !line.starts_with(' ') {
            return None;
        }
        start = line_start(text, start.checked_sub(1)?)?;
    }
    None
}

fn read_line(line: &str, start: usize) -> Option<ValueLine<'_>> {
    let mut entry = line.trim_start_matches(' ');
    let mut indent = line.len() - entry.len();
    let mut item = false;
    while let Some(rest) = entry.strip_prefix("- ") {
        indent = line.len() - entry.len();
        entry = rest.trim_start_matches(' ');
        item = true;
    }
    let keyed = entry.split_once(':').filter(|(key, rest)| is_key(key) && rest.starts_with([' ', '\t']));
    let (key, value) = match keyed {
        Some((key, rest)) => {
            indent = line.len() - entry.len();
            (Some(key.trim_matches(['"', '\''])), rest)
        }
        None if item => (None, entry),
        None => return None,
    };
    let value = value.trim_start_matches([' ', '\t']);
    let from = start + line.len() - value.len();
    let value = value.get(..comment_start(value))?.trim_end();
    Some(ValueLine { key, indent, value: from..from + value.len() })
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\''))
}

/// Where ` #` starts a comment, outside of quotes.
fn comment_start(value: &str) -> usize {
    let mut quote: Option<char> = None;
    let mut before = ' ';
    for (idx, character) in value.char_indices() {
        match character {
            '#' if quote.is_none() && matches!(before, ' ' | '\t') => return idx,
            _ if quote == Some(character) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(character),
            _ => {}
        }
        before = character;
    }
    value.len()
}

/// The end of a value, with the lines that carry it on.
fn value_end(text: &str, line: &ValueLine<'_>) -> usize {
    let mut end = line.value.end;
    let mut start = next_line(text, line.value.end);
    while let Some(from) = start {
        let Some(next) = line_at(text, from) else { break };
        let content = next.trim_start_matches(' ');
        let indent = next.len() - content.len();
        if content.trim_end().is_empty() || content.starts_with('#') || indent <= line.indent {
            break;
        }
        end = from + next.trim_end().len();
        start = next_line(text, end);
    }
    end
}

/// Where the line of a byte starts; `None` for a line that is too long to be searched for each fault.
fn line_start(text: &str, at: usize) -> Option<usize> {
    let from = at.saturating_sub(MAX_LINE);
    match text.as_bytes().get(from..at)?.iter().rposition(|byte| *byte == b'\n') {
        Some(idx) => Some(from + idx + 1),
        None => (from == 0).then_some(0),
    }
}

fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or("");
    at + rest.find(['\r', '\n']).unwrap_or(rest.len())
}

fn line_at(text: &str, start: usize) -> Option<&str> {
    let bytes = text.as_bytes().get(start..)?;
    let length = match bytes.iter().take(MAX_LINE).position(|byte| *byte == b'\n') {
        Some(length) => length,
        None if bytes.len() < MAX_LINE => bytes.len(),
        None => return None,
    };
    text.get(start..start + length).map(|line| line.trim_end_matches('\r'))
}

fn next_line(text: &str, at: usize) -> Option<usize> {
    text.get(at..).and_then(|rest| rest.find('\n')).map(|idx| at + idx + 1)
}
