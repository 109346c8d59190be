//! `select:` of a structural rule.

use actra_diagnostics::{Diagnostic, codes};

use crate::ast::Name;
use crate::ast::governance::{AtomPatternDecl, Where};
use crate::decode::condition::{atom_value, path};
use crate::decode::entries::Entries;
use crate::decode::expect::{self, text, text_at, texts};
use crate::decode::scope::selector_scope;
use crate::yaml::{Node, NodeKind};

const KEYS: [&str; 6] = ["effect", "scope", "when", "id", "mode", "tags"];

/// Reads `select`. A selector with a fault in it is left out whole, since it would select other rules.
pub(super) fn select(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Where> {
    let entries = Entries::read(node, "`select`", &["where"], diagnostics)?;
    let node = entries.require("where", diagnostics)?;
    let faults = diagnostics.len();
    let entries = Entries::read(node, "`where`", &KEYS, diagnostics)?;
    let mut word = |key: &str| entries.get(key).and_then(|node| text_at(node, key, diagnostics));
    let (effect, id, mode) = (word("effect"), word("id"), word("mode"));
    let selector = Where {
        span: node.span,
        effect,
        scope: entries.get("scope").and_then(|node| selector_scope(node, diagnostics)),
        when: entries.get("when").and_then(|node| atom(node, diagnostics)),
        id,
        mode,
        tags: entries.get("tags").map_or_else(Vec::new, |node| tags(node, diagnostics)),
    };
    (diagnostics.len() == faults && entries.is_complete()).then_some(selector)
}

/// A tag, or a list of at least one.
fn tags(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Name> {
    match &node.kind {
        NodeKind::Sequence(items) if items.is_empty() => {
            diagnostics.push(Diagnostic::new(codes::EMPTY_OPERAND, node.span, "`tags` is empty"));
            Vec::new()
        }
        NodeKind::Sequence(_) => texts(node, "`tags`", "a tag", diagnostics).unwrap_or_default(),
        _ => text(node, "`tags`", diagnostics).into_iter().collect(),
    }
}

fn atom(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<AtomPatternDecl> {
    let entries = Entries::read(node, "a selector's `when`", &["subject", "operator", "value"], diagnostics)?;
    let subject = entries.require("subject", diagnostics);
    let operator = entries.get("operator").and_then(|node| text_at(node, "operator", diagnostics));
    let value = entries.get("value").and_then(|node| atom_value(node, diagnostics));
    if entries.entry("value").is_some() && entries.entry("operator").is_none() {
        entries.report_missing("operator", diagnostics);
    }
    let subject = subject?;
    let parts = Entries::read(subject, "a `subject`", &["domain", "field"], diagnostics)?;
    let domain = parts.get("domain").and_then(|node| text(node, "`domain`", diagnostics));
    let field = parts.get("field").and_then(|node| path(node, diagnostics));
    if parts.entry("domain").is_none() && parts.entry("field").is_none() {
        report_no_subject(subject, diagnostics);
        return None;
    }
    Some(AtomPatternDecl {
        span: node.span,
        subject: subject.span,
        domain,
        field: field.unwrap_or_default(),
        operator,
        value,
    })
}

/// Unknown keys have been reported.
fn report_no_subject(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    if matches!(&node.kind, NodeKind::Mapping(entries) if entries.is_empty()) {
        let keys = expect::listed(&["domain", "field"]);
        let message = format!("a `subject` needs one of {keys}");
        diagnostics.push(Diagnostic::new(codes::MISSING_KEY, node.span, message));
    }
}
