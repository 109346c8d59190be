use std::collections::BTreeMap;

use actra_engine::diagnostics::{FileId, Span};
use actra_engine::model::limits;
use actra_engine::{Outcome, Policy};
use actra_syntax::ast;

/// The policy files as written: where the parts of rules stand that the compiled form has no places for.
#[derive(Debug, Default)]
pub(crate) struct Places {
    rules: BTreeMap<String, ast::Rule>,
    default: Option<Span>,
}

impl Places {
    pub(crate) fn new(policy: &Policy, outcome: &Outcome) -> Self {
        let mut files: Vec<FileId> = policy.rules.iter().map(|rule| rule.origin.id.file).collect();
        files.sort();
        files.dedup();
        let mut places: Self = Default::default();
        let mut budget = limits::ALIAS_NODES;
        for file in files {
            let text = outcome.sources.get(file).map_or("", |source| source.text.as_str());
            // The set compiles, so nothing is reported here.
            let read = actra_syntax::read_policy(file, text, &mut budget, &mut Vec::new());
            let Some((_, file)) = read else { continue };
            places.default = places.default.or(file.default.map(|default| default.span));
            places.rules.extend(file.rules.into_iter().map(|rule| (rule.id.value.clone(), rule)));
        }
        places
    }

    pub(crate) fn rule(&self, id: &str) -> Option<&ast::Rule> {
        self.rules.get(id)
    }

    /// `None` where it is left out.
    pub(crate) fn default_effect(&self) -> Option<Span> {
        self.default
    }
}

/// Whether a part lies in another.
pub(crate) fn within(part: Span, whole: Span) -> bool {
    part.file == whole.file && whole.start <= part.start && part.end <= whole.end
}
