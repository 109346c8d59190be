//! Explanations as JSON: the decision and the tree of every rule in scope.

use actra_engine::analyze::NearestChange;
use actra_engine::diagnostics::{Sources, Span};
use actra_engine::{EvalError, Explanation, ExplanationNode, NodeResult, Policy, RuleExplanation, Truth};

use crate::analysis::write_nearest_change;
use crate::decision::write_decision;
use crate::write;

/// Appends an explanation as `actra/explain/v1`: the decision, and for every rule in scope its condition as a tree.
///
/// A part of a condition has `truth` if it is a condition itself (`path` and `code` say why it is undetermined), else
/// `state` and, if that is `present`, `value`; of a value that is longer than 1,024 code points as JSON, `start` is
/// how its JSON starts, as text, and `left_out` how many code points follow. Places are those of the policy text.
pub fn write_explanation(explanation: &Explanation<'_>, sources: &Sources, out: &mut Vec<u8>) {
    write_members(explanation, sources, out);
    out.push(b'}');
}

/// Writes what [`write_explanation`] does, and `nearest`: the smallest change of the request that would have had a
/// more permissive outcome, or `null`.
pub fn write_explanation_with_nearest(
    policy: &Policy,
    explanation: &Explanation<'_>,
    nearest: Option<&NearestChange>,
    sources: &Sources,
    out: &mut Vec<u8>,
) {
    write_members(explanation, sources, out);
    out.extend_from_slice(b",\"nearest\":");
    write_nearest_change(policy, nearest, out);
    out.push(b'}');
}

/// Begins an object with the members that every explanation has.
fn write_members(explanation: &Explanation<'_>, sources: &Sources, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"schema\":\"actra/explain/v1\",\"decision\":");
    write_decision(&explanation.decision, out);
    out.extend_from_slice(b",\"rules\":");
    write::list(out, &explanation.rules, |out, explained| rule(out, explained, sources));
}

fn rule(out: &mut Vec<u8>, rule: &RuleExplanation, sources: &Sources) {
    out.extend_from_slice(b"{\"rule\":");
    write::string(out, &rule.rule);
    out.extend_from_slice(b",\"effect\":");
    write::string(out, rule.effect.as_str());
    out.extend_from_slice(b",\"mode\":");
    write::string(out, rule.mode.as_str());
    truth(out, &rule.truth);
    out.extend_from_slice(b",\"condition\":");
    node(out, &rule.condition, sources);
    out.push(b'}');
}

/// Recursion is bounded: conditions nest at most `limits::NESTING` deep.
fn node(out: &mut Vec<u8>, node: &ExplanationNode, sources: &Sources) {
    out.extend_from_slice(b"{\"text\":");
    write::string(out, &node.text);
    place(out, node.span, sources);
    match &node.result {
        NodeResult::Truth(shown) => truth(out, shown),
        NodeResult::Value(shown) => value(out, shown),
        NodeResult::Truncated { start, left_out } => {
            out.extend_from_slice(b",\"state\":\"present\",\"start\":");
            write::string(out, start);
            write::display(out, format_args!(",\"left_out\":{left_out}"));
        }
    }
    out.extend_from_slice(b",\"parts\":");
    write::list(out, &node.children, |out, child| self::node(out, child, sources));
    out.push(b'}');
}

fn place(out: &mut Vec<u8>, span: Span, sources: &Sources) {
    let position = sources.position(span.file, span.start);
    out.extend_from_slice(b",\"file\":");
    write::optional_string(out, sources.get(span.file).map(|source| source.path.as_str()));
    write::display(out, format_args!(",\"line\":{},\"column\":{}", position.line, position.column));
}

fn truth(out: &mut Vec<u8>, truth: &Truth) {
    let (word, leaf) = match truth {
        Truth::True => ("true", None),
        Truth::False => ("false", None),
        Truth::Undetermined(leaf) => ("undetermined", Some(leaf)),
    };
    out.extend_from_slice(b",\"truth\":");
    write::string(out, word);
    if let Some(EvalError { path, reason }) = leaf {
        out.extend_from_slice(b",\"path\":");
        write::string(out, path);
        out.extend_from_slice(b",\"code\":");
        write::string(out, reason.as_str());
    }
}

/// A value is shown as JSON, or in words such as `(none)`, which no JSON starts like.
fn value(out: &mut Vec<u8>, shown: &str) {
    out.extend_from_slice(b",\"state\":");
    match shown.strip_prefix('(') {
        Some(words) => write::string(out, words.trim_end_matches(')')),
        None => {
            out.extend_from_slice(b"\"present\",\"value\":");
            out.extend_from_slice(shown.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use actra_engine::Connective;
    use actra_engine::ir::RuleMode;
    use actra_engine::model::{Decision, Effect, PolicyHash, Reason};

    use super::*;

    #[test]
    fn the_tree_has_places_truths_and_values() {
        let mut sources = Sources::new();
        let file = sources.add("policy.yaml", "when: a > b\n");
        let span = |start, end| Span { file, start, end };
        let leaf = EvalError { path: "action.b".into(), reason: Reason::Missing };
        let part = |text: &str, start: u32, shown: &str| ExplanationNode {
            text: text.to_owned(),
            span: span(start, start + 1),
            result: NodeResult::Value(shown.to_owned()),
            connective: Connective::Other,
            children: Vec::new(),
        };
        let condition = ExplanationNode {
            text: "b < a".to_owned(),
            span: span(6, 11),
            result: NodeResult::Truth(Truth::Undetermined(leaf.clone())),
            connective: Connective::Other,
            children: vec![part("b", 10, "(unreadable)"), part("a", 6, "\"x\"")],
        };
        let rule = RuleExplanation {
            rule: "r".into(),
            effect: Effect::Block,
            mode: RuleMode::Shadow,
            truth: Truth::Undetermined(leaf),
            condition,
        };
        let decision = Decision::block(PolicyHash([7; 32]));
        let mut bytes = Vec::new();
        write_decision(&decision, &mut bytes);
        let decided = String::from_utf8(std::mem::take(&mut bytes)).unwrap();
        write_explanation(&Explanation { decision, rules: vec![rule] }, &sources, &mut bytes);
        let expected = [
            r#"{"schema":"actra/explain/v1","decision":"#,
            &decided,
            r#","rules":[{"rule":"r","effect":"block","mode":"shadow","truth":"undetermined","path":"action.b","code":"missing","#,
            r#""condition":{"text":"b < a","file":"policy.yaml","line":1,"column":7,"#,
            r#""truth":"undetermined","path":"action.b","code":"missing","parts":["#,
            r#"{"text":"b","file":"policy.yaml","line":1,"column":11,"state":"unreadable","parts":[]},"#,
            r#"{"text":"a","file":"policy.yaml","line":1,"column":7,"state":"present","value":"x","parts":[]}]}}]}"#,
        ];
        assert_eq!(String::from_utf8(bytes).unwrap(), expected.concat());
    }

    #[test]
    fn of_a_long_value_the_start_is_shown() {
        let mut sources = Sources::new();
        let file = sources.add("policy.yaml", "when: a\n");
        let part = ExplanationNode {
            text: "a".to_owned(),
            span: Span { file, start: 6, end: 7 },
            result: NodeResult::Truncated { start: "\"xx".to_owned(), left_out: 70 },
            connective: Connective::Other,
            children: Vec::new(),
        };
        let mut bytes = Vec::new();
        node(&mut bytes, &part, &sources);
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            r#"{"text":"a","file":"policy.yaml","line":1,"column":7,"state":"present","start":"\"xx","left_out":70,"parts":[]}"#
        );
    }
}
