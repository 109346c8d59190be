//! What people type first, out of habit from other languages and engines, and what to write instead.
//!
//! One table for each kind of name. A word that is a name here is never looked up: tables are asked only for words
//! that nothing is called, so they can grow without changing a meaning.

pub mod functions;
pub mod keys;
pub mod operators;
pub mod records;
pub mod types;
pub mod words;

/// What to write instead of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instead {
    /// Another word in the same place.
    Word(&'static str),
    /// Something of another form: what to write, and why, or when, that is meant; the latter may be empty.
    Form(&'static str, &'static str),
    /// Nothing: why there is none.
    Nothing(&'static str),
}

impl Instead {
    /// A sentence of help.
    pub fn help(self) -> String {
        match self {
            Instead::Word(word) => format!("write `{word}` instead"),
            Instead::Form(form, "") => format!("write `{form}` instead"),
            Instead::Form(form, why) => format!("write `{form}` instead: {why}"),
            Instead::Nothing(why) => why.to_owned(),
        }
    }
}

/// Words that mean the same, and what to write instead of each.
pub type Row = (&'static [&'static str], Instead);

fn find(table: &[Row], word: &str) -> Option<Instead> {
    table.iter().find(|(words, _)| words.contains(&word)).map(|(_, instead)| *instead)
}
