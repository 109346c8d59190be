use std::collections::BTreeMap;

use actra_engine::{Outcome, PolicySet, SetFile, check, check_with_proofs};

use crate::expected::Expected;

/// Finds the policy set that a case file names by a path relative to itself.
pub type LoadSet<'a> = dyn FnMut(&str) -> Result<PolicySet, String> + 'a;

/// A case file.
#[derive(Debug, Clone)]
pub struct Suite {
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
    /// Files that this case puts in the place of those of the set; `None` takes one away.
    pub files: BTreeMap<String, Option<String>>,
    pub(crate) expected: Vec<Expected>,
    pub(crate) unsaid: Unsaid,
}

/// What a decision's `errors` and `undetermined` are where a case does not name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsaid {
    /// A failure: the case was decided by something that it does not mention, such as a misspelt field.
    Fails,
    /// Nothing to look at. So it is in files that say `lenient: true`.
    Passes,
}

/// Something in a case file that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl Suite {
    /// The set of one case: the shared one with the case's own files.
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

    /// Whether the case is about the members of a decision and says nothing of this one.
    pub(crate) fn leaves_out(&self, name: &str) -> bool {
        self.expected.iter().any(Expected::needs_request)
            && !self.expected.iter().any(|expected| match expected {
                Expected::Members(members) => members.iter().any(|member| member.name == name),
                Expected::Decision { .. } => true,
                _ => false,
            })
    }

    /// Whether the case expects a decision to the byte.
    pub fn expects_bytes(&self) -> bool {
        self.expected.iter().any(|expected| matches!(expected, Expected::Decision { .. }))
    }

    /// Whether the case is about what checking a set reports.
    pub(crate) fn is_checked(&self) -> bool {
        self.expected
            .iter()
            .any(|expected| matches!(expected, Expected::Check { .. } | Expected::Proofs { .. }))
    }

    /// What checking its set reports, if the case is about that.
    pub(crate) fn checked(&self, suite: &Suite) -> Option<Outcome> {
        let proofs = self.expected.iter().any(|expected| matches!(expected, Expected::Proofs { .. }));
        let set = || suite.set_of(self);
        match (proofs, self.is_checked()) {
            (true, _) => Some(check_with_proofs(&set())),
            (false, true) => Some(check(&set())),
            (false, false) => None,
        }
    }

    /// What the case expects, as text without places, for comparing cases with each other.
    pub fn expectation(&self) -> String {
        format!("{:?}", self.expected)
    }
}

pub(crate) fn text_file(path: &str, text: &str) -> SetFile {
    SetFile { path: path.to_owned(), content: Ok(text.as_bytes().to_vec()) }
}
