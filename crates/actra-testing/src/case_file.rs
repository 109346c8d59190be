//! Test files and their cases, once they are read.

use std::collections::BTreeMap;

use actra_engine::{Compilation, PolicySet, SetFile, check, check_with_proofs};

use crate::expected::{Expected, SetAnalysis};

/// Finds the policy set that a case file names by a path relative to itself.
pub type LoadSet<'a> = dyn FnMut(&str) -> Result<PolicySet, String> + 'a;

/// A case file.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The set that its cases share.
    pub set: PolicySet,
    /// In the order of the file; names are unique.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name, unique in its file.
    pub name: String,
    /// Where it starts, from 1.
    pub line: u32,
    /// The request as JSON, fixtures merged; `None` for a case about the set alone.
    pub request: Option<Vec<u8>>,
    /// Files that this case adds to the set or replaces in it; `None` removes one.
    pub files: BTreeMap<String, Option<String>>,
    pub(crate) expected: Vec<Expected>,
    pub(crate) unmentioned: Unmentioned,
}

/// How a case is judged if it does not mention the faults of its decision: `errors` and `undetermined`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmentioned {
    /// It fails: it was decided by something that it does not mention, such as a misspelt field.
    Fails,
    /// It passes, as in files that say `lenient: true`.
    Passes,
}

/// Something in a case file that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, in words for people.
    pub message: String,
}

impl CaseFile {
    /// The set of one case: the shared one with the files of the case.
    pub fn set_of(&self, case: &Case) -> PolicySet {
        let kept = self.set.files.iter().filter(|file| !case.files.contains_key(&file.path)).cloned();
        let own = case.files.iter().filter_map(|(path, text)| Some((path, text.as_ref()?)));
        let own = own.map(|(path, text)| text_file(path, text));
        PolicySet { files: kept.chain(own).collect(), baseline: self.set.baseline.clone() }
    }
}

impl Case {
    /// The diagnostic codes that the case expects.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.expected.iter().flat_map(Expected::codes)
    }

    /// Whether the case is about a decision, and does not mention this member of it.
    pub(crate) fn omits(&self, name: &str) -> bool {
        let mentions = |expected: &Expected| match expected {
            Expected::Members(members) => members.iter().any(|member| member.name == name),
            Expected::Decision { .. } => true,
            _ => false,
        };
        self.expected.iter().any(Expected::needs_request) && !self.expected.iter().any(mentions)
    }

    /// Whether the case expects a decision to the byte.
    pub fn expects_bytes(&self) -> bool {
        self.expected.iter().any(|expected| matches!(expected, Expected::Decision { .. }))
    }

    /// The set of the case with what its analysis reports, if the case is about more than compiling.
    pub(crate) fn analyzed(&self, case_file: &CaseFile) -> Option<Compilation> {
        match self.analysis()? {
            SetAnalysis::Compile => None,
            SetAnalysis::Check => Some(check(&case_file.set_of(self))),
            SetAnalysis::Prove => Some(check_with_proofs(&case_file.set_of(self))),
        }
    }

    /// The furthest analysis of the set that the case is about.
    fn analysis(&self) -> Option<SetAnalysis> {
        let analyses = self.expected.iter().filter_map(|expected| match expected {
            Expected::Diagnostics { analysis, .. } => Some(*analysis),
            _ => None,
        });
        analyses.max()
    }

    /// What the case expects, as text without lines, for comparing cases with each other.
    pub fn expectation(&self) -> String {
        format!("{:?}", self.expected)
    }
}

pub(crate) fn text_file(path: &str, text: &str) -> SetFile {
    SetFile { path: path.to_owned(), content: Ok(text.as_bytes().to_vec()) }
}
