//! Characters that look like others, so that a text is not equal to the text that it looks like.

mod texts;
mod words;

use std::collections::BTreeSet;

use actra_diagnostics::{Diagnostic, FileId, Source, Span, codes};

use super::LintInput;

/// The most warnings for one file, or for one text.
const MAX_WARNINGS: usize = 16;

/// Warns about words of two scripts, and words of another script that look like a plain word of the set, wherever they
/// stand; in what is compared with about tabs, and about blanks, quotes and marks that are not the plain ones.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    check_words(set, diagnostics);
    let conditions = set.conditions().map(|condition| condition.span);
    for place in conditions.chain(texts::data(set).into_iter().map(|data| data.span)) {
        let text = set.sources.snippet(place);
        let found = text.char_indices().filter(|(_, c)| is_odd(*c)).take(MAX_WARNINGS);
        diagnostics.extend(found.map(|(at, c)| report(within(place, at, 0), c)));
    }
    // A tab that is written as an escape is visible.
    texts::visit_texts(set, &mut |text, place| {
        let written = set.sources.snippet(place).find('\t').filter(|_| text.contains('\t'));
        diagnostics.extend(written.map(|at| report_tab(within(place, at, 1))));
    });
}

fn check_words(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let files = || (0u32..).map(FileId).map_while(|file| Some((file, set.sources.get(file)?)));
    let foreign: Vec<(FileId, &Source)> = files().filter(|(_, source)| !source.text.is_ascii()).collect();
    if foreign.is_empty() {
        return;
    }
    let known: BTreeSet<&str> = files().flat_map(|(_, source)| words::plain_words(&source.text)).collect();
    for (file, source) in foreign {
        let place = Span { file, start: 0, end: 0 };
        let found = words::strangers(&source.text).take(MAX_WARNINGS);
        diagnostics.extend(found.map(|(at, c)| report(within(place, at, 0), c)));
        // A single letter can be a word of its language.
        let twins = words::twins(&source.text, &known).filter(|(_, word, _)| word.chars().nth(1).is_some());
        diagnostics.extend(
            twins
                .take(MAX_WARNINGS)
                .map(|(at, word, look)| report_twin(within(place, at, word.len()), word, &look)),
        );
    }
    texts::visit_texts(set, &mut |text, place| {
        let alone = || text.chars().nth(1).is_none() && set.sources.snippet(place).contains(text);
        let twin = words::twins(text, &known).next().filter(|_| alone());
        diagnostics.extend(twin.map(|(_, word, look)| report_twin(place, word, &look)));
    });
}

fn report(from: Span, c: char) -> Diagnostic {
    let span = within(from, 0, c.len_utf8());
    let message = format!("`{c}` is U+{:04X}, which looks like another character", u32::from(c));
    let help = format!("write the plain one, or the escape `\\u{:04x}` where it is meant", u32::from(c));
    Diagnostic::new(codes::LOOK_ALIKE, span, message).help(help)
}

fn report_twin(span: Span, word: &str, look: &str) -> Diagnostic {
    let message = format!(
        "`{word}` looks like `{look}`, which appears elsewhere in the set, but is spelled with different characters"
    );
    Diagnostic::new(codes::LOOK_ALIKE, span, message)
        .help(format!("write `{look}`, or escapes such as `\\u0430` where the other letters are meant"))
}

fn report_tab(span: Span) -> Diagnostic {
    Diagnostic::new(codes::LOOK_ALIKE, span, "this text contains a tab, which looks like spaces")
        .help("write a space, or `\\t` where a tab is meant; YAML reads that in double quotes")
}

/// The span at an offset from the start of a place.
fn within(place: Span, at: usize, length: usize) -> Span {
    let start = place.start.saturating_add(offset(at));
    Span { file: place.file, start, end: start.saturating_add(offset(length)) }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Blanks, quotes and full-width forms that look like plain characters.
fn is_odd(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        | '\u{2010}' | '\u{2011}' | '\u{2018}'..='\u{201f}' | '\u{2032}'..='\u{2037}' | '\u{2044}' | '\u{2212}'
        | '\u{2215}' | '\u{ff01}'..='\u{ff5e}')
}
