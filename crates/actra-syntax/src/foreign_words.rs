//! What people write out of habit from other languages and engines, and what to write instead.
//!
//! There is one table for each kind of name. They are consulted only for names that do not exist, so they can grow
//! without changing the meaning of a policy.

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
    /// Another form: what to write, and why or when; the latter may be empty.
    Form(&'static str, &'static str),
    /// No replacement, and why there is none.
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
pub type ForeignWordRow = (&'static [&'static str], Replacement);

fn find(table: &[ForeignWordRow], word: &str) -> Option<Replacement> {
    table.iter().find(|(words, _)| words.contains(&word)).map(|(_, instead)| *instead)
}
