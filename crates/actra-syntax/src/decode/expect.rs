//! Nodes of the kind that is expected: text, booleans, and lists of them; every other kind is reported.

use actra_diagnostics::{Diagnostic, codes};

use crate::ast::{Name, Spanned};
use crate::yaml::{Entry, Node, NodeKind, Scalar, ScalarValue, quoted};

/// What a node is, in words.
pub(super) fn described(node: &Node) -> &'static str {
    match &node.kind {
        NodeKind::Scalar(scalar) => scalar.value().described(),
        NodeKind::Sequence(_) => "a list",
        NodeKind::Mapping(_) => "a mapping",
        NodeKind::Error => "something unreadable",
    }
}

/// Reports that a node is not of the expected kind.
pub(super) fn report_wrong_kind(node: &Node, what: &str, wanted: &str, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.extend(wrong_kind(node, what, wanted));
}

/// The diagnostic for a node that is not of the expected kind; `None` if it was reported before.
pub(super) fn wrong_kind(node: &Node, what: &str, wanted: &str) -> Option<Diagnostic> {
    let message = format!("{what} must be {wanted}, found {}", described(node));
    (node.kind != NodeKind::Error).then(|| Diagnostic::new(codes::WRONG_KIND, node.span, message))
}

/// Words in backticks, with commas.
pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Values that can be any text.
const PROSE: [&str; 5] = ["`message`", "`description`", "`error`", "a tag", "`argument`"];

/// A scalar that is text; reports anything else.
pub(super) fn text_scalar<'n>(
    node: &'n Node,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'n Scalar> {
    let NodeKind::Scalar(scalar) = &node.kind else {
        report_wrong_kind(node, what, "text", diagnostics);
        return None;
    };
    match scalar.value() {
        ScalarValue::Text => return Some(scalar),
        ScalarValue::Null if scalar.text.is_empty() => report_wrong_kind(node, what, "text", diagnostics),
        _ => diagnostics.extend(wrong_kind(node, what, "text").map(|diagnostic| {
            let diagnostic = diagnostic.help("quote it if it is meant as text");
            // Quoting a value would not make it a valid name.
            match PROSE.contains(&what) {
                true => diagnostic.fix("quote it", node.span, quoted(&scalar.text)),
                false => diagnostic,
            }
        })),
    }
    None
}

/// A text with its place.
pub(super) fn text(node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    text_scalar(node, what, diagnostics).map(|scalar| Spanned { value: scalar.text.clone(), span: node.span })
}

/// The text at a key with its place.
pub(super) fn text_at(node: &Node, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    match &node.kind {
        NodeKind::Scalar(scalar) if scalar.value() == ScalarValue::Text => {
            Some(Spanned { value: scalar.text.clone(), span: node.span })
        }
        _ => text(node, &format!("`{key}`"), diagnostics),
    }
}

/// The key of an entry, if it could be read.
pub(super) fn key_name(entry: &Entry) -> Option<Name> {
    entry.key_text().map(|text| Spanned { value: text.to_owned(), span: entry.key.span })
}

/// `true` or `false` with its place.
pub(super) fn boolean(node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Spanned<bool>> {
    if let NodeKind::Scalar(scalar) = &node.kind
        && let ScalarValue::Bool(value) = scalar.value()
    {
        return Some(Spanned { value, span: node.span });
    }
    let hint = match &node.kind {
        NodeKind::Scalar(scalar) => match scalar.text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" | "true" => Some("write `true`".to_owned()),
            "no" | "off" | "n" | "false" => Some("write `false`".to_owned()),
            _ => None,
        },
        _ => None,
    };
    let report = wrong_kind(node, what, "`true` or `false`");
    diagnostics.extend(report.map(|diagnostic| diagnostic.maybe_help(hint)));
    None
}

/// The items of a list; reports anything else.
pub(super) fn list<'n>(node: &'n Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<&'n [Node]> {
    match &node.kind {
        NodeKind::Sequence(items) => Some(items),
        _ => {
            report_wrong_kind(node, what, "a list", diagnostics);
            None
        }
    }
}

/// The texts of a list; those that are not text are reported and left out.
pub(super) fn texts(
    node: &Node,
    what: &str,
    item: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Name>> {
    let items = list(node, what, diagnostics)?;
    Some(items.iter().filter_map(|node| text(node, item, diagnostics)).collect())
}

/// The entries of a mapping whose keys are the author's names; a blank value is an empty mapping.
pub(super) fn named_entries<'n>(
    node: &'n Node,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> &'n [Entry] {
    match &node.kind {
        NodeKind::Mapping(entries) => entries,
        _ if node.is_blank() => &[],
        _ => {
            report_wrong_kind(node, what, "a mapping", diagnostics);
            &[]
        }
    }
}
