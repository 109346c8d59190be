//! What is wrong with a policy set, where, and what to write instead.
//!
//! Phases collect [`Diagnostic`]s as data and carry on; [`render_all()`] shows them to people, [`github_all()`] and
//! [`markdown()`] where continuous integration shows it, and `actra-wire` writes them for machines.
//! Nothing here reads files: a [`Sources`] holds the texts of one policy set.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod code;
mod excerpt;
mod grouping;
mod render;
mod source;
mod terminal_safe;

pub use code::{Code, Severity, codes};
pub use grouping::Verbosity;
pub use render::{Style, errors, github, github_all, markdown, path_below, render, render_all, summary};
pub use source::{FileId, Position, Source, Sources, Span};
pub use terminal_safe::{terminal_safe, terminal_safe_char};

/// One problem in a policy set.
///
/// `message` is one line: lowercase start, no period at the end, user text in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, which also gives the severity.
    pub code: Code,
    /// What is wrong, in one line.
    pub message: String,
    /// The place that is wrong; `None` where there is no text to point at (a missing file).
    pub span: Option<Span>,
    /// What the primary place means, shown beside its underline; may be empty.
    pub label: String,
    /// Further places that matter, in any file of the set, each with a short text.
    pub labels: Vec<(Span, String)>,
    /// What to write instead, in sentences.
    pub help: Vec<String>,
    /// A replacement that repairs the fault, where one is certain enough to suggest.
    pub fix: Option<Fix>,
}

/// A textual replacement: put `replacement` where `span` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as an order: "quote the condition".
    pub title: String,
    /// The text to replace; an empty span inserts.
    pub span: Span,
    /// The text to put there.
    pub replacement: String,
}

impl Diagnostic {
    /// A diagnostic at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { span: Some(span), ..Self::without_place(code, message) }
    }

    /// A diagnostic about something that has no text, such as a file that is not there.
    pub fn without_place(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span: None,
            label: String::new(),
            labels: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// Sets the text beside the primary underline.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    /// Adds a secondary place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push((span, text.into()));
        self
    }

    /// Adds a sentence of help.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a sentence of help when there is one.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help.extend(text);
        self
    }

    /// Suggests to put `replacement` in the place of a span; `title` says what that does.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), span, replacement: replacement.into() });
        self
    }

    /// Whether this refuses the set (as opposed to warning about it).
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}
