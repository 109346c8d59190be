//! One statement about a policy set, proved or refuted.

use std::fmt::Write;

use actra_analyze::{Analyzer, Claim, Statement, Verdict};
use actra_diagnostics::{Diagnostic, Sources};
use actra_ir::governance::{Bound, Invariant};
use actra_ir::{Expr, ExprKind};
use actra_model::{Value, write_json_string};

use crate::Policy;

/// A statement as people write it: an invariant without a name.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Keys of a scope with their values; a key that stands more than once has a list.
    pub scope: &'a [(String, String)],
    /// An expression.
    pub when: Option<&'a str>,
    /// `block`, `at_least:require_approval`, `at_most:allow`
    pub effect: &'a str,
}

/// Why a statement could not be looked at.
#[derive(Debug)]
pub struct Refused {
    /// Errors in the statement or in the set.
    pub errors: Vec<Diagnostic>,
    /// The texts; the statement is the governance of the set.
    pub sources: Sources,
}

/// Whether a statement holds for all valid requests of a policy.
///
/// Cost: see [`Analyzer::prove`].
pub fn prove(policy: &Policy, asked: &Asked<'_>) -> Result<Verdict, Refused> {
    let (governance, diagnostics, sources) = actra_compile::governance_for(&policy.schema, &text(asked));
    match governance.as_ref().and_then(|governance| governance.invariants.first()) {
        Some(invariant) => Ok(Analyzer::default().prove(policy, &statement(invariant))),
        None => {
            Err(Refused { errors: diagnostics.into_iter().filter(Diagnostic::is_error).collect(), sources })
        }
    }
}

/// An invariant as the analyser takes it.
pub(crate) fn statement(invariant: &Invariant) -> Statement<'_> {
    let claim = match invariant.bound {
        Bound::Exactly => Claim::Exactly(invariant.effect),
        Bound::AtLeast => Claim::AtLeast(invariant.effect),
        Bound::AtMost => Claim::AtMost(invariant.effect),
    };
    let when = Some(&invariant.condition).filter(|condition| !is_true(condition));
    Statement { actions: &invariant.actions, when, claim }
}

fn is_true(condition: &Expr) -> bool {
    matches!(condition.kind, ExprKind::Literal(Value::Bool(true)))
}

/// The statement as the governance of a set. Strings are written as JSON, which is YAML.
fn text(asked: &Asked<'_>) -> String {
    let mut text = "version: 1\ngovernance:\n  invariants:\n    - id: asked\n      for: {".to_owned();
    let mut written: Vec<&str> = Vec::new();
    for (key, _) in asked.scope {
        if written.contains(&key.as_str()) {
            continue;
        }
        written.push(key);
        let values: Vec<&str> =
            asked.scope.iter().filter(|(known, _)| known == key).map(|(_, value)| value.as_str()).collect();
        let _ = write!(text, "{}{}: ", if written.len() > 1 { ", " } else { " " }, quoted(key));
        text.push_str(&match (key.as_str(), values.as_slice()) {
            // The one key with a value that is no text.
            ("global", [value]) if *value == "true" => "true".to_owned(),
            (_, [value]) => quoted(value),
            (_, values) => {
                format!("[{}]", values.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", "))
            }
        });
    }
    text.push_str(" }\n");
    if let Some(when) = asked.when {
        let _ = writeln!(text, "      when: {}", quoted(when));
    }
    let _ = match asked.effect.split_once(':') {
        Some((bound, effect)) => writeln!(text, "      effect: {{ {}: {} }}", quoted(bound), quoted(effect)),
        None => writeln!(text, "      effect: {}", quoted(asked.effect)),
    };
    text.push_str("      error: \"asked\"\n");
    text
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_json_string(&mut out, text);
    out
}
