//! The policy files as their authors wrote them, for what the compiled form has no spans of.

use std::collections::BTreeMap;

use actra_engine::diagnostics::{FileId, Span};
use actra_engine::model::limits;
use actra_engine::{Compilation, Policy};
use actra_syntax::ast;

/// The rules and the default of a policy as syntax trees.
#[derive(Debug, Default)]
pub(crate) struct PolicyAst {
    rules: BTreeMap<String, ast::Rule>,
    default: Option<Span>,
}

impl PolicyAst {
    pub(crate) fn new(policy: &Policy, outcome: &Compilation) -> Self {
        let mut files: Vec<FileId> = policy.rules.iter().map(|rule| rule.metadata.id.file).collect();
        files.sort();
        files.dedup();
        let mut ast: Self = Default::default();
        let mut budget = limits::ALIAS_NODES;
        for file in files {
            let text = outcome.sources.get(file).map_or("", |source| source.text.as_str());
            // The set compiles, so nothing is reported here.
            let read = actra_syntax::read_policy(file, text, &mut budget, &mut Vec::new());
            let Some((_, file)) = read else { continue };
            ast.default = ast.default.or(file.default.map(|default| default.span));
            ast.rules.extend(file.rules.into_iter().map(|rule| (rule.id.value.clone(), rule)));
        }
        ast
    }

    pub(crate) fn rule(&self, id: &str) -> Option<&ast::Rule> {
        self.rules.get(id)
    }

    /// Where the default stands; `None` if it is not written.
    pub(crate) fn default_span(&self) -> Option<Span> {
        self.default
    }
}

/// Whether a span lies within another.
pub(crate) fn is_within(part: Span, whole: Span) -> bool {
    part.file == whole.file && whole.start <= part.start && part.end <= whole.end
}
