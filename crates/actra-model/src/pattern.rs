use std::ops::Range;

use regex_syntax::ast::{self, Ast, parse::ParserBuilder};

use crate::limits;

mod portable;

/// A regular expression that RE2 and our engine read alike; it searches, and `\d \w \s \b` are ASCII.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: regex::Regex,
    anchors: (bool, bool),
}

/// Why a pattern is refused; the range is in bytes of the pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Not a regular expression.
    #[error("{message}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Where.
        range: Range<usize>,
    },
    /// Read differently by RE2, or not at all.
    #[error("{message}")]
    NotPortable {
        /// What is wrong.
        message: String,
        /// Where.
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
        Ok(Pattern { source: source.to_owned(), regex, anchors: (starts(&tree), ends(&tree)) })
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the pattern is found anywhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Whether every match must cover the whole text (`^...$` or `\A...\z` around everything).
    pub fn is_anchored(&self) -> bool {
        self.anchors == (true, true)
    }

    /// Whether every match must start where the text starts, and end where it ends.
    pub fn anchors(&self) -> (bool, bool) {
        self.anchors
    }
}

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

/// Whether every match starts where the text starts. `^` under a multi-line flag does not count.
fn starts(tree: &Ast) -> bool {
    edge(tree, true)
}

/// Whether every match ends where the text ends.
fn ends(tree: &Ast) -> bool {
    edge(tree, false)
}

fn edge(tree: &Ast, start: bool) -> bool {
    use ast::AssertionKind::{EndLine, EndText, StartLine, StartText};
    match tree {
        Ast::Assertion(assertion) => {
            matches!((&assertion.kind, start), (StartText | StartLine, true) | (EndText | EndLine, false))
        }
        // Flags could change what `^` and `$` mean, so nothing is claimed behind them.
        Ast::Concat(concat) if concat.asts.iter().any(|part| matches!(part, Ast::Flags(_))) => false,
        Ast::Concat(concat) if start => concat.asts.first().is_some_and(|first| edge(first, start)),
        Ast::Concat(concat) => concat.asts.last().is_some_and(|last| edge(last, start)),
        Ast::Alternation(alternation) => alternation.asts.iter().all(|branch| edge(branch, start)),
        Ast::Group(group) if group.flags().is_none() => edge(&group.ast, start),
        Ast::Group(group) => {
            group.flags().is_some_and(|flags| flags.items.is_empty()) && edge(&group.ast, start)
        }
        _ => false,
    }
}
