//! One canonical layout for the YAML files of a policy set. It changes only blanks, line breaks and brackets:
//! words, quotes, spellings of conditions and comments stay as the author wrote them.
//!
//! A file that uses something without a canonical layout is left unchanged, and the reason is given.

mod comments;
mod equivalence;
mod lines;
mod scalar;

use actra_diagnostics::{Diagnostic, FileId};

use crate::yaml::{self, Entry, Node, NodeKind, ScalarStyle};
use comments::Comments;
use lines::Lines;

/// Columns that a list or mapping in brackets may reach; a wider one is spread over lines.
const WIDTH: usize = 120;
/// White space within a line: other blanks of Unicode are text to YAML.
const BLANKS: [char; 2] = [' ', '\t'];
/// Columns that each level is indented by.
const STEP: usize = 2;

/// The result of formatting a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formatted {
    /// The text in its canonical form.
    Text(String),
    /// It is left unchanged, for this reason.
    Skipped(&'static str),
    /// The layout would change what the file means, which is a bug of the formatter; nothing may be written.
    MeaningChanged,
}

/// The canonical layout of a file; `None`, after reporting, for one that is not YAML as the language takes it.
///
/// Formatting the result gives the same text. Cost: linear in the text.
pub fn format(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Formatted> {
    let text = lines_of(text.strip_prefix('\u{feff}').unwrap_or(text));
    let root = parse(file, &text, diagnostics)?;
    let (text, root) = match without_start_mark(&text) {
        Some(bare) => (bare.clone(), parse(file, &bare, diagnostics)?),
        None => (text, root),
    };
    if let Some(reason) = unusual(&text) {
        return Some(Formatted::Skipped(reason));
    }
    if holds_mark(&root) {
        return Some(Formatted::Skipped(
            "one of its texts has a special meaning in YAML elsewhere; quote it",
        ));
    }
    let comments = yaml::comments(&text);
    let mut printer =
        Printer { text: &text, comments: Comments::new(&text, &comments), lines: Lines::default() };
    if printer.root(&root).is_none() {
        return Some(Formatted::Skipped("one of its values has no canonical layout"));
    }
    let formatted = printer.lines.finish();
    // A key may look like a document marker in the first column only, so the result is checked as well.
    if let Some(reason) = unusual(&formatted) {
        return Some(Formatted::Skipped(reason));
    }
    let mut found = Vec::new();
    let kept = parse(file, &formatted, &mut found).is_some_and(|other| equivalence::trees(&root, &other));
    let kept = kept && equivalence::comments(&text, &comments, &formatted, &yaml::comments(&formatted));
    Some(if kept { Formatted::Text(formatted) } else { Formatted::MeaningChanged })
}

/// The text with LF at the ends of lines. If it has another CR, nothing is replaced, and the parser reports that CR at
/// its
/// place.
fn lines_of(text: &str) -> String {
    let lines = text.replace("\r\n", "\n");
    if lines.contains('\r') { text.to_owned() } else { lines }
}

fn parse(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let before = diagnostics.len();
    let mut budget = usize::MAX;
    let root = yaml::parse(file, text, &mut budget, diagnostics)?;
    (!diagnostics.iter().skip(before).any(Diagnostic::is_error)).then_some(root)
}

/// A text without the `---` at its start, which means nothing if there is only one document.
fn without_start_mark(text: &str) -> Option<String> {
    let is_above = |line: &&str| line.trim_matches(['\n', ' ', '\t']).is_empty() || line.starts_with('#');
    let above: usize = text.split_inclusive('\n').take_while(is_above).map(str::len).sum();
    let (before, rest) = text.split_at_checked(above)?;
    let rest = rest.strip_prefix("---")?.trim_start_matches(BLANKS).strip_prefix('\n')?;
    Some(format!("{before}{rest}"))
}

/// Why a text is left unchanged.
fn unusual(text: &str) -> Option<&'static str> {
    if text.lines().any(|line| line.starts_with("---") || line.starts_with("...")) {
        return Some("it has document markers");
    }
    // YAML ignores one where a document may start, so it is not in the tree.
    if text.lines().any(|line| line.trim_start().starts_with('\u{feff}')) {
        return Some("it has a byte-order mark in the middle");
    }
    yaml::has_anchors(text).then_some("it uses anchors")
}

struct Printer<'t> {
    text: &'t str,
    comments: Comments<'t>,
    lines: Lines,
}

/// The context of a block collection, in the source and in the result.
#[derive(Clone, Copy)]
struct BlockContext {
    /// The column of its entries in the result.
    indent: usize,
    /// The column in the source from which on comments after its last entry belong to it.
    floor: usize,
    /// The end of the source in which comments can belong to it.
    limit: usize,
    /// Where the next node in the source starts.
    next: usize,
}

impl BlockContext {
    /// The context of an entry that is followed by another one, if there is one.
    fn until(self, next: Option<usize>) -> BlockContext {
        next.map_or(self, |next| BlockContext { limit: next, next, ..self })
    }

    fn below(self, floor: usize, limit: usize) -> BlockContext {
        BlockContext { indent: self.indent + STEP, floor, limit, next: self.next }
    }
}

/// `None` anywhere means that something has no canonical layout.
impl Printer<'_> {
    fn root(&mut self, root: &Node) -> Option<()> {
        let place = BlockContext { indent: 0, floor: 0, limit: self.text.len(), next: self.text.len() };
        self.lines.open();
        self.first_comments(root, 0);
        match &root.kind {
            NodeKind::Mapping(entries) if !entries.is_empty() => {
                self.mapping(entries, String::new(), place)?
            }
            NodeKind::Sequence(items) if !items.is_empty() => self.sequence(items, String::new(), place)?,
            _ => return None,
        }
        self.own_comments(self.text.len(), 0);
        Some(())
    }

    /// Entries in lines of their own; the first one stands behind `prefix`.
    fn mapping(&mut self, entries: &[Entry], prefix: String, place: BlockContext) -> Option<()> {
        let mut prefix = Some(prefix);
        for (idx, entry) in entries.iter().enumerate() {
            let next = entries.get(idx + 1).map(|next| start(&next.key));
            if prefix.is_none() {
                self.own_comments(self.head(entry), place.indent);
                self.lines.gap(self.blank_before(start(&entry.key)));
            }
            let before = prefix.take().unwrap_or_else(|| " ".repeat(place.indent));
            self.entry(entry, before, place.until(next))?;
        }
        self.trailing_comments(place);
        Some(())
    }

    /// The end of the source in which comments are put above an entry: its key, or the value on its line.
    fn head(&self, entry: &Entry) -> usize {
        if self.is_block(&entry.value) || entry.value.is_blank() || is_block_scalar(&entry.value) {
            start(&entry.key)
        } else {
            start(&entry.value)
        }
    }

    fn entry(&mut self, entry: &Entry, before: String, place: BlockContext) -> Option<()> {
        let key = self.source(&entry.key)?;
        if entry.value.is_blank() {
            self.line(format!("{before}{key}:"), end(&entry.key) + 1, place.next);
            return Some(());
        }
        let lead = format!("{before}{key}: ");
        if let Some(flow) = self.flow_that_fits(&entry.value, &lead) {
            self.line(format!("{lead}{flow}"), end(&entry.value), place.next);
            return Some(());
        }
        let column = self.column(start(&entry.key));
        match &entry.value.kind {
            // Such a comment has no place in the layout: after the indicator it would be text.
            NodeKind::Scalar(_) if self.is_comment_before_mark(entry) => None,
            NodeKind::Scalar(_) => self.scalar(&entry.value, lead, place),
            _ if is_empty(&entry.value) => None,
            NodeKind::Mapping(entries) => {
                self.opening(format!("{before}{key}:"), end(&entry.key) + 1, self.first_start(&entry.value));
                let below = self.below(&entry.value, column, place);
                self.first_comments(&entry.value, below.indent);
                self.mapping(entries, " ".repeat(below.indent), below)
            }
            NodeKind::Sequence(items) => {
                self.opening(format!("{before}{key}:"), end(&entry.key) + 1, self.first_start(&entry.value));
                let below = self.below(&entry.value, column, place);
                self.first_comments(&entry.value, below.indent);
                self.sequence(items, " ".repeat(below.indent), below)
            }
            NodeKind::Error => None,
        }
    }

    /// Whether a comment is between a key and the `|` or `>` on a line below.
    fn is_comment_before_mark(&self, entry: &Entry) -> bool {
        let behind = self.text.get(end(&entry.key)..).unwrap_or("");
        let mut lines = behind.split('\n').map(|line| line.trim_start_matches(BLANKS));
        let first = lines.next().map_or("", |line| line.trim_start_matches(':').trim_matches(BLANKS));
        let mut is_commented = first.starts_with('#');
        if !first.is_empty() && !is_commented {
            return false;
        }
        for line in lines.filter(|line| !line.is_empty()) {
            if !line.starts_with('#') {
                return is_commented && line.starts_with(['|', '>']);
            }
            is_commented = true;
        }
        false
    }

    fn sequence(&mut self, items: &[Node], prefix: String, place: BlockContext) -> Option<()> {
        let mut prefix = Some(prefix);
        for (idx, item) in items.iter().enumerate() {
            let next = items.get(idx + 1).map(|next| self.begin(next));
            if prefix.is_none() {
                self.first_comments(item, place.indent);
                self.lines.gap(self.blank_before(self.begin(item)));
            }
            let before = prefix.take().unwrap_or_else(|| " ".repeat(place.indent));
            self.item(item, before, place.until(next))?;
        }
        self.trailing_comments(place);
        Some(())
    }

    fn item(&mut self, item: &Node, before: String, place: BlockContext) -> Option<()> {
        if item.is_blank() {
            return None;
        }
        let lead = format!("{before}- ");
        if let Some(flow) = self.flow_that_fits(item, &lead) {
            self.line(format!("{lead}{flow}"), end(item), place.next);
            return Some(());
        }
        let dash = self.column(self.begin(item)).saturating_sub(1);
        match &item.kind {
            NodeKind::Scalar(_) => self.scalar(item, lead, place),
            _ if is_empty(item) => None,
            NodeKind::Mapping(entries) => self.mapping(entries, lead, self.below(item, dash, place)),
            NodeKind::Sequence(items) => self.sequence(items, lead, self.below(item, dash, place)),
            NodeKind::Error => None,
        }
    }

    /// The context of a node below a key or dash, which has this column in the source.
    fn below(&self, node: &Node, column: usize, place: BlockContext) -> BlockContext {
        match self.is_flow(node) {
            // Comments before its closing bracket belong to it, whatever their column.
            true => place.below(0, end(node)),
            false => place.below(self.column(start(node)).max(column + 1), place.limit),
        }
    }

    /// A line that opens a block, with the comment behind it.
    fn opening(&mut self, code: String, after: usize, first: usize) {
        let comment = self.comments.take_on_line(after, first);
        self.lines.code(code, comment);
        self.lines.open();
    }

    /// A line for source that ends at `after`, with the comment between it and the next node.
    fn line(&mut self, code: String, after: usize, next: usize) {
        let comment = self.comments.take_on_line(after, next);
        self.lines.code(code, comment);
    }

    /// Comments on lines of their own, up to a place of the source.
    fn own_comments(&mut self, before: usize, indent: usize) {
        while let Some((at, comment)) = self.comments.take_before(before) {
            self.lines.gap(self.blank_before(at));
            self.lines.comment(indent, comment);
        }
    }

    /// The comments before the first part of a node.
    fn first_comments(&mut self, node: &Node, indent: usize) {
        self.own_comments(self.first_start(node), indent);
        self.lines.gap(self.blank_before(self.first_start(node)));
    }

    /// The comments after the last entry of a collection that are indented like it.
    fn trailing_comments(&mut self, place: BlockContext) {
        while let Some((at, comment)) = self.comments.take_indented(place.limit, place.floor) {
            self.lines.gap(self.blank_before(at));
            self.lines.comment(place.indent, comment);
        }
    }

    /// The start of the first scalar or bracket in a node.
    fn first_start(&self, node: &Node) -> usize {
        match &node.kind {
            NodeKind::Sequence(items) if self.is_block(node) || self.is_flow(node) => {
                items.first().map_or(start(node), |item| self.first_start(item))
            }
            NodeKind::Mapping(entries) => {
                entries.first().map_or(start(node), |entry| self.head(entry).max(start(&entry.key)))
            }
            _ => self.begin(node),
        }
    }

    /// Where a node begins; the span of a block scalar is that of its words.
    fn begin(&self, node: &Node) -> usize {
        let header = is_block_scalar(node).then(|| yaml::block_header(self.text, start(node))).flatten();
        header.map_or(start(node), |header| header.at)
    }

    /// The text of a scalar on one line.
    fn source(&self, node: &Node) -> Option<&str> {
        let text = self.text.get(start(node)..end(node))?;
        (matches!(node.kind, NodeKind::Scalar(_)) && !is_block_scalar(node) && !text.contains('\n'))
            .then_some(text)
    }

    fn is_flow(&self, node: &Node) -> bool {
        let first = self.text.as_bytes().get(start(node));
        match node.kind {
            NodeKind::Mapping(_) => first == Some(&b'{'),
            NodeKind::Sequence(_) => first == Some(&b'['),
            _ => false,
        }
    }

    fn is_block(&self, node: &Node) -> bool {
        matches!(node.kind, NodeKind::Mapping(_) | NodeKind::Sequence(_)) && !self.is_flow(node)
    }

    fn flow_that_fits(&self, node: &Node, lead: &str) -> Option<String> {
        if !self.is_flow(node) {
            return None;
        }
        let flow = self.flow(node)?;
        let empty = flow.len() == 2;
        let fits = lead.chars().count() + flow.chars().count() <= WIDTH;
        ((fits || empty) && !self.comments.any_within(start(node), end(node))).then_some(flow)
    }

    /// A value in brackets on one line; `None` if it cannot be.
    fn flow(&self, node: &Node) -> Option<String> {
        match &node.kind {
            NodeKind::Scalar(_) => self.source(node).map(str::to_owned),
            NodeKind::Sequence(items) => {
                let items: Vec<String> = items.iter().map(|item| self.flow(item)).collect::<Option<_>>()?;
                Some(format!("[{}]", items.join(", ")))
            }
            NodeKind::Mapping(entries) if entries.is_empty() => Some("{}".to_owned()),
            NodeKind::Mapping(entries) => {
                let entry = |entry: &Entry| {
                    let key = self.source(&entry.key)?;
                    match entry.value.is_blank() {
                        true => Some(format!("{key}:")),
                        false => Some(format!("{key}: {}", self.flow(&entry.value)?)),
                    }
                };
                let entries: Vec<String> = entries.iter().map(entry).collect::<Option<_>>()?;
                Some(format!("{{ {} }}", entries.join(", ")))
            }
            NodeKind::Error => None,
        }
    }

    fn blank_before(&self, at: usize) -> bool {
        let before = self.text.get(..at).unwrap_or("");
        let line = before.rfind('\n').unwrap_or(0);
        let above = before.get(..line).unwrap_or("");
        line > 0 && above.rsplit('\n').next().is_some_and(|line| line.trim_matches(BLANKS).is_empty())
    }

    fn column(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or("");
        at - before.rfind('\n').map_or(0, |end| end + 1)
    }
}

/// Whether some text is just `?`, `-` or `:`, which is text in flow style only.
fn holds_mark(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            scalar.style == ScalarStyle::Plain && matches!(scalar.text.as_ref(), "?" | "-" | ":")
        }
        NodeKind::Sequence(items) => items.iter().any(holds_mark),
        NodeKind::Mapping(entries) => {
            entries.iter().any(|entry| holds_mark(&entry.key) || holds_mark(&entry.value))
        }
        NodeKind::Error => false,
    }
}

fn is_block_scalar(node: &Node) -> bool {
    let NodeKind::Scalar(scalar) = &node.kind else { return false };
    matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded)
}

/// Whether a node is an empty collection. A comment in one has no place in the layout.
fn is_empty(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Mapping(entries) => entries.is_empty(),
        NodeKind::Sequence(items) => items.is_empty(),
        _ => false,
    }
}

fn start(node: &Node) -> usize {
    node.span.start as usize
}

fn end(node: &Node) -> usize {
    node.span.end as usize
}

#[cfg(test)]
mod tests;
