//! Words with letters of other scripts that look like Latin ones.

use std::collections::BTreeSet;

/// Longer words are examined up to this many characters.
const LONGEST_WORD: usize = 64;

/// Letters of other scripts that look like Latin ones; the Latin letter of each has the same index in `PLAIN`.
const LETTERS: &str = "\
    \u{430}\u{435}\u{43e}\u{440}\u{441}\u{443}\u{445}\u{455}\u{456}\u{458}\u{501}\u{4bb}\u{51b}\u{51d}\
    \u{410}\u{412}\u{415}\u{41a}\u{41c}\u{41d}\u{41e}\u{420}\u{421}\u{422}\u{423}\u{425}\u{405}\u{406}\u{408}\
    \u{391}\u{392}\u{395}\u{396}\u{397}\u{399}\u{39a}\u{39c}\u{39d}\u{39f}\u{3a1}\u{3a4}\u{3a5}\u{3a7}\
    \u{3b1}\u{3b3}\u{3b9}\u{3bd}\u{3bf}\u{3c1}\u{3c5}";
const PLAIN: &str = "\
    aeopcyxsijdhqw\
    ABEKMHOPCTYXSIJ\
    ABEZHIKMNOPTYX\
    ayivopu";

/// The Latin letter that a letter of another script looks like.
fn plain(c: char) -> Option<char> {
    LETTERS.chars().zip(PLAIN.chars()).find(|(letter, _)| *letter == c).map(|(_, plain)| plain)
}

/// The first letter in each word with Latin letters that only looks like one.
pub(super) fn strangers(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    text.char_indices().filter(|(at, c)| plain(*c).is_some() && is_first_among_latin(text, *at))
}

fn is_first_among_latin(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at_checked(at).unwrap_or(("", ""));
    let before = || before.chars().rev().take(LONGEST_WORD).take_while(|c| c.is_alphanumeric());
    let mut after = rest.chars().take(LONGEST_WORD).take_while(|c| c.is_alphanumeric());
    let latin = before().any(|c| c.is_ascii_alphabetic()) || after.any(|c| c.is_ascii_alphabetic());
    latin && !before().any(|other| plain(other).is_some())
}

/// The plain words of a text, which words of other scripts can be mistaken for.
pub(super) fn plain_words(text: &str) -> impl Iterator<Item = &str> {
    let words = words(text).map(|(_, word)| word);
    words.filter(|word| word.is_ascii() && word.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// Words without a Latin letter that look like a known plain word, each with that word.
pub(super) fn twins<'t>(
    text: &'t str,
    known: &'t BTreeSet<&str>,
) -> impl Iterator<Item = (usize, &'t str, String)> + 't {
    words(text).filter(|(_, word)| !word.is_ascii()).filter_map(|(at, word)| {
        let look = look(word)?;
        known.contains(look.as_str()).then_some((at, word, look))
    })
}

/// A word in the Latin letters that it looks like; `None` if some letter looks like none.
fn look(word: &str) -> Option<String> {
    word.chars().map(|c| if c.is_ascii_digit() { Some(c) } else { plain(c) }).collect()
}

/// Runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, _) = rest.find(|(_, c)| c.is_alphanumeric())?;
        while rest.next_if(|(_, c)| c.is_alphanumeric()).is_some() {}
        let end = rest.peek().map_or(text.len(), |(at, _)| *at);
        Some((start, text.get(start..end)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_one_that_it_looks_like() {
        assert_eq!(LETTERS.chars().count(), PLAIN.chars().count());
        assert_eq!(look("\u{440}\u{430}\u{443}1").as_deref(), Some("pay1"));
        assert_eq!(look("\u{43d}\u{430}"), None, "a letter that looks like none");
    }

    #[test]
    fn words_end_where_letters_do() {
        assert_eq!(words("a, b1_c\u{e4}").collect::<Vec<_>>(), [(0, "a"), (3, "b1"), (6, "c\u{e4}")]);
        assert_eq!(words("  ").next(), None);
    }
}
