use std::fmt::Write;
use std::iter;

use actra_engine::diagnostics::{Sources, Span};
use actra_engine::ir::Mode;
use actra_engine::{Explanation, Node, RuleExplanation, Shown, Truth};

use crate::decide::outcome;
use crate::load::shown;

/// Characters shown of one text or value.
const WIDTH: usize = 160;

/// The outcome, and each rule in scope with its condition as an indented tree.
pub(crate) fn show(explanation: &Explanation, sources: &Sources, origin: &str) -> String {
    let mut text = outcome(&explanation.decision);
    text.push('\n');
    if explanation.rules.is_empty() && explanation.decision.errors.is_empty() {
        text.push_str("\nno rule covers this action\n");
    }
    for rule in &explanation.rules {
        let _ = write!(text, "\n{}\n  at {}\n", heading(rule), place(rule.condition.span, sources, origin));
        show_node(&mut text, &rule.condition, 1);
    }
    text
}

/// What the rule says, and whether its condition holds.
fn heading(rule: &RuleExplanation) -> String {
    let mode = match rule.mode {
        Mode::Enforce => "",
        Mode::Shadow => ", in shadow",
    };
    format!("{} ({}{mode}) {}", rule.rule, rule.effect, truth(&rule.truth))
}

/// `set/policy.yaml:7:11: action.amount > 1000`
fn place(span: Span, sources: &Sources, origin: &str) -> String {
    let position = sources.position(span.file, span.start);
    let path = sources.get(span.file).map_or("", |source| source.path.as_str());
    let written = sources.snippet(span).lines().next().unwrap_or("");
    let origin = shown(origin.trim_end_matches('/'));
    format!("{origin}/{}:{}:{}: {}", shown(path), position.line, position.column, cut(written))
}

/// Recursion is bounded: conditions nest at most `limits::NESTING` deep.
fn show_node(text: &mut String, node: &Node, depth: usize) {
    text.extend(iter::repeat_n("  ", depth));
    text.push_str(&cut(&node.text));
    let _ = match &node.shown {
        Shown::Truth(shown) => writeln!(text, " {}", truth(shown)),
        Shown::Value(value) => writeln!(text, " = {}", cut(value)),
    };
    for child in &node.children {
        show_node(text, child, depth + 1);
    }
}

fn truth(truth: &Truth) -> String {
    match truth {
        Truth::True => "is true".to_owned(),
        Truth::False => "is false".to_owned(),
        Truth::Undetermined(leaf) => {
            let path = if leaf.path.is_empty() { String::new() } else { format!(" ({})", shown(&leaf.path)) };
            format!("is undetermined: {}{path}", leaf.reason.message())
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        None => shown(text),
        Some((end, _)) => shown(text.get(..end).unwrap_or(text)) + "…",
    }
}
