use std::borrow::Cow;
use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId, Span, codes};

use super::build::{self, Fault, TakeRule};
use super::{TextMap, directive, eaten, fault};

/// A node and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its place; for a block collection from its first to the end of its last child, for an alias the alias.
    pub span: Span,
    /// The source of an outermost `[...]` or `{...}` on one short line, so that a fix can quote it.
    pub flow_source: Option<Box<str>>,
}

/// The three kinds of YAML nodes. Aliases are already replaced by copies of their anchors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A scalar.
    Scalar(Scalar),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping; a duplicate key is already reported and left out.
    ///
    /// An entry whose key is an [`NodeKind::Error`] stands for entries that could not be read, so nothing can
    /// be said about keys that seem to be missing.
    Mapping(Vec<Entry>),
    /// Something that was already reported.
    Error,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key; a scalar that is text, or an error.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// A scalar with its text after unquoting, unescaping and folding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text.
    pub text: String,
    /// How it was written.
    pub style: ScalarStyle,
    /// Where each byte of the text stands in the file.
    pub map: TextMap,
    /// After a plain scalar, the blanks and the comment that end its line; perhaps they were meant as text.
    pub comment: Option<Box<str>>,
}

/// How a scalar was written; only plain ones can be something else than text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Bare.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl Node {
    /// A node that was already reported.
    pub(super) fn error(span: Span) -> Node {
        Node { kind: NodeKind::Error, span, flow_source: None }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// Whether nothing stands here, as after `key:`.
    pub fn is_blank(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(scalar)
            if scalar.style == ScalarStyle::Plain && scalar.text.is_empty())
    }
}

/// How many texts that YAML read as something else are reported in one file.
const MAX_EATEN: usize = 16;

/// In a larger file, in bytes, only one is: the file is read once more for each.
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
    parse_common(file, text, alias_budget, diagnostics, None)
        .or_else(|| parse_events(file, text, alias_budget, diagnostics))
}

/// Parses a file that needs no event parser; `None`, and nothing reported, for any other one.
///
/// With `take`, rules are taken as [`build::build_common`] says.
pub(crate) fn parse_common(
    file: FileId,
    text: &str,
    alias_budget: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
    take: Option<TakeRule<'_>>,
) -> Option<Node> {
    if refuse(file, text).is_some() {
        return None;
    }
    let (mut budget, mut found) = (*alias_budget, Vec::new());
    let take = take.map(|take| take as TakeRule<'_>);
    let root = build::build_common(file, text, &mut budget, &mut found, take)?;
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
    if let Some(refusal) = refuse(file, text) {
        diagnostics.push(refusal);
        return None;
    }
    // A text that YAML read as something else is reported, masked by a plain word of the same length, and the
    // file is read again, so that one run shows all of them.
    let mut masked = Cow::Borrowed(text);
    let mut masks: Vec<Range<usize>> = Vec::new();
    for place in directive::places(text) {
        diagnostics.push(directive::diagnostic(file, text, &place));
        masked.to_mut().replace_range(place.clone(), &directive::mask(&place));
    }
    let most = if text.len() > MAX_REREAD { 1 } else { MAX_EATEN };
    loop {
        let mut budget = *alias_budget;
        let mut found = Vec::new();
        let built = build::build(file, &masked, &masks, &mut budget, &mut found);
        if let Some(Fault { at, .. }) = &built.fault
            && masks.len() < most
            && let Some(eaten) = eaten::find(&masked, *at)
            && !masks.iter().any(|mask| overlap(mask, &eaten.place))
        {
            diagnostics.push(eaten.diagnostic(file, text));
            let mask = eaten.mask(&masked);
            masked.to_mut().replace_range(eaten.place.clone(), &mask);
            masks.push(eaten.place);
            continue;
        }
        diagnostics.append(&mut found);
        diagnostics.extend(built.fault.map(|fault| fault::diagnostic(file, text, &fault)));
        *alias_budget = budget;
        return built.root;
    }
}

pub(super) fn overlap(left: &Range<usize>, right: &Range<usize>) -> bool {
    left.start < right.end && right.start < left.end
}

/// What makes a text unfit to be read at all.
fn refuse(file: FileId, text: &str) -> Option<Diagnostic> {
    if u32::try_from(text.len()).is_err() {
        return Some(Diagnostic::new(
            codes::SET_TOO_LARGE,
            build::span_of(file, &(0..0)),
            "a file is larger than 4 GiB",
        ));
    }
    // Most files are plain ASCII, which is seen much faster.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')) {
        return None;
    }
    let doubtful = |(at, character): &(usize, char)| {
        is_doubtful(*character) && !text.get(*at..).is_some_and(|rest| rest.starts_with("\r\n"))
    };
    let (start, character) = text.char_indices().find(|found| !is_printable(found.1) || doubtful(found))?;
    let span = build::span_of(file, &(start..start + character.len_utf8()));
    if doubtful(&(start, character)) {
        let message =
            format!("the character U+{:04X} ends a line for some readers only", u32::from(character));
        let help =
            "end lines with a line feed, or write it as an escape such as `\"\\u2028\"` where it is meant";
        return Some(Diagnostic::new(codes::DOUBTFUL_BREAK, span, message).help(help));
    }
    let message = format!("the character U+{:04X} is not allowed in YAML", u32::from(character));
    let help = "remove it, or write it as an escape such as `\"\\0\"` in a double-quoted text";
    Some(Diagnostic::new(codes::YAML_SYNTAX, span, message).help(help))
}

/// Whether a character ends a line for one reader and not for the next: for an editor, for readers of YAML 1.1, or for
/// those of 1.2.
pub(super) fn is_doubtful(character: char) -> bool {
    matches!(character, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// `c-printable` of YAML 1.2.2, section 5.1; the byte-order mark is left to the event parser.
pub(super) fn is_printable(character: char) -> bool {
    !matches!(character,
        '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f' | '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{fffe}' | '\u{ffff}')
}
