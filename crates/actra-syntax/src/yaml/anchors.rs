//! Anchors without a use: often a text that starts with `&`, whose first word YAML takes for the name of an anchor.

use std::collections::BTreeMap;

use actra_diagnostics::{Diagnostic, FileId, Span, codes};

use crate::in_backticks;

/// An anchor, and whether it is used.
pub(super) struct AnchorUse {
    /// Where the node that bears it starts.
    pub node: usize,
    /// Whether nothing stands there.
    pub empty: bool,
    /// Whether an alias refers to it.
    pub referred: bool,
}

/// Reports anchors of empty nodes, and those that no alias refers to.
pub(super) fn check(
    text: &str,
    file: FileId,
    anchors: &BTreeMap<usize, AnchorUse>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for anchor in anchors.values().filter(|anchor| anchor.empty || !anchor.referred) {
        let Some((place, name)) = written(text, anchor.node) else { continue };
        let span = Span::from_range(file, &place);
        let name = in_backticks(name);
        diagnostics.push(if anchor.empty {
            let message = format!("{name} is an anchor of YAML, and there is nothing after it");
            Diagnostic::new(codes::EMPTY_ANCHOR, span, message)
                .help("quote the text if it is not meant as an anchor")
        } else {
            let message = format!("{name} is an anchor of YAML, and no alias refers to it");
            Diagnostic::new(codes::UNUSED_ANCHOR, span, message)
                .help("quote the whole text if this is a part of it, else remove the anchor")
        });
    }
}

/// The anchor before a node, with its range; that of an empty node is where the node would start.
fn written(text: &str, node: usize) -> Option<(std::ops::Range<usize>, &str)> {
    let before = text.get(..node)?;
    let start = match text.get(node..)?.starts_with('&') {
        true => node,
        false => before.rfind('&')?,
    };
    let length = text.get(start..)?.find([' ', '\t', '\r', '\n', ',', '[', ']', '{', '}']);
    let end = length.map_or(text.len(), |length| start + length);
    Some((start..end, text.get(start..end)?))
}
