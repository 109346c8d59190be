//! Comments that allow warnings, `# actra: allow(W0012) reason`, and what each of them covers.

use std::ops::Range;

use actra_diagnostics::{Code, Diagnostic, FileId, Severity, Span, codes};

use crate::in_backticks;
use crate::suggest::closest;
use crate::yaml::{self, Entry, Node, NodeKind};

/// A comment `# actra: allow(W0012) reason`: the warnings it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The warning that is allowed.
    pub code: Code,
    /// The place of the comment.
    pub span: Span,
    /// What it covers: at the end of a line, that line; alone on a line, the node that follows (a whole rule,
    /// field or key).
    pub covers: Span,
}

/// Finds the suppressions of a file.
///
/// A comment that allows several codes gives one suppression for each; one that nothing follows covers itself.
pub fn suppressions(
    file: FileId,
    text: &str,
    root: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Suppression> {
    if !text.contains("actra:") {
        return Vec::new();
    }
    let comments = yaml::comments(text);
    let mut found = Vec::new();
    for (range, content) in comments.iter().zip(contents(text, &comments)) {
        let comment = text.get(range.clone()).unwrap_or("");
        let Some(order) = comment.trim_start_matches('#').trim().strip_prefix("actra:") else { continue };
        let span = Span::from_range(file, range);
        let Some(allowed) = read(order.trim(), span, diagnostics) else { continue };
        let covers =
            covers(text, range, content, root).map_or(span, |covered| Span::from_range(file, &covered));
        found.extend(allowed.into_iter().map(|code| Suppression { code, span, covers }));
    }
    found
}

/// Reads `allow(CODE, CODE) reason`; `None` after reporting.
fn read(order: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Code>> {
    let mut refuse = |message: String, help: String| {
        diagnostics.push(Diagnostic::new(codes::BAD_SUPPRESSION, span, message).help(help));
    };
    let form = || "write `# actra: allow(W0003) reason`".to_owned();
    let parts = order.strip_prefix("allow(").and_then(|rest| rest.split_once(')'));
    let Some((list, reason)) = parts else {
        refuse("this is not an `actra: allow` comment".to_owned(), form());
        return None;
    };
    let mut allowed = Vec::new();
    for word in list.split(',').map(str::trim) {
        match Code::parse(word) {
            Some(code) if code.severity() == Severity::Warning => allowed.push(code),
            Some(_) => refuse(
                format!("{} is an error", in_backticks(word)),
                "only warnings can be allowed".to_owned(),
            ),
            None if word.is_empty() => refuse("the comment names no warning".to_owned(), form()),
            None => refuse(format!("there is no warning {}", in_backticks(word)), known_help(word)),
        }
    }
    if reason.trim_start_matches([' ', '\t', ':', '-']).is_empty() {
        refuse("the comment gives no reason".to_owned(), "give the reason after the `)`".to_owned());
        return None;
    }
    (!allowed.is_empty()).then_some(allowed)
}

fn known_help(word: &str) -> String {
    let warnings = || {
        codes::ALL
            .iter()
            .map(|(code, _)| *code)
            .filter(|code| code.severity() == Severity::Warning)
            .map(Code::as_str)
    };
    match closest(word, warnings()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "a warning is named by its code, such as `W0003`".to_owned(),
    }
}

/// For each comment, the first byte after it that is neither blank nor in another comment.
fn contents(text: &str, comments: &[Range<usize>]) -> Vec<Option<usize>> {
    let mut following = None;
    let mut next_start = text.len();
    let mut found: Vec<_> = comments
        .iter()
        .rev()
        .map(|comment| {
            let gap = text.get(comment.end..next_start).unwrap_or("");
            let content = gap.trim_start();
            if !content.is_empty() {
                following = Some(next_start - content.len());
            }
            next_start = comment.start;
            following
        })
        .collect();
    found.reverse();
    found
}

/// What a comment covers, given the content that follows it; `None` if nothing follows it.
fn covers(text: &str, comment: &Range<usize>, content: Option<usize>, root: &Node) -> Option<Range<usize>> {
    let before = text.get(..comment.start)?;
    let line_start = before.rfind('\n').map_or(0, |idx| idx + 1);
    let lead = before.get(line_start..)?;
    if lead.trim().is_empty() {
        // A comment that is indented more belongs to the block above, and not to what follows the block.
        let content = content.filter(|content| indent(text, *content) >= lead.len())?;
        return first_from(root, content);
    }
    Some(line_start..comment.end)
}

/// The column of a byte in its line, in bytes.
fn indent(text: &str, at: usize) -> usize {
    at - text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// The outermost entry or item that starts at or after a byte.
///
/// Places ascend in a tree, so at each level only the first child that ends after the byte can hold it.
fn first_from(root: &Node, start: usize) -> Option<Range<usize>> {
    let mut node = root;
    loop {
        let (place, value) = child_from(node, start)?;
        if place.start as usize >= start {
            return Some(place.start as usize..place.end as usize);
        }
        node = value;
    }
}

/// The first entry or item that ends after a byte, with its value.
fn child_from(node: &Node, start: usize) -> Option<(Span, &Node)> {
    match &node.kind {
        NodeKind::Sequence(items) => {
            let idx = items.partition_point(|item| item.span.end as usize <= start);
            items.get(idx).map(|item| (item.span, item))
        }
        NodeKind::Mapping(entries) => {
            let place = |entry: &Entry| entry.key.span.to(entry.value.span);
            let idx = entries.partition_point(|entry| place(entry).end as usize <= start);
            entries.get(idx).map(|entry| (place(entry), &entry.value))
        }
        NodeKind::Scalar(_) | NodeKind::Error => None,
    }
}

#[cfg(test)]
mod tests;
