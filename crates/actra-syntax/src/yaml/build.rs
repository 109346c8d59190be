//! Builds the tree from scalars and from the starts and ends of collections, with an explicit stack.
//!
//! Both readers call it, so that limits, aliases and duplicate keys are the same whichever of them reads a file.

use std::collections::BTreeMap;
use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId, Span, codes};
use granit_parser::StructureStyle;

use super::scalar_source::ScalarSource;
use super::scalar_source_map::rescan::rescan;
use super::{Entry, Node, NodeKind, Scalar, ScalarStyle, ScalarValue, quoted};
use crate::in_backticks;

/// How deep collections may stand in each other, counted after aliases are expanded.
const MAX_NESTING: usize = 64;

/// Bytes of text that count as one more node when an alias copies them.
const TEXT_PER_NODE: usize = 64;

/// The longest `[...]` or `{...}` that is kept as text for a fix.
const MAX_FLOW_SOURCE: usize = 200;

/// Takes the items of `rules:` one by one.
pub(crate) type RuleSink<'a> = &'a mut dyn FnMut(&Node, &mut Vec<Diagnostic>);

/// What stops a reader, after a diagnostic has said why.
pub(super) struct AlreadyReported;

/// A collection that is still open.
struct OpenCollection {
    kind: FrameKind,
    start: usize,
    anchor: usize,
    flow: bool,
    size: TreeSize,
}

pub(super) enum FrameKind {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<Node>, seen: KeySpans },
}

impl FrameKind {
    pub(super) fn sequence() -> Self {
        FrameKind::Sequence(Vec::new())
    }

    pub(super) fn mapping() -> Self {
        FrameKind::Mapping { entries: Vec::new(), key: None, seen: KeySpans::new() }
    }
}

/// The keys of a mapping so far, used once a linear search would take too long.
type KeySpans = BTreeMap<String, Span>;

/// Up to this many entries, keys are searched linearly.
const FEW_ENTRIES: usize = 16;

/// The size of a node: how much a copy costs, and how deep it nests.
#[derive(Clone, Copy, Default)]
struct TreeSize {
    nodes: usize,
    height: usize,
}

enum AnchorState {
    /// The node of the anchor is not complete, so an alias would contain itself.
    Open,
    Complete(Node, TreeSize),
    /// The node is larger than the budget, so it is not copied.
    TooLarge,
}

pub(super) struct TreeBuilder<'a> {
    file: FileId,
    text: &'a str,
    pub(super) masks: &'a [Range<usize>],
    budget: &'a mut usize,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
    frames: Vec<OpenCollection>,
    anchors: BTreeMap<usize, AnchorState>,
    pub(super) root: Option<Node>,
    budget_reported: bool,
    /// Where rules go instead of into the tree.
    pub(super) rule_sink: Option<RuleSink<'a>>,
    /// Whether the outermost open list is `rules:`.
    in_rules: bool,
}

impl<'a> TreeBuilder<'a> {
    pub(super) fn new(
        file: FileId,
        text: &'a str,
        masks: &'a [Range<usize>],
        budget: &'a mut usize,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            file,
            text,
            masks,
            budget,
            diagnostics,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            budget_reported: false,
            rule_sink: None,
            in_rules: false,
        }
    }

    pub(super) fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        place: &Range<usize>,
        indent: usize,
    ) {
        let span = Span::from_range(self.file, place);
        if self.masks.iter().any(|mask| overlap(mask, place)) {
            return self.add(Node::error(span), TreeSize::default(), anchor);
        }
        // The parser gives `~` for a value that is not there.
        let text = if style == ScalarStyle::Plain && place.is_empty() { "" } else { text };
        let source = ScalarSource {
            file: self.file,
            text: self.text,
            start: place.start,
            end: place.end,
            style,
            indent,
        };
        let scalar = Scalar {
            map: rescan(&source, text),
            text: text.to_owned(),
            style,
            comment: self.comment_after(style, place.end),
        };
        let written = self.text.get(place.clone()).unwrap_or("").trim_end_matches([' ', '\t', '\r', '\n']);
        let span = Span::from_range(self.file, &(place.start..place.start + written.len()));
        let size = TreeSize { nodes: 1 + text.len() / TEXT_PER_NODE, height: 0 };
        self.add(Node { kind: NodeKind::Scalar(scalar), span, flow_source: None }, size, anchor);
    }

    fn comment_after(&self, style: ScalarStyle, end: usize) -> Option<Box<str>> {
        let rest = self.text.get(end..).filter(|_| style == ScalarStyle::Plain)?;
        let comment = rest.trim_start_matches([' ', '\t']);
        if comment.len() == rest.len() || !comment.starts_with('#') {
            return None;
        }
        rest.split(['\r', '\n']).next().map(Into::into)
    }

    pub(super) fn open(
        &mut self,
        kind: FrameKind,
        style: StructureStyle,
        anchor: usize,
        place: &Range<usize>,
    ) -> Result<(), AlreadyReported> {
        if self.frames.len() >= MAX_NESTING {
            self.too_deep(Span::from_range(self.file, place));
            return Err(AlreadyReported);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, AnchorState::Open);
        }
        if let [root] = self.frames.as_slice() {
            self.in_rules = matches!(kind, FrameKind::Sequence(_)) && root.at_rules();
        }
        let flow = style == StructureStyle::Flow;
        self.frames.push(OpenCollection {
            kind,
            start: place.start,
            anchor,
            flow,
            size: TreeSize::default(),
        });
        Ok(())
    }

    fn too_deep(&mut self, span: Span) {
        let message = format!("collections are nested more than {MAX_NESTING} deep");
        self.diagnostics.push(Diagnostic::new(codes::TOO_DEEP, span, message));
    }

    pub(super) fn close(&mut self, end: usize) {
        let Some(frame) = self.frames.pop() else { return };
        let (kind, last) = match frame.kind {
            FrameKind::Sequence(items) => {
                let last = items.last().map(|item| item.span);
                (NodeKind::Sequence(items), last)
            }
            FrameKind::Mapping { entries, .. } => {
                let last = entries.last().map(|entry| entry.key.span.to(entry.value.span));
                (NodeKind::Mapping(entries), last)
            }
        };
        let start = Span::from_range(self.file, &(frame.start..frame.start));
        let span = match last {
            _ if frame.flow => Span::from_range(self.file, &(frame.start..end)),
            Some(last) => start.to(last),
            None => start,
        };
        let outermost = frame.flow && !self.frames.iter().any(|outer| outer.flow);
        let flow_source = self
            .text
            .get(frame.start..end)
            .filter(|text| outermost && text.len() <= MAX_FLOW_SOURCE && !text.contains(['\r', '\n']));
        let node = Node { kind, span, flow_source: flow_source.map(Into::into) };
        let size = TreeSize { nodes: frame.size.nodes + 1, height: frame.size.height + 1 };
        self.add(node, size, frame.anchor);
    }

    /// Closes what is open, with an error in the place of what was not read.
    pub(super) fn abandon(&mut self) {
        while let Some(frame) = self.frames.last_mut() {
            let end = frame.start;
            let rest = Node::error(Span::from_range(self.file, &(end..end)));
            match &mut frame.kind {
                FrameKind::Sequence(items) => items.push(rest),
                FrameKind::Mapping { entries, key, .. } => {
                    entries.extend(key.take().map(|key| Entry { key, value: rest.clone() }));
                    entries.push(Entry { key: rest.clone(), value: rest });
                }
            }
            self.close(end);
        }
    }

    pub(super) fn add_error(&mut self, place: &Range<usize>, anchor: usize) {
        self.add(Node::error(Span::from_range(self.file, place)), TreeSize::default(), anchor);
    }

    pub(super) fn add_alias(&mut self, id: usize, place: &Range<usize>) {
        let (node, size) = self.resolve_alias(id, place);
        self.add(node, size, 0);
    }

    /// A copy of the node that an alias refers to, or an error after reporting.
    fn resolve_alias(&mut self, id: usize, place: &Range<usize>) -> (Node, TreeSize) {
        let span = Span::from_range(self.file, place);
        let name = self.text.get(place.clone()).unwrap_or("");
        let depth = self.frames.len();
        match self.anchors.get(&id) {
            Some(AnchorState::Complete(node, size)) if size.nodes <= *self.budget => {
                if depth + size.height > MAX_NESTING {
                    self.too_deep(span);
                    return (Node::error(span), TreeSize::default());
                }
                *self.budget -= size.nodes;
                return (Node { span, ..node.clone() }, *size);
            }
            Some(AnchorState::Complete(..) | AnchorState::TooLarge) => {
                if !self.budget_reported {
                    self.budget_reported = true;
                    let message = format!(
                        "{} makes the aliases of this set expand beyond the limit",
                        in_backticks(name)
                    );
                    self.diagnostics.push(
                        Diagnostic::new(codes::ALIAS_BUDGET, span, message).help(
                            "aliases of a set may expand to 100000 nodes; use constants and definitions",
                        ),
                    );
                }
            }
            Some(AnchorState::Open) | None => {
                let message = format!("{} is inside its own anchor", in_backticks(name));
                self.diagnostics.push(Diagnostic::new(codes::BAD_ALIAS, span, message));
            }
        }
        (Node::error(span), TreeSize::default())
    }

    /// The node, or an error in its place when it is a rule that somebody takes.
    fn pass_to_sink(&mut self, node: Node) -> Node {
        match &mut self.rule_sink {
            Some(rule_sink) if self.in_rules && self.frames.len() == 2 => {
                rule_sink(&node, self.diagnostics);
                Node::error(node.span)
            }
            _ => node,
        }
    }

    /// Puts a complete node where the next one belongs.
    fn add(&mut self, node: Node, size: TreeSize, anchor: usize) {
        if anchor != 0 {
            let state = match size.nodes <= *self.budget {
                true => AnchorState::Complete(node.clone(), size),
                false => AnchorState::TooLarge,
            };
            self.anchors.insert(anchor, state);
        }
        let node = self.pass_to_sink(node);
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        frame.size.nodes = frame.size.nodes.saturating_add(size.nodes);
        frame.size.height = frame.size.height.max(size.height);
        match &mut frame.kind {
            FrameKind::Sequence(items) => items.push(node),
            FrameKind::Mapping { key: pending @ None, .. } => {
                let key = checked_key(node, self.diagnostics);
                *pending = Some(key);
            }
            FrameKind::Mapping { entries, key, seen } => {
                let Some(key) = key.take() else { return };
                if is_first(&key, entries, seen, self.diagnostics) {
                    entries.push(Entry { key, value: node });
                }
            }
        }
    }
}

impl OpenCollection {
    /// Whether the value of the first `rules` of a mapping comes next.
    fn at_rules(&self) -> bool {
        let FrameKind::Mapping { entries, key: Some(key), .. } = &self.kind else { return false };
        let rules = |key: &Node| key.text() == Some("rules");
        rules(key) && !entries.iter().any(|entry| rules(&entry.key))
    }
}

/// The key itself if it is text, else an error after reporting.
fn checked_key(key: Node, diagnostics: &mut Vec<Diagnostic>) -> Node {
    let found = match &key.kind {
        NodeKind::Error => return key,
        NodeKind::Scalar(scalar) if scalar.style == ScalarStyle::Plain && scalar.text == "<<" => {
            diagnostics.push(
                Diagnostic::new(codes::YAML_MERGE, key.span, "merge keys are not allowed")
                    .help("write the entries out, or repeat a whole value with an alias"),
            );
            return Node::error(key.span);
        }
        NodeKind::Scalar(scalar) => match scalar.value() {
            ScalarValue::Text => return key,
            other => other.described(),
        },
        NodeKind::Sequence(_) => "a list",
        NodeKind::Mapping(_) => "a mapping",
    };
    let mut diagnostic =
        Diagnostic::new(codes::WRONG_KIND, key.span, format!("a key must be text, found {found}"));
    if let NodeKind::Scalar(scalar) = &key.kind
        && !key.is_blank()
    {
        diagnostic = diagnostic.fix("quote the key", key.span, quoted(&scalar.text));
    }
    diagnostics.push(diagnostic);
    Node::error(key.span)
}

/// Whether a key is the first of its name in a mapping; reports a repetition.
fn is_first(key: &Node, entries: &[Entry], seen: &mut KeySpans, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let NodeKind::Scalar(scalar) = &key.kind else { return true };
    let mut known = entries.iter().filter_map(|entry| Some((entry.key.text()?, entry.key.span)));
    let first = if entries.len() <= FEW_ENTRIES {
        known.find(|(text, _)| *text == scalar.text).map(|(_, span)| span)
    } else {
        if seen.is_empty() {
            seen.extend(known.map(|(text, span)| (text.to_owned(), span)));
        }
        seen.get(&scalar.text).copied()
    };
    let Some(first) = first else {
        if !seen.is_empty() {
            seen.insert(scalar.text.clone(), key.span);
        }
        return true;
    };
    diagnostics.push(
        Diagnostic::new(
            codes::DUPLICATE_KEY,
            key.span,
            format!("the key {} appears twice", in_backticks(&scalar.text)),
        )
        .label("here again")
        .also(first, "first here"),
    );
    false
}

/// Whether two ranges have a byte in common.
pub(super) fn overlap(left: &Range<usize>, right: &Range<usize>) -> bool {
    left.start < right.end && right.start < left.end
}
