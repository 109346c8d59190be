//! Scalars in block collections: on one line, or over several.

use super::{Printer, STEP, end, start};
use crate::yaml::{Node, ScalarStyle};

impl Printer<'_> {
    /// A scalar behind `lead`; its further lines are indented below `indent`.
    pub(super) fn scalar(
        &mut self,
        node: &Node,
        style: ScalarStyle,
        lead: String,
        indent: usize,
    ) -> Option<()> {
        let deeper = " ".repeat(indent + STEP);
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_scalar(node, lead, &deeper),
            ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                self.flow_scalar(node, lead, &deeper)
            }
        }
    }

    /// Blanks around the line breaks of such a scalar are not part of it.
    fn flow_scalar(&mut self, node: &Node, lead: String, deeper: &str) -> Option<()> {
        let source = self.text.get(start(node)..end(node))?;
        let mut lines = source.split('\n');
        let first = lines.next()?.trim_end_matches([' ', '\t']);
        let rest: Vec<&str> = lines.collect();
        let Some((last, between)) = rest.split_last() else {
            self.line(format!("{lead}{first}"), end(node));
            return Some(());
        };
        // A blank behind a backslash is text.
        if source.split('\n').any(|line| {
            line.trim_end_matches([' ', '\t']).len() < line.len() && line.trim_end().ends_with('\\')
        }) {
            return None;
        }
        self.lines.code(format!("{lead}{first}"), None);
        for line in between {
            self.lines.whole(below(line.trim_matches([' ', '\t']), deeper));
        }
        self.line(below(last.trim_start_matches([' ', '\t']), deeper), end(node));
        Some(())
    }

    fn block_scalar(&mut self, node: &Node, lead: String, deeper: &str) -> Option<()> {
        let source = self.text.get(start(node)..)?;
        let header = source.split('\n').next()?;
        let (marks, comment) = match header.split_once('#') {
            Some((marks, comment)) => (marks.trim_end(), Some(format!("#{}", comment.trim_end()))),
            None => (header.trim_end(), None),
        };
        // How far a counted or kept scalar reaches depends on what stands around it.
        if marks.contains(|c: char| c == '+' || c.is_ascii_digit()) {
            return None;
        }
        let body_start = start(node) + header.len() + 1;
        self.comments.skip_before(body_start.min(self.text.len()));
        self.lines.code(format!("{lead}{marks}"), comment);
        if end(node) < body_start {
            return Some(());
        }
        // Blanks behind the last words are text.
        let last_line = self.text.get(end(node)..)?.find('\n').map_or(self.text.len(), |at| end(node) + at);
        let body = self.text.get(body_start..last_line)?;
        let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let depth = body.split('\n').find(|line| !line.trim_matches(' ').is_empty()).map_or(0, blanks);
        for line in body.split('\n') {
            let own = line.get(depth.min(blanks(line))..)?;
            self.lines.whole(below(own, deeper));
        }
        Some(())
    }
}

fn below(line: &str, deeper: &str) -> String {
    if line.is_empty() { String::new() } else { format!("{deeper}{line}") }
}
