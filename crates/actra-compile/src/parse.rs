//! The files of a set, parsed and decoded, and what later phases ask about their texts.

use actra_diagnostics::{Diagnostic, FileId, Sources, Span, codes};
use actra_model::limits;
use actra_syntax::yaml::{self, Node, NodeKind};
use actra_syntax::{Suppression, ast};

use crate::set_layout::SetLayout;

/// `governance.yaml`, decoded.
#[derive(Default)]
pub(crate) struct ParsedGovernance {
    pub(crate) decl: Option<ast::governance::Governance>,
    pub(crate) suppressions: Vec<Suppression>,
}

pub(crate) fn parse_governance(
    file: FileId,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> ParsedGovernance {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let node = yaml::parse(file, text, &mut limits::ALIAS_NODES.clone(), diagnostics);
    let Some(node) = node else { return ParsedGovernance::default() };
    ParsedGovernance {
        suppressions: actra_syntax::suppressions(file, text, &node, diagnostics),
        decl: Some(actra_syntax::decode_governance(&node, diagnostics)),
    }
}

/// The decoded files.
#[derive(Default)]
pub(crate) struct ParsedSet {
    pub(crate) schema: Option<ast::Schema>,
    pub(crate) policies: Vec<ast::PolicyFile>,
    pub(crate) suppressions: Vec<Suppression>,
    /// The first key of the first policy file.
    pub(crate) start: Option<Span>,
    /// The first key `rules`.
    pub(crate) rules: Option<Span>,
    /// Whether `default` is set somewhere, even if it is faulty, or could be set in text that is not YAML.
    pub(crate) default_written: bool,
}

pub(crate) fn parse_set(
    layout: &SetLayout,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> ParsedSet {
    let mut parsed = ParsedSet::default();
    let mut alias_budget = limits::ALIAS_NODES;
    let text = |file: FileId| sources.get(file).map_or("", |source| source.text.as_str());
    if let Some(file) = layout.schema
        && let Some(node) = yaml::parse(file, text(file), &mut alias_budget, diagnostics)
    {
        parsed.suppressions.extend(actra_syntax::suppressions(file, text(file), &node, diagnostics));
        parsed.schema = Some(actra_syntax::decode_schema(&node, diagnostics));
    }
    for file in layout.policies.iter().copied() {
        let faults = diagnostics.len();
        let read = actra_syntax::read_policy(file, text(file), &mut alias_budget, diagnostics);
        if let Some((node, policy)) = read {
            parsed.suppressions.extend(actra_syntax::suppressions(file, text(file), &node, diagnostics));
            parsed.start = parsed.start.or_else(|| keys(&node).next().map(|key| key.span));
            parsed.rules = parsed.rules.or_else(|| key(&node, "rules"));
            parsed.default_written |= key(&node, "default").is_some();
            parsed.policies.push(policy);
        }
        let mut found = diagnostics.iter().skip(faults);
        parsed.default_written |= found.any(|found| found.code == codes::YAML_SYNTAX);
    }
    parsed
}

fn keys(node: &Node) -> impl Iterator<Item = &Node> {
    let entries = if let NodeKind::Mapping(entries) = &node.kind { entries.as_slice() } else { &[] };
    entries.iter().map(|entry| &entry.key)
}

/// The place of the key with a name.
fn key(node: &Node, name: &str) -> Option<Span> {
    let is_meant = |key: &&Node| matches!(&key.kind, NodeKind::Scalar(scalar) if scalar.text == name);
    keys(node).find(is_meant).map(|key| key.span)
}
