//! Characters that look like others: a text with one is not equal to the text that it looks like.

use actra_diagnostics::{Diagnostic, FileId, Span, codes};

use super::Checked;

/// Warnings for one file at most.
const MOST: usize = 16;

/// Further characters of a word are not looked at.
const LONGEST_WORD: usize = 64;

/// Letters of other scripts that look like Latin ones.
const LETTERS: &str = "\
    \u{430}\u{435}\u{43e}\u{440}\u{441}\u{443}\u{445}\u{455}\u{456}\u{458}\u{501}\u{4bb}\u{51b}\u{51d}\
    \u{410}\u{412}\u{415}\u{41a}\u{41c}\u{41d}\u{41e}\u{420}\u{421}\u{422}\u{423}\u{425}\u{405}\u{406}\u{408}\
    \u{391}\u{392}\u{395}\u{396}\u{397}\u{399}\u{39a}\u{39c}\u{39d}\u{39f}\u{3a1}\u{3a4}\u{3a5}\u{3a7}\
    \u{3b1}\u{3b3}\u{3b9}\u{3bd}\u{3bf}\u{3c1}\u{3c5}";

/// Warns about words of two scripts wherever they stand, and in what is compared with about blanks, quotes and marks
/// that are not the plain ones.
pub(super) fn check(set: &Checked<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let files = (0u32..).map(FileId).map_while(|file| Some((file, set.sources.get(file)?)));
    for (file, source) in files.filter(|(_, source)| !source.text.is_ascii()) {
        let found = strangers(&source.text).take(MOST);
        diagnostics.extend(found.map(|(at, c)| report(Span { file, start: offset(at), end: offset(at) }, c)));
    }
    let constants = set.files.iter().flat_map(|file| file.constants.iter().map(|(_, data)| data.span));
    for place in set.conditions().map(|condition| condition.span).chain(constants) {
        let text = set.sources.snippet(place);
        let found = text.char_indices().filter(|(_, c)| is_odd(*c)).take(MOST);
        diagnostics.extend(found.map(|(at, c)| report(Span { start: place.start + offset(at), ..place }, c)));
    }
}

fn report(from: Span, c: char) -> Diagnostic {
    let span = Span { end: from.start + offset(c.len_utf8()), ..from };
    let message = format!("`{c}` is U+{:04X}, which looks like another character", u32::from(c));
    let help = format!("write the plain one, or the escape `\\u{:04x}` where it is meant", u32::from(c));
    Diagnostic::new(codes::LOOK_ALIKE, span, message).help(help)
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The first letter in each word with Latin letters that only looks like one.
fn strangers(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    text.char_indices().filter(|(at, c)| LETTERS.contains(*c) && is_first_among_latin(text, *at))
}

fn is_first_among_latin(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at_checked(at).unwrap_or(("", ""));
    let before = || before.chars().rev().take(LONGEST_WORD).take_while(|c| c.is_alphanumeric());
    let mut after = rest.chars().take(LONGEST_WORD).take_while(|c| c.is_alphanumeric());
    let latin = before().any(|c| c.is_ascii_alphabetic()) || after.any(|c| c.is_ascii_alphabetic());
    latin && !before().any(|other| LETTERS.contains(other))
}

/// Blanks, quotes and forms of double width in the place of plain characters.
fn is_odd(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        | '\u{2010}' | '\u{2011}' | '\u{2018}'..='\u{201f}' | '\u{2032}'..='\u{2037}' | '\u{2044}' | '\u{2212}'
        | '\u{2215}' | '\u{ff01}'..='\u{ff5e}')
}
