//! Where parts of a policy stand, as people and editors read it: `set/policy.yaml:7:11`.

use std::path::Path;

use actra_engine::Policy;
use actra_engine::diagnostics::{Position, Sources, Span};

use crate::output::printable;

/// The locations of spans in the files of a set.
#[derive(Clone, Copy)]
pub(crate) struct Locations<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) set: &'a Path,
}

impl Locations<'_> {
    /// `set/policy.yaml:7`
    pub(crate) fn line(&self, span: Span) -> String {
        let Position { line, .. } = self.sources.position(span.file, span.start);
        format!("{}:{line}", self.file(span))
    }

    /// `set/policy.yaml:7:11`
    pub(crate) fn column(&self, span: Span) -> String {
        let Position { line, column } = self.sources.position(span.file, span.start);
        format!("{}:{line}:{column}", self.file(span))
    }

    /// `set/policy.yaml`
    fn file(&self, span: Span) -> String {
        let file = self.sources.get(span.file).map_or("", |source| source.path.as_str());
        let set = self.set.to_string_lossy();
        format!("{}/{}", printable(set.trim_end_matches('/')), printable(file))
    }
}

/// The names and locations of rules, by their index.
pub(crate) struct RuleLocations<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) locations: Locations<'a>,
}

impl<'a> RuleLocations<'a> {
    /// The id of a rule.
    pub(crate) fn id(&self, rule: usize) -> &'a str {
        self.policy.rules.get(rule).map_or("", |rule| &*rule.id)
    }

    /// Where the condition of a rule stands: `set/policy.yaml:7`.
    pub(crate) fn line(&self, rule: usize) -> String {
        let rule = self.policy.rules.get(rule);
        rule.map_or_else(String::new, |rule| self.locations.line(rule.condition.span))
    }
}
