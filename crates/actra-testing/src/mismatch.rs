//! One difference between what a case expects and what happened, and how it reads.

use std::fmt;

/// One way in which an outcome is not what a case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The line of the expectation, from 1.
    pub line: u32,
    /// What differs: a member of the decision, or `decision`, `explanation`, `diagnostics`, `hash`, `set`.
    pub subject: String,
    /// What it is; for a set that does not compile, why.
    pub actual: String,
    /// What the case expects of it.
    pub expected: String,
    layout: Layout,
}

/// How a difference reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// A member of a decision or a hash: one line.
    Member,
    /// Texts on lines of their own.
    Block,
    /// The set does not compile.
    NoPolicy,
    /// What the case does not mention, each on a line of its own.
    Unmentioned,
}

impl Mismatch {
    pub(crate) fn member(line: u32, name: &str, actual: String, expected: String) -> Self {
        Self { line, subject: name.to_owned(), actual, expected, layout: Layout::Member }
    }

    pub(crate) fn block(line: u32, subject: &str, actual: String, expected: String) -> Self {
        Self { line, subject: subject.to_owned(), actual, expected, layout: Layout::Block }
    }

    pub(crate) fn no_policy(line: u32, reason: String) -> Self {
        let expected = "a set that compiles".to_owned();
        Self { line, subject: "set".to_owned(), actual: reason, expected, layout: Layout::NoPolicy }
    }

    pub(crate) fn unmentioned(line: u32, name: &str, actual: &[String]) -> Self {
        let expected = format!("none, because `expect` does not name `{name}`");
        Self {
            line,
            subject: name.to_owned(),
            actual: actual.join("\n  "),
            expected,
            layout: Layout::Unmentioned,
        }
    }

    /// Fields of the request that are not declared, though the case names `errors`.
    pub(crate) fn undeclared(line: u32, fields: &[String]) -> Self {
        let expected = "none, because no entry of `errors` names its path".to_owned();
        Self {
            line,
            subject: "errors".to_owned(),
            actual: fields.join("\n  "),
            expected,
            layout: Layout::Unmentioned,
        }
    }

    /// The difference without its line.
    pub fn message(&self) -> String {
        let Self { subject, actual, expected, .. } = self;
        match self.layout {
            Layout::Member => format!("`{subject}` is {actual}, expected {expected}"),
            Layout::Block => {
                let verb = if subject.ends_with('s') { "are" } else { "is" };
                format!("the {subject} {verb}\n  {actual}\nexpected\n  {expected}")
            }
            Layout::Unmentioned => {
                let what =
                    if subject == "errors" { "the request has faults" } else { "rules could not be decided" };
                format!(
                    "{what}\n  {actual}\nif the test is about them, list them under `{subject}` in `expect`"
                )
            }
            Layout::NoPolicy => format!("the set does not compile\n{actual}"),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message())
    }
}
