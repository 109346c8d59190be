//! Plain data: literals, constants, required actions.

use actra_diagnostics::{Diagnostic, Span, codes, terminal_safe};

use super::expect;
use crate::ast::{Data, DataKind, Spanned};
use crate::in_backticks;
use crate::yaml::{Node, NodeKind, Scalar, ScalarValue, quoted};

/// The most elements of a list, or entries of a mapping, in data.
const MAX_ELEMENTS: usize = 10_000;

/// Reads plain data; `None` if a fault was reported in any part of it.
///
/// Recursion is bounded: trees are at most 64 deep.
pub(super) fn data(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Data> {
    let kind = match &node.kind {
        NodeKind::Scalar(scalar) if node.is_blank() => {
            diagnostics.push(empty(node.span, scalar, None));
            return None;
        }
        NodeKind::Scalar(scalar) => scalar_data(scalar, node.span, diagnostics)?,
        NodeKind::Sequence(items) => {
            check_size(items.len(), node.span, diagnostics)?;
            let read: Vec<_> = items.iter().map(|item| data(item, diagnostics)).collect();
            DataKind::List(read.into_iter().collect::<Option<_>>()?)
        }
        NodeKind::Mapping(entries) => {
            check_size(entries.len(), node.span, diagnostics)?;
            let read: Vec<_> = entries
                .iter()
                .map(|entry| {
                    let value = match &entry.value.kind {
                        NodeKind::Scalar(scalar) if entry.value.is_blank() => {
                            diagnostics.push(empty(entry.key.span, scalar, entry.key_text()));
                            None
                        }
                        _ => data(&entry.value, diagnostics),
                    };
                    Some((expect::key_name(entry)?, value?))
                })
                .collect();
            DataKind::Map(read.into_iter().collect::<Option<_>>()?)
        }
        NodeKind::Error => return None,
    };
    Some(Spanned { value: kind, span: node.span })
}

/// A missing value that YAML reads as null: reported at its key, or where it would be.
fn empty(place: Span, scalar: &Scalar, key: Option<&str>) -> Diagnostic {
    let message = match key {
        Some(key) => format!("{} has no value", in_backticks(key)),
        None => "there is no value here".to_owned(),
    };
    let comment = scalar.comment.as_deref().map(str::trim);
    let glued = key.and_then(|key| key.split_once(':')).filter(|(name, _)| !name.is_empty());
    let help = match (comment, glued) {
        (Some(comment), _) => {
            format!("a `#` after a space starts a comment; quote what is meant as text: {}", quoted(comment))
        }
        (None, Some((name, value))) => {
            format!("put a space after the colon: `{}`", terminal_safe(&format!("{name}: {value}")))
        }
        (None, None) => "write the value after the colon, or indent it more than its key".to_owned(),
    };
    Diagnostic::new(codes::EMPTY_VALUE, place, message).help(help).help("write `null` if that is meant")
}

fn scalar_data(scalar: &Scalar, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<DataKind> {
    Some(match scalar.value() {
        ScalarValue::Null => DataKind::Null,
        ScalarValue::Bool(value) => DataKind::Bool(value),
        ScalarValue::Number => DataKind::Number(scalar.text.clone()),
        ScalarValue::Text => DataKind::String(scalar.text.clone()),
        ScalarValue::BadNumber(help) => {
            let message = format!("{} is not a plain decimal number", in_backticks(&scalar.text));
            diagnostics.push(Diagnostic::new(codes::BAD_NUMBER, span, message).help(help));
            return None;
        }
    })
}

fn check_size(elements: usize, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    if elements <= MAX_ELEMENTS {
        return Some(());
    }
    let message = format!("{elements} elements are more than the limit of {MAX_ELEMENTS}");
    diagnostics.push(Diagnostic::new(codes::TOO_MANY_ELEMENTS, span, message));
    None
}
