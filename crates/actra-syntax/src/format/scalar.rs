//! Scalars in block collections: on one line, or over several.

use super::{BLANKS, BlockContext, Printer, STEP, end, is_block_scalar, start};
use crate::yaml::{Node, NodeKind, block_header};

impl Printer<'_> {
    /// A scalar behind `lead`; its further lines are indented below its place.
    pub(super) fn scalar(&mut self, node: &Node, lead: String, place: BlockContext) -> Option<()> {
        let deeper = " ".repeat(place.indent + STEP);
        match is_block_scalar(node) {
            true => self.block_scalar(node, lead, &deeper),
            false => self.flow_scalar(node, lead, &deeper, place.next),
        }
    }

    /// Blanks around the line breaks of such a scalar are not part of it.
    fn flow_scalar(&mut self, node: &Node, lead: String, deeper: &str, next: usize) -> Option<()> {
        let source = self.text.get(start(node)..end(node))?;
        let mut lines = source.split('\n');
        let first = lines.next()?.trim_end_matches(BLANKS);
        let rest: Vec<&str> = lines.collect();
        let Some((last, between)) = rest.split_last() else {
            self.line(format!("{lead}{first}"), end(node), next);
            return Some(());
        };
        // A blank behind a backslash is text.
        if source.split('\n').any(|line| {
            line.trim_end_matches(BLANKS).len() < line.len() && line.trim_end_matches(BLANKS).ends_with('\\')
        }) {
            return None;
        }
        self.lines.code(format!("{lead}{first}"), None);
        for line in between {
            self.lines.whole(below(line.trim_matches(BLANKS), deeper));
        }
        self.line(below(last.trim_start_matches(BLANKS), deeper), end(node), next);
        Some(())
    }

    fn block_scalar(&mut self, node: &Node, lead: String, deeper: &str) -> Option<()> {
        let header = block_header(self.text, start(node))?;
        // The end of a scalar with an indentation or keep indicator depends on what surrounds it.
        if header.marks.contains(|c: char| c == '+' || c.is_ascii_digit()) {
            return None;
        }
        self.comments.skip_before(header.body);
        let comment = (!header.comment.is_empty()).then(|| header.comment.to_owned());
        self.lines.code(format!("{lead}{}", header.marks), comment);
        let body_start = header.body;
        if start(node) == end(node) || header.at == start(node) {
            // A scalar without words ends with its header, and what follows is another node. One of blanks alone has no
            // end in the
            // source.
            return is_empty_text(node).then_some(());
        }
        // Blanks behind the last words are text.
        let last_line = self.text.get(end(node)..)?.find('\n').map_or(self.text.len(), |at| end(node) + at);
        let body = self.text.get(body_start..last_line)?;
        let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let depth = body.split('\n').find(|line| !line.trim_matches(' ').is_empty()).map_or(0, blanks);
        let end = last_line + blank_text(self.text.get(last_line..)?, depth);
        for line in self.text.get(body_start..end)?.split('\n') {
            let own = line.get(depth.min(blanks(line))..)?;
            self.lines.whole(below(own, deeper));
        }
        Some(())
    }
}

/// Whether a scalar is without a character but line breaks.
fn is_empty_text(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Scalar(scalar) if scalar.text.trim_matches('\n').is_empty())
}

/// The length of the blank lines after the last line of words that are indented deeper than the words, which makes them
/// text as well. A tab is not indentation: left of the words, it ends the scalar.
fn blank_text(rest: &str, depth: usize) -> usize {
    let (mut at, mut end) = (0, 0);
    for line in rest.split('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if !line.trim_matches(BLANKS).is_empty() || (indent < depth && indent < line.len()) {
            break;
        }
        at += line.len();
        if line.len() > depth {
            end = at;
        }
        at += 1;
    }
    end
}

fn below(line: &str, deeper: &str) -> String {
    if line.is_empty() { String::new() } else { format!("{deeper}{line}") }
}
