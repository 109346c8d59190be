//! Regular expressions of policies, restricted to what RE2 and our engine read alike, with the cost of matching them.

mod names;
mod portable;
mod shortest;
mod weight;

use std::ops::Range;

use regex_syntax::ast::{self, Ast, parse::ParserBuilder};
use regex_syntax::hir::{self, Look};

use crate::limits;

/// A regular expression that RE2 and our engine read alike; it searches, and `\d \w \s \b` are ASCII.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: regex::Regex,
    anchors: Anchors,
    longest: Option<usize>,
    shortest: Option<usize>,
    weight: u64,
}

/// Where every match of a pattern has to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchors {
    /// It covers the whole text.
    Both,
    /// It starts where the text starts.
    Start,
    /// It ends where the text ends.
    End,
    /// At neither end: it may be found anywhere in the text.
    Neither,
}

/// Why a pattern is refused; the range is in bytes of the pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Not a regular expression.
    #[error("{message}")]
    Syntax {
        /// What is wrong, in words for people.
        message: String,
        /// Where that is in the pattern, in bytes.
        range: Range<usize>,
    },
    /// Read differently by RE2, or not at all.
    #[error("{message}")]
    NotPortable {
        /// What is wrong, in words for people.
        message: String,
        /// Where that is in the pattern, in bytes.
        range: Range<usize>,
    },
    /// Compiles to more than the limit.
    #[error("compiles to more than 1 MiB")]
    TooLarge,
}

impl Pattern {
    /// Checks and compiles a pattern.
    pub fn new(source: &str) -> Result<Pattern, PatternError> {
        if source.len() > limits::PATTERN_BYTES / 16 {
            return Err(PatternError::TooLarge);
        }
        let tree = parse(source)?;
        let portable = portable::rewrite(source, &tree)?;
        let meaning = meaning(source, &portable)?;
        let regex = regex::RegexBuilder::new(&portable)
            .size_limit(limits::PATTERN_BYTES)
            .dfa_size_limit(limits::PATTERN_BYTES)
            .nest_limit(100)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
                other => {
                    PatternError::Syntax { message: last_line(&other.to_string()), range: 0..source.len() }
                }
            })?;
        let anchors = anchors(&meaning);
        let longest = meaning.properties().maximum_len().filter(|_| anchors == Anchors::Both);
        let shortest = shortest::shortest(&meaning);
        let weight = weight::weight(&meaning);
        Ok(Pattern { source: source.to_owned(), regex, anchors, longest, shortest, weight })
    }

    /// The pattern as it is written in the policy.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The pattern as the crate `regex` reads it: with ASCII classes spelled out.
    pub fn portable(&self) -> &str {
        self.regex.as_str()
    }

    /// Whether the pattern is found anywhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Whether every match must cover the whole text (`^...$` or `\A...\z` around everything).
    pub fn is_anchored(&self) -> bool {
        self.anchors == Anchors::Both
    }

    /// How many bytes a text has at most that matches, if the whole text must and that is known.
    pub fn longest(&self) -> Option<usize> {
        self.longest
    }

    /// How many code points a text has at least that matches; `None` if none does. That some text of that length does
    /// is not said where the pattern looks around.
    pub fn shortest(&self) -> Option<usize> {
        self.shortest
    }

    /// Whether searching a text of so many bytes costs no more than a call may ([`limits::CALL_COST`]).
    pub fn within_call_cost(&self, bytes: usize) -> bool {
        self.cost(bytes) <= limits::CALL_COST
    }

    /// An upper bound of the cost of searching a text of so many bytes, reading it included.
    pub fn cost(&self, bytes: usize) -> u64 {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        bytes.saturating_mul(self.weight).saturating_add(PATTERN)
    }

    /// How many units searching one byte of a text costs: one with up to eight classes of characters, repetitions
    /// written out; with more, forty and four for each beyond the eighth, since so many states may have to be followed
    /// at once.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// Where every match has to lie.
    pub fn anchors(&self) -> Anchors {
        self.anchors
    }
}

/// For starting to match a pattern, and for the reads around it.
const PATTERN: u64 = 64;

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

fn parse(source: &str) -> Result<Ast, PatternError> {
    ParserBuilder::new().nest_limit(100).build().parse(source).map_err(|error| PatternError::Syntax {
        message: error.kind().to_string(),
        range: range(error.span()),
    })
}

fn range(span: &ast::Span) -> Range<usize> {
    span.start.offset..span.end.offset
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned()
}

/// The pattern as an expression that no longer depends on its spelling.
fn meaning(source: &str, portable: &str) -> Result<hir::Hir, PatternError> {
    let refused = |error: &dyn std::fmt::Display| PatternError::Syntax {
        message: last_line(&error.to_string()),
        range: 0..source.len(),
    };
    let meaning = match regex_syntax::parse(portable) {
        Ok(meaning) => meaning,
        Err(regex_syntax::Error::Translate(error)) => return Err(refused(error.kind())),
        Err(error) => return Err(refused(&error)),
    };
    let properties = meaning.properties();
    // RE2 also looks between the bytes of one character, and there `\B` holds.
    if properties.look_set().contains(Look::WordAsciiNegate) && properties.minimum_len() == Some(0) {
        return Err(PatternError::NotPortable {
            message: "a pattern with `\\B` is refused if it can match the empty text".to_owned(),
            range: 0..source.len(),
        });
    }
    Ok(meaning)
}

fn anchors(meaning: &hir::Hir) -> Anchors {
    let properties = meaning.properties();
    let starts = properties.look_set_prefix().contains(Look::Start);
    let ends = properties.look_set_suffix().contains(Look::End);
    match (starts, ends) {
        (true, true) => Anchors::Both,
        (true, false) => Anchors::Start,
        (false, true) => Anchors::End,
        (false, false) => Anchors::Neither,
    }
}

#[cfg(test)]
mod tests;
