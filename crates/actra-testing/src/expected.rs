//! What a case says about its outcome.

use std::fmt;

use actra_engine::model::RawValue;

/// One thing that a case says about its outcome.
#[derive(Clone)]
pub(crate) enum Expected {
    /// Members of the decision, each with its line; members that are not named are not compared.
    Members(Vec<ExpectedMember>),
    /// The decision to the byte.
    Decision { bytes: String, line: u32 },
    /// The rules of the explanation; keys that are not named, at any depth, are not compared.
    Explanation { rules: RawValue, line: u32 },
    /// Everything that an analysis of the set reports, in order.
    Diagnostics { analysis: SetAnalysis, list: Vec<ExpectedDiagnostic>, line: u32 },
    /// The hash of the policy.
    Hash { text: String, line: u32 },
}

/// How much of a set is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SetAnalysis {
    /// Whether it compiles.
    Compile,
    /// Whether it compiles, and what lints say.
    Check,
    /// Whether it compiles, what lints say, and what is proved of its rules.
    Prove,
}

/// A member of a decision.
#[derive(Clone)]
pub(crate) struct ExpectedMember {
    pub(crate) name: String,
    pub(crate) value: RawValue,
    pub(crate) line: u32,
}

/// A diagnostic; parts that are `None` are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ExpectedDiagnostic {
    pub(crate) code: String,
    /// `Some(None)`: it has no location.
    pub(crate) file: Option<Option<String>>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    /// Files and lines of labels, all of which it has.
    pub(crate) also: Vec<(String, u32)>,
}

impl Expected {
    /// Whether it is about the decision on a request, and not about the set alone.
    pub(crate) fn needs_request(&self) -> bool {
        !matches!(self, Expected::Diagnostics { .. } | Expected::Hash { .. })
    }

    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        let list = match self {
            Expected::Diagnostics { list, .. } => list.as_slice(),
            _ => &[],
        };
        list.iter().map(|diagnostic| diagnostic.code.as_str())
    }
}

/// Without lines, so that two cases that say the same look the same.
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Members(members) => {
                f.debug_list().entries(members.iter().map(|member| (&member.name, &member.value))).finish()
            }
            Expected::Decision { bytes, .. } => f.write_str(bytes),
            Expected::Explanation { rules, .. } => rules.fmt(f),
            Expected::Diagnostics { list, .. } => list.fmt(f),
            Expected::Hash { text, .. } => f.write_str(text),
        }
    }
}
