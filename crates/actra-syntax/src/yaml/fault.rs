//! Syntax errors of the event parser, in words that fit policies.

use actra_diagnostics::{Diagnostic, FileId, Span, codes};
use granit_parser::{ErrorKind, ScanError};

/// What the event parser could not read, and where.
pub(super) struct SyntaxFault {
    pub at: usize,
    pub kind: ErrorKind,
}

impl SyntaxFault {
    pub(super) fn new(error: &ScanError, text: &str) -> Self {
        let mut at = error.marker().byte_offset().unwrap_or(0).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        Self { at, kind: error.kind().clone() }
    }

    /// The report of a syntax error.
    pub(super) fn diagnostic(&self, file: FileId, text: &str) -> Diagnostic {
        let at = match self.kind {
            ErrorKind::UnknownQuotedScalarEscape => escape_from(text, self.at),
            _ if is_tab(&self.kind) => tab_near(text, self.at),
            _ => self.at,
        };
        let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = Span::from_range(file, &(at..at + length));
        let code = match self.kind {
            ErrorKind::RecursionLimitExceeded => codes::TOO_DEEP,
            ErrorKind::UndeclaredTagHandle
            | ErrorKind::InvalidTagTerminator
            | ErrorKind::MissingTagUri
            | ErrorKind::UnclosedVerbatimTag
            | ErrorKind::InvalidTagEscape
            | ErrorKind::InvalidGlobalTagCharacter => codes::YAML_TAG,
            _ => codes::YAML_SYNTAX,
        };
        let (message, help) = words(&self.kind);
        Diagnostic::new(code, span, message).maybe_help(help.map(str::to_owned))
    }
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    )
}

/// The tab in the indentation before a place, else the first one after it: the parser points at the text that a tab
/// interrupts.
fn tab_near(text: &str, at: usize) -> usize {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |idx| idx + 1);
    let indentation = text.get(start..at).filter(|before| before.trim().is_empty());
    if let Some(idx) = indentation.and_then(|before| before.find('\t')) {
        return start + idx;
    }
    text.get(at..).and_then(|rest| rest.find('\t')).map_or(at, |idx| at + idx)
}

/// The first escape from a place on that YAML does not know: the parser points at the opening quote.
fn escape_from(text: &str, at: usize) -> usize {
    let mut from = at;
    while let Some(idx) = text.get(from..).and_then(|rest| rest.find('\\')) {
        let escaped = text.get(from + idx + 1..).and_then(|rest| rest.chars().next());
        match escaped {
            Some(c) if "0abtnvfre \"/\\N_LPxuU\t\r\n".contains(c) => from += idx + 2,
            _ => return from + idx,
        }
    }
    at
}

/// The message of a fault of the YAML parser, in our words, and what helps.
fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let (message, help) = match kind {
        ErrorKind::RecursionLimitExceeded => ("collections are nested too deep", None),
        ErrorKind::UnclosedQuotedScalar => ("a quoted text is not closed", Some("add the closing quote")),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("something follows the closing quote", Some("quote the whole text, or remove what follows"))
        }
        ErrorKind::UnexpectedEofFlowSequence | ErrorKind::UnclosedFlowCollection { open: '[' } => {
            ("a `[` is not closed", Some("add the `]`"))
        }
        ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. } => ("a `{` is not closed", Some("add the `}`")),
        ErrorKind::ExpectedFlowMappingSeparator => ("`,` or `}` is missing before this", None),
        ErrorKind::ExpectedFlowSequenceSeparator => ("`,` or `]` is missing before this", None),
        ErrorKind::InvalidColonPlacement => {
            ("a key where none is allowed", Some("close the `[` or `{` before this line"))
        }
        ErrorKind::MappingValueNotAllowed => (
            "a `:` where no key is allowed",
            Some("indent the line like its neighbors, or quote a text that holds `: `"),
        ),
        ErrorKind::ExpectedBlockMappingKey => (
            "a `key:` is missing here",
            Some("indent the line like its neighbors, or quote a text that has more than one part"),
        ),
        ErrorKind::ExpectedBlockSequenceEntry => {
            ("a `- ` is missing here", Some("indent the line like its neighbors"))
        }
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent => {
            ("the indentation matches nothing above", Some("indent the line like its neighbors"))
        }
        ErrorKind::CommentInterceptedScalar => (
            "a comment in the middle of a text of several lines",
            Some("move the comment above the key, or quote the text if `#` belongs to it"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => {
            ("an escape that YAML does not know", Some("in single quotes a backslash is just a backslash"))
        }
        ErrorKind::UndeclaredTagHandle | ErrorKind::InvalidTagTerminator | ErrorKind::MissingTagUri => {
            ("tags are not allowed", Some("quote the whole text if it is not meant as a tag"))
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("an unquoted text cannot start with `{}`", character.escape_default());
            return (message, Some("quote the whole text"));
        }
        kind if is_tab(kind) => ("a tab in the indentation", Some("indent with spaces")),
        other => return (in_one_line(&other.to_string()), None),
    };
    (message.to_owned(), help)
}

/// A message of the parser, in the form of our messages.
fn in_one_line(text: &str) -> String {
    let text = text.trim_end_matches('.').replace(['\r', '\n'], " ");
    let mut characters = text.chars();
    let first: String = characters.next().map(char::to_lowercase).into_iter().flatten().collect();
    first + characters.as_str()
}
