//! The text behind a part of a condition, where it says the same as the part.
//!
//! Lowering drops pairs of negations (`unless: a != b` is `a == b`), so a text may say the opposite of what it became.
//! It is used only if both have an even or both an odd number of negations; else the canonical spelling is.

use actra_engine::diagnostics::{Sources, Span};
use actra_engine::{Connective, ExplanationNode, NodeResult, Truth};

/// A condition as written, and what that came to.
pub(super) fn condition<'n>(
    sources: &Sources,
    node: &'n ExplanationNode,
    truth: &'n Truth,
) -> (String, &'n Truth) {
    let written = one_line(sources.snippet(node.span));
    if !written.is_empty() && says_the_same(&written, &node.text) {
        return (written, truth);
    }
    if let (Connective::Not, [inner]) = (node.connective, node.children.as_slice())
        && let NodeResult::Truth(inner_truth) = &inner.result
        && is_unless(sources, node.span)
        && says_the_same(&written, &inner.text)
    {
        return (format!("unless {written}"), inner_truth);
    }
    (node.text.clone(), truth)
}

/// An operand as written; paths have one spelling.
pub(super) fn value(sources: &Sources, node: &ExplanationNode) -> String {
    let is_path = node.text.chars().all(|c| c.is_alphanumeric() || "._?".contains(c));
    let written = one_line(sources.snippet(node.span));
    if is_path || written.is_empty() { node.text.clone() } else { written }
}

/// The name of the constant that a literal was written as.
pub(super) fn constant(sources: &Sources, span: Span) -> Option<String> {
    let written = sources.snippet(span);
    if written.starts_with("constants.") {
        return Some(written.to_owned());
    }
    let is_named = text_before(sources, span).trim_end_matches(QUOTES).trim_end().ends_with("constant:");
    is_named.then(|| format!("constants.{}", written.trim_matches(QUOTES)))
}

/// Whether the parts make up the whole body of a definition.
pub(super) fn is_whole(sources: &Sources, body: Span, parts: &[&ExplanationNode]) -> bool {
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    let unquoted = |span: Span| {
        let text = sources.snippet(span).trim_matches(|c: char| c.is_whitespace() || "'\"()|>".contains(c));
        text.to_owned()
    };
    let canonical: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    let whole = unquoted(body);
    unquoted(first.span.to(last.span)) == whole && says_the_same(&whole, &canonical.join(" && "))
}

const QUOTES: [char; 2] = ['"', '\''];

fn text_before(sources: &Sources, span: Span) -> &str {
    let text = sources.get(span.file).map_or("", |source| source.text.as_str());
    text.get(..span.start as usize).unwrap_or("")
}

fn is_unless(sources: &Sources, span: Span) -> bool {
    let before =
        text_before(sources, span).trim_end_matches(|c: char| c.is_whitespace() || "'\"|>-(".contains(c));
    before.ends_with("unless:")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says_the_same(written: &str, canonical: &str) -> bool {
    negations(written) % 2 == negations(canonical) % 2
}

/// `!` and words that start with `not`, outside of quotes.
fn negations(text: &str) -> usize {
    let mut count = 0;
    let mut quote = None;
    let mut before = ' ';
    for (idx, c) in text.char_indices() {
        match quote {
            Some(open) if c == open && before != '\\' => quote = None,
            Some(_) => {}
            None if QUOTES.contains(&c) => quote = Some(c),
            None => {
                let is_word = !before.is_alphanumeric() && before != '_' && before != '.';
                let is_not = is_word && text.get(idx..).is_some_and(starts_with_not);
                count += usize::from(c == '!' || is_not);
            }
        }
        before = c;
    }
    count
}

/// `not`, `not_in`, `not:`
fn starts_with_not(text: &str) -> bool {
    text.strip_prefix("not").is_some_and(|rest| rest.starts_with([' ', '_', ':', '(']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_another_number_of_negations_says_the_opposite() {
        assert!(says_the_same("a != b", "!(a == b)"));
        assert!(says_the_same("{ operator: not_in, value: x }", "!(a in [\"x\"])"));
        assert!(!says_the_same("a != b", "a == b"));
        assert!(says_the_same("a == \"!\"", "a == '!'"));
        assert!(says_the_same("notes.x == 1", "notes.x == 1"));
    }
}
