//! Parses a whole file: on the fast path if it can read the file, else with the event parser.

use std::borrow::Cow;
use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId, Span, codes};

use super::build::{RuleSink, overlap};
use super::characters::{is_ambiguous_break, is_printable};
use super::fault::SyntaxFault;
use super::{Node, directive, event_reader, fast_path, unquoted};

/// How many texts that should have been quoted are reported in one file.
const MAX_MISQUOTED: usize = 16;

/// In a larger file, in bytes, only one is reported, since the file is read again for each.
const MAX_REREAD: usize = 4 * 1024 * 1024;

/// Parses one file. `alias_budget` is what the set may still expand aliases to; it is reduced.
///
/// Gives `None` for an empty file (after reporting) and for one that is no YAML.
/// After a syntax error, what was read before it is still given.
pub fn parse(
    file: FileId,
    text: &str,
    alias_budget: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    parse_fast(file, text, alias_budget, diagnostics, None)
        .or_else(|| parse_events(file, text, alias_budget, diagnostics))
}

/// Parses a file that needs no event parser; `None`, and nothing reported, for any other one.
///
/// With a `rule_sink`, rules go there as [`fast_path::parse`] says.
pub(crate) fn parse_fast(
    file: FileId,
    text: &str,
    alias_budget: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
    rule_sink: Option<RuleSink<'_>>,
) -> Option<Node> {
    if unreadable(file, text).is_some() {
        return None;
    }
    let (mut budget, mut found) = (*alias_budget, Vec::new());
    let rule_sink = rule_sink.map(|rule_sink| rule_sink as RuleSink<'_>);
    let root = fast_path::parse(file, text, &mut budget, &mut found, rule_sink)?;
    diagnostics.append(&mut found);
    *alias_budget = budget;
    Some(root)
}

/// Parses a file with the event parser.
pub(crate) fn parse_events(
    file: FileId,
    text: &str,
    alias_budget: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    if let Some(refusal) = unreadable(file, text) {
        diagnostics.push(refusal);
        return None;
    }
    // A text that YAML read as something else is reported, masked by a plain word of the same length, and the
    // file is read again, so that one run shows all of them.
    let mut masked = Cow::Borrowed(text);
    let mut masks: Vec<Range<usize>> = Vec::new();
    for place in directive::find(text) {
        diagnostics.push(directive::diagnostic(file, text, &place));
        masked.to_mut().replace_range(place.clone(), &directive::mask(&place));
    }
    let most = if text.len() > MAX_REREAD { 1 } else { MAX_MISQUOTED };
    loop {
        let mut budget = *alias_budget;
        let mut found = Vec::new();
        let read = event_reader::read(file, &masked, &masks, &mut budget, &mut found);
        if let Some(SyntaxFault { at, .. }) = &read.fault
            && masks.len() < most
            && let Some(unquoted) = unquoted::find(&masked, *at)
            && !masks.iter().any(|mask| overlap(mask, &unquoted.place))
        {
            diagnostics.push(unquoted.diagnostic(file, text));
            let mask = unquoted.mask(&masked);
            masked.to_mut().replace_range(unquoted.place.clone(), &mask);
            masks.push(unquoted.place);
            continue;
        }
        diagnostics.append(&mut found);
        diagnostics.extend(read.fault.map(|fault| fault.diagnostic(file, text)));
        *alias_budget = budget;
        return read.root;
    }
}

/// Why a text is not read at all.
fn unreadable(file: FileId, text: &str) -> Option<Diagnostic> {
    if u32::try_from(text.len()).is_err() {
        return Some(Diagnostic::new(
            codes::SET_TOO_LARGE,
            Span::from_range(file, &(0..0)),
            "a file is larger than 4 GiB",
        ));
    }
    // Most files are plain ASCII, which is seen much faster.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')) {
        return None;
    }
    let is_ambiguous = |(at, character): &(usize, char)| {
        is_ambiguous_break(*character) && !text.get(*at..).is_some_and(|rest| rest.starts_with("\r\n"))
    };
    let (start, character) =
        text.char_indices().find(|found| !is_printable(found.1) || is_ambiguous(found))?;
    let span = Span::from_range(file, &(start..start + character.len_utf8()));
    if is_ambiguous(&(start, character)) {
        let message =
            format!("the character U+{:04X} ends a line for some programs only", u32::from(character));
        let help =
            "end lines with a line feed, or write it as an escape such as `\"\\u2028\"` where it is meant";
        return Some(Diagnostic::new(codes::DOUBTFUL_BREAK, span, message).help(help));
    }
    let message = format!("the character U+{:04X} is not allowed in YAML", u32::from(character));
    let help = "remove it, or write it as an escape such as `\"\\0\"` in a double-quoted text";
    Some(Diagnostic::new(codes::YAML_SYNTAX, span, message).help(help))
}
