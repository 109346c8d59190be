//! What people type first, out of habit from other languages and engines, and what to write instead.
//!
//! One table for each kind of name. A word that is a name here is never looked up: tables are asked only for words
//! that nothing is called, so they can grow without changing a meaning.

pub mod effects_and_modes;
pub mod functions;
pub mod keys;
pub mod operators;
pub mod records;
pub mod types;

/// What to write instead of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// Another word in the same place.
    Word(&'static str),
    /// Something of another form: what to write, and why, or when, that is meant; the latter may be empty.
    Form(&'static str, &'static str),
    /// Nothing: why there is none.
    Nothing(&'static str),
}

impl Replacement {
    /// A sentence of help.
    pub fn help(self) -> String {
        match self {
            Replacement::Word(word) => format!("write `{word}` instead"),
            Replacement::Form(form, "") => format!("write `{form}` instead"),
            Replacement::Form(form, why) => format!("write `{form}` instead: {why}"),
            Replacement::Nothing(why) => why.to_owned(),
        }
    }
}

/// Words that mean the same, and what to write instead of each.
pub type AliasRow = (&'static [&'static str], Replacement);

fn find(table: &[AliasRow], word: &str) -> Option<Replacement> {
    table.iter().find(|(words, _)| words.contains(&word)).map(|(_, instead)| *instead)
}
