//! The definitions of a set by name, which the compiled policy no longer has.

use actra_diagnostics::{FileId, Sources, Span};
use actra_model::limits;
use actra_syntax::{ast, read_policy};

/// A condition with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The name by which conditions use it.
    pub name: String,
    /// Where its condition stands.
    pub body: Span,
}

/// The definitions of a set that compiles, in file order; none for a compiled policy, which has no texts.
///
/// Cost: parses the policy files again.
pub fn definitions(sources: &Sources) -> Vec<Definition> {
    let mut alias_budget = limits::ALIAS_NODES;
    let files = (0..).map(FileId).map_while(|file| Some((file, sources.get(file)?)));
    let policies = files.filter(|(_, source)| is_policy(&source.path));
    // A file without the word needs no parsing.
    let policies = policies.filter(|(_, source)| source.text.contains("definitions"));
    let read = policies.filter_map(|(file, source)| {
        Some(read_policy(file, &source.text, &mut alias_budget, &mut Vec::new())?.1.definitions)
    });
    read.flatten().map(definition).collect()
}

fn definition((name, condition): (ast::Name, ast::Condition)) -> Definition {
    Definition { name: name.value, body: condition.span }
}

fn is_policy(path: &str) -> bool {
    path == "policy.yaml" || path.starts_with("policies/")
}
