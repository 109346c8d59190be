//! How the expressions of a file are written, which the syntax tree does not record.

use std::collections::BTreeMap;
use std::ops::Range;

use actra_diagnostics::Span;
use actra_syntax::ast::{Condition, ConditionKind};
use actra_syntax::expr;
use actra_syntax::yaml::{self, Node, NodeKind, Scalar, ScalarStyle};

use super::Edit;

/// The scalars of a file by their places.
pub(super) struct ScalarIndex<'n> {
    scalars: BTreeMap<(u32, u32), &'n Scalar>,
}

impl<'n> ScalarIndex<'n> {
    pub(super) fn new(root: &'n Node) -> Self {
        let mut scalars = BTreeMap::new();
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            match &node.kind {
                NodeKind::Scalar(scalar) => {
                    scalars.insert((node.span.start, node.span.end), scalar);
                }
                NodeKind::Sequence(items) => open.extend(items),
                NodeKind::Mapping(entries) => open.extend(entries.iter().map(|entry| &entry.value)),
                NodeKind::Error => {}
            }
        }
        Self { scalars }
    }

    fn scalar(&self, span: Span) -> Option<&'n Scalar> {
        self.scalars.get(&(span.start, span.end)).copied()
    }

    /// Whether a comment `// ...` stands in an expression of a condition.
    pub(super) fn is_commented(&self, condition: &Condition) -> bool {
        leaves(condition)
            .into_iter()
            .any(|leaf| self.scalar(leaf.span).is_some_and(|scalar| expr::has_comment(&scalar.text)))
    }

    /// The edit that replaces a condition: including its quotes, or from the indicator of its block scalar on, whose
    /// comment is kept.
    pub(super) fn edit(&self, text: &str, condition: &Condition, new: String) -> Option<Edit> {
        let place = condition.span.start as usize..condition.span.end as usize;
        let block = self.scalar(condition.span).filter(|scalar| is_block(scalar, &place));
        if block.is_none() {
            return Some((super::outer(text, place), new));
        }
        let header = yaml::block_header(text, place.start)?;
        let new = if header.comment.is_empty() { new } else { format!("{new}  {}", header.comment) };
        Some((header.at..place.end, new))
    }
}

/// Whether a block scalar stands at a place, and not an alias of one.
fn is_block(scalar: &Scalar, place: &Range<usize>) -> bool {
    let last = scalar.map.offset(scalar.text.trim_end().len().saturating_sub(1)) as usize;
    matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded) && place.contains(&last)
}

/// The expressions of a condition.
pub(super) fn leaves(condition: &Condition) -> Vec<&Condition> {
    let (mut found, mut open) = (Vec::new(), vec![condition]);
    while let Some(condition) = open.pop() {
        match &condition.kind {
            ConditionKind::Expression(_) => found.push(condition),
            ConditionKind::All(parts) | ConditionKind::Any(parts) => open.extend(parts.iter().rev()),
            ConditionKind::Not(inner) => open.push(inner),
            ConditionKind::StructuredAtom(_) => {}
        }
    }
    found
}
