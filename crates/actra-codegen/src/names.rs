//! Names of types, each once.

use std::collections::BTreeSet;

/// Names that are taken.
#[derive(Debug, Default)]
pub(crate) struct UniqueNames(BTreeSet<String>);

impl UniqueNames {
    pub(crate) fn with(taken: &[&str]) -> Self {
        Self(taken.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The words of a text as one name, `send_money` as `SendMoney`; with a number behind it if it is taken.
    pub(crate) fn class(&mut self, text: &str) -> String {
        let words =
            text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut name: String = words.map(capitalized).collect();
        if name.chars().next().is_none_or(|first| first.is_ascii_digit()) {
            name.insert(0, 'A');
        }
        let mut unique = name.clone();
        let mut count = 1;
        while !self.0.insert(unique.clone()) {
            count += 1;
            unique = format!("{name}{count}");
        }
        unique
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
