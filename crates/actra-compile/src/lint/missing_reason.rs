//! Rules that block without saying why.

use actra_diagnostics::{Diagnostic, codes};
use actra_model::Effect;
use actra_syntax::ast::{Rule, TemplatePart};

use super::LintInput;

/// Warns about blocks without a message and a description, and about messages without text.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (written, rule) in set.rules() {
        if let Some(message) = written.message.as_ref().filter(|_| !has_message_text(written)) {
            diagnostics.push(
                Diagnostic::new(codes::NO_REASON, message.span, "the message is empty")
                    .help("say what the person who asked should know, or leave `message` out"),
            );
        } else if rule.effect == Effect::Block && !has_message_text(written) && !is_described(written) {
            let message = format!("`{}` blocks, but nothing says why", written.id.value);
            diagnostics.push(Diagnostic::new(codes::NO_REASON, written.id.span, message).help(
                "add a `message` for whoever is blocked, or a `description` for whoever reads the rule",
            ));
        }
    }
}

fn has_message_text(rule: &Rule) -> bool {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => !text.trim().is_empty(),
        TemplatePart::Hole(_) => true,
    };
    rule.message.as_ref().is_some_and(|message| message.parts.iter().any(part))
}

fn is_described(rule: &Rule) -> bool {
    rule.description.as_ref().is_some_and(|text| !text.value.trim().is_empty())
}
