//! Decisions in one line, for people.

use std::fmt::Write;

use actra_engine::model::{Decision, Effect, ShadowTruth};

use crate::output::printable;

/// The effect, the rule with its message, and what could not be decided.
pub(crate) fn describe(decision: &Decision<'_>) -> String {
    let mut text = decision.effect.to_string();
    if let Some(rule) = &decision.matched_rule {
        let _ = write!(text, " by {rule}");
    }
    if let Some(message) = &decision.message {
        let _ = write!(text, ": {}", printable(message));
    }
    for undetermined in &decision.undetermined {
        let reason = undetermined.reason.message();
        let path = in_parentheses(&undetermined.path);
        let _ = write!(text, "; {} is undetermined: {reason}{path}", undetermined.rule);
    }
    if decision.undetermined.is_empty() {
        for fault in &decision.errors {
            let _ = write!(text, "; {}{}", fault.reason.message(), in_parentheses(&fault.path));
        }
    }
    for shadow in &decision.shadow {
        let effect = shadow.effect;
        let _ = match shadow.truth {
            ShadowTruth::True => write!(text, "; the shadow rule {} says {effect}", shadow.rule),
            ShadowTruth::Undetermined => write!(text, "; the shadow rule {} may say {effect}", shadow.rule),
        };
    }
    text
}

fn in_parentheses(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" ({})", printable(path)) }
}

/// The effect and what it comes from: ``block by rule `large` ``.
pub(crate) fn describe_briefly(decision: &Decision<'_>) -> String {
    let effect = decision.effect.as_str();
    if let Some(rule) = &decision.matched_rule {
        return match decision.matched_rules.iter().any(|id| id == rule) {
            true => format!("{effect} by rule `{rule}`"),
            false => format!("{effect} by rule `{rule}`, which cannot be decided"),
        };
    }
    if decision.effect == Effect::Block && !decision.errors.is_empty() {
        let codes: Vec<_> = decision.errors.iter().map(|fault| fault.reason.as_str()).collect();
        return format!("{effect}: {}", codes.join(", "));
    }
    format!("{effect} by default")
}
