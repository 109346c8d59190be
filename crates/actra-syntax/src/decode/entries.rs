//! Mappings with a fixed set of keys: looks keys up, and reports missing and unknown ones.

use actra_diagnostics::{Diagnostic, Span, codes};

use super::expect;
use crate::foreign_words;
use crate::in_backticks;
use crate::suggest::closest;
use crate::yaml::{Entry, Node, NodeKind};

/// The entries of a mapping whose keys are fixed.
pub(super) struct Entries<'n> {
    entries: &'n [Entry],
    /// What the mapping is, for messages: "a rule".
    what: &'static str,
    /// Where missing keys are reported: at the first key, or at the whole mapping if it has none.
    place: Span,
    /// Whether every entry could be read, so that a key that is not among them is missing.
    complete: bool,
}

impl<'n> Entries<'n> {
    /// Reads a mapping; reports another kind of node, and keys that are not known.
    pub fn read(
        node: &'n Node,
        what: &'static str,
        known: &[&str],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let NodeKind::Mapping(entries) = &node.kind else {
            expect::report_wrong_kind(node, what, "a mapping", diagnostics);
            return None;
        };
        for entry in entries {
            report_unknown(entry, what, known, entries, diagnostics);
        }
        let place = entries.first().map_or(node.span, |entry| entry.key.span);
        let complete = entries.iter().all(|entry| entry.key_text().is_some());
        Some(Entries { entries, what, place, complete })
    }

    /// The value of a key; `None` also if it was already reported.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value).filter(|value| value.kind != NodeKind::Error)
    }

    /// A key with its value, whatever that is.
    pub fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key_text() == Some(key))
    }

    /// The place of a key that is there.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.entry(key).map(|entry| entry.key.span)
    }

    /// The value of a key that must be there; reports if it is not.
    pub fn require(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<&'n Node> {
        if self.entry(key).is_none() {
            self.report_missing(key, diagnostics);
        }
        self.get(key)
    }

    /// Reports that a key is missing, unless it may be among the entries that could not be read.
    pub fn report_missing(&self, key: &str, diagnostics: &mut Vec<Diagnostic>) {
        if self.complete {
            let message = format!("{} needs `{key}`", self.what);
            diagnostics.push(Diagnostic::new(codes::MISSING_KEY, self.place, message));
        }
    }

    /// Where to report about the mapping as a whole.
    pub fn place(&self) -> Span {
        self.place
    }

    /// Whether every entry could be read.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

fn report_unknown(
    entry: &Entry,
    what: &str,
    known: &[&str],
    entries: &[Entry],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(key) = entry.key_text().filter(|key| !known.contains(key)) else { return };
    let place = entry.key.span;
    let diagnostic =
        Diagnostic::new(codes::UNKNOWN_KEY, place, format!("{what} has no key {}", in_backticks(key)));
    let instead = foreign_words::keys::replacement_for_entry(what, key, entry.value.text());
    let close = closest(key, known.iter().copied()).filter(|close| {
        instead
            .is_none_or(|instead| matches!(instead, foreign_words::Replacement::Word(word) if word == *close))
    });
    let diagnostic = match (instead, close) {
        (Some(instead), _) => diagnostic.help(instead.help()),
        (None, Some(close)) => diagnostic.help(format!("did you mean `{close}`?")),
        (None, None) => diagnostic.help(format!("its keys are {}", expect::listed(known))),
    };
    // Only a misspelt key gets a fix: another word may call for another form of its value, and a key that is there
    // already
    // would be duplicated.
    let twice = |close: &str| entries.iter().any(|entry| entry.key_text() == Some(close));
    diagnostics.push(match close.filter(|close| !twice(close)) {
        Some(close) => diagnostic.fix(format!("write `{close}`"), place, close),
        None => diagnostic,
    });
}
