use actra_diagnostics::{Diagnostic, Span, codes};

use super::words;
use crate::ast::{Data, DataKind, Spanned};
use crate::yaml::{Node, NodeKind, Scalar, ScalarValue, shown};

/// The most elements of a list, or entries of a mapping, in data.
const MAX_ELEMENTS: usize = 10_000;

/// Reads plain data; `None` if a fault was reported in any part of it.
///
/// Recursion is bounded: trees are at most 64 deep.
pub(super) fn data(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Data> {
    let kind = match &node.kind {
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
                    let value = data(&entry.value, diagnostics);
                    Some((words::key_name(entry)?, value?))
                })
                .collect();
            DataKind::Map(read.into_iter().collect::<Option<_>>()?)
        }
        NodeKind::Error => return None,
    };
    Some(Spanned { value: kind, span: node.span })
}

fn scalar_data(scalar: &Scalar, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<DataKind> {
    Some(match scalar.value() {
        ScalarValue::Null => DataKind::Null,
        ScalarValue::Bool(value) => DataKind::Bool(value),
        ScalarValue::Number => DataKind::Number(scalar.text.clone()),
        ScalarValue::Text => DataKind::String(scalar.text.clone()),
        ScalarValue::BadNumber(help) => {
            let message = format!("{} is not a plain decimal number", shown(&scalar.text));
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
