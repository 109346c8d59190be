//! From YAML trees to the files of a policy set.

mod condition;
mod data;
mod entries;
mod expect;
mod governance;
mod policy;
mod schema;
mod scope;
mod template;

use actra_diagnostics::{Diagnostic, FileId, codes};

use crate::ast;
use crate::in_backticks;
use crate::yaml::{self, Node, NodeKind, ScalarValue};
use entries::Entries;

/// Reads `schema.yaml`; faults are reported and the faulty part left out.
///
/// A missing `actions` is reported here; whether it declares an action is not looked at.
pub fn decode_schema(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> ast::Schema {
    schema::schema(node, diagnostics).unwrap_or_default()
}

/// Reads a policy file; faults are reported and the faulty part left out.
///
/// Conditions, rules and definitions with a fault in them are left out whole.
pub fn decode_policy(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> ast::PolicyFile {
    policy::policy(node, diagnostics).unwrap_or_default()
}

/// Reads `governance.yaml`; faults are reported and the faulty part left out.
///
/// Entries with a fault in them stay with what could be read, so that their other parts are checked too.
pub fn decode_governance(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> ast::governance::Governance {
    governance::governance(node, diagnostics).unwrap_or_default()
}

/// Parses and reads a policy file, with its tree; `None` where [`yaml::parse`] gives `None`.
///
/// The diagnostics are those of [`yaml::parse`] and [`decode_policy`]. Where possible, each rule is read as soon as it
/// is parsed and replaced in the tree by an error, since the tree of a large file takes far more memory than what is
/// read from it.
pub fn read_policy(
    file: FileId,
    text: &str,
    alias_budget: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Node, ast::PolicyFile)> {
    let (mut rules, mut fragments) = (Vec::new(), Vec::new());
    let mut rule_sink = |node: &Node, diagnostics: &mut Vec<Diagnostic>| {
        rules.extend(policy::rule(node, &mut fragments, diagnostics));
    };
    // Comments that allow warnings are resolved in the whole tree.
    let whole = text.contains("actra:");
    let rule_sink: Option<yaml::RuleSink<'_>> = if whole { None } else { Some(&mut rule_sink) };
    let Some(node) = yaml::parse_fast(file, text, alias_budget, diagnostics, rule_sink) else {
        let node = yaml::parse_events(file, text, alias_budget, diagnostics)?;
        let read = decode_policy(&node, diagnostics);
        return Some((node, read));
    };
    let mut read = decode_policy(&node, diagnostics);
    if !whole {
        read.rules = rules;
        read.fragments = fragments;
    }
    Some((node, read))
}

/// Checks `version: 1`, which every file has.
fn check_version(entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(node) = entries.require("version", diagnostics) else { return };
    let NodeKind::Scalar(scalar) = &node.kind else {
        return expect::report_wrong_kind(node, "`version`", "the number 1", diagnostics);
    };
    match scalar.value() {
        ScalarValue::Number if scalar.text == "1" => {}
        ScalarValue::Number | ScalarValue::BadNumber(_) => diagnostics.push(
            Diagnostic::new(
                codes::UNKNOWN_VERSION,
                node.span,
                format!("the language version {} is not known", in_backticks(&scalar.text)),
            )
            .help("this release reads `version: 1`"),
        ),
        _ => expect::report_wrong_kind(node, "`version`", "the number 1", diagnostics),
    }
}

#[cfg(test)]
mod tests;
