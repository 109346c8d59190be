//! From YAML trees to the files of a policy set.

mod condition;
mod data;
mod entries;
mod policy;
mod schema;
mod scope;
mod template;
mod words;

use actra_diagnostics::{Diagnostic, codes};

use crate::ast;
use crate::yaml::{Node, NodeKind, ScalarValue, shown};
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

/// Checks `version: 1`, which every file has.
fn check_version(entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(node) = entries.require("version", diagnostics) else { return };
    let NodeKind::Scalar(scalar) = &node.kind else {
        return words::wrong_kind(node, "`version`", "the number 1", diagnostics);
    };
    match scalar.value() {
        ScalarValue::Number if scalar.text == "1" => {}
        ScalarValue::Number | ScalarValue::BadNumber(_) => diagnostics.push(
            Diagnostic::new(
                codes::UNKNOWN_VERSION,
                node.span,
                format!("the language version {} is not known", shown(&scalar.text)),
            )
            .help("this release reads `version: 1`"),
        ),
        _ => words::wrong_kind(node, "`version`", "the number 1", diagnostics),
    }
}

#[cfg(test)]
mod tests;
