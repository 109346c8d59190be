//! From events to the tree, with an explicit stack.

use std::collections::BTreeMap;
use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId, Span, codes};
use granit_parser::{ErrorKind, Event, ScanError, StructureStyle};

use super::scalar_map::{ScalarSource, scalar_map};
use super::tree::overlap;
use super::{Entry, Node, NodeKind, Scalar, ScalarStyle, ScalarValue, anchors, common, eaten, events, shown};

/// How deep collections may stand in each other, counted after aliases are expanded.
const MAX_NESTING: usize = 64;

/// Bytes of text that count as one more node when an alias copies them.
const TEXT_PER_NODE: usize = 64;

/// The longest `[...]` or `{...}` that is kept as text for a fix.
const MAX_FLOW_SOURCE: usize = 200;

/// The tree, as far as it could be read, and what ended the reading.
pub(super) struct Built {
    pub root: Option<Node>,
    pub fault: Option<Fault>,
}

/// What the event parser could not read, and where.
pub(super) struct Fault {
    pub at: usize,
    pub kind: ErrorKind,
}

/// Builds the tree of a text, in which `masks` were already reported.
pub(super) fn build(
    file: FileId,
    text: &str,
    masks: &[Range<usize>],
    budget: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Built {
    let mut builder = Builder::new(file, text, masks, budget, diagnostics);
    let mut fault = None;
    for step in events::events(text) {
        let outcome = step.map_err(|error| Stop::Fault(fault_of(&error, text)));
        match outcome.and_then(|(event, span)| builder.event(event, &span)) {
            Ok(()) => {}
            Err(Stop::Reported) => break,
            Err(Stop::Fault(found)) => {
                fault = Some(found);
                break;
            }
        }
    }
    builder.abandon();
    if fault.is_none() {
        builder.check_empty();
        // What was reported may be why an anchor seems to serve nothing.
        if masks.is_empty() && builder.diagnostics.is_empty() {
            anchors::check(text, file, &builder.anchored, builder.diagnostics);
        }
    }
    Built { root: builder.root, fault }
}

/// Takes the items of `rules:` one by one.
pub(crate) type TakeRule<'a> = &'a mut dyn FnMut(&Node, &mut Vec<Diagnostic>);

/// Builds the tree of a text that needs no event parser; `None` for any other text.
///
/// An item of the list `rules:` of the file is given to `take` if that is there, and an [`NodeKind::Error`] stands
/// in its place.
pub(super) fn build_common<'a>(
    file: FileId,
    text: &'a str,
    budget: &'a mut usize,
    diagnostics: &'a mut Vec<Diagnostic>,
    take: Option<TakeRule<'a>>,
) -> Option<Node> {
    let mut builder = Builder { take, ..Builder::new(file, text, &[], budget, diagnostics) };
    common::read(text, &mut builder)?;
    builder.root
}

/// A range of a file as a span; files are at most `u32::MAX` bytes long.
pub(super) fn span_of(file: FileId, range: &Range<usize>) -> Span {
    let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { file, start: offset(range.start), end: offset(range.end) }
}

fn fault_of(error: &ScanError, text: &str) -> Fault {
    let mut at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    Fault { at, kind: error.kind().clone() }
}

pub(super) enum Stop {
    Reported,
    Fault(Fault),
}

/// A collection that is still open.
struct Frame {
    kind: FrameKind,
    start: usize,
    anchor: usize,
    flow: bool,
    size: Size,
}

pub(super) enum FrameKind {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<Node>, seen: Seen },
}

impl FrameKind {
    pub(super) fn sequence() -> Self {
        FrameKind::Sequence(Vec::new())
    }

    pub(super) fn mapping() -> Self {
        FrameKind::Mapping { entries: Vec::new(), key: None, seen: Seen::new() }
    }
}

/// The keys of a mapping so far, once they are too many to go through the entries for each.
type Seen = BTreeMap<String, Span>;

/// How many entries are gone through for a key.
const FEW_ENTRIES: usize = 16;

/// How much a copy of a node costs and how deep it is.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    height: usize,
}

enum Anchored {
    /// The node that bears it is not complete: an alias would contain itself.
    Open,
    Complete(Node, Size),
    /// Larger than the budget, so not worth a copy.
    TooLarge,
}

pub(super) struct Builder<'a> {
    file: FileId,
    text: &'a str,
    masks: &'a [Range<usize>],
    budget: &'a mut usize,
    diagnostics: &'a mut Vec<Diagnostic>,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Anchored>,
    /// Each anchor for its report, by its number.
    anchored: BTreeMap<usize, anchors::Use>,
    root: Option<Node>,
    documents: usize,
    budget_reported: bool,
    /// Where rules go instead of into the tree.
    take: Option<TakeRule<'a>>,
    /// Whether the outermost list that is open holds such rules.
    in_rules: bool,
}

impl<'a> Builder<'a> {
    fn new(
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
            anchored: BTreeMap::new(),
            root: None,
            documents: 0,
            budget_reported: false,
            take: None,
            in_rules: false,
        }
    }

    fn event(&mut self, event: Event<'_>, span: &granit_parser::Span) -> Result<(), Stop> {
        let place = span.byte_range().unwrap_or_default();
        self.note_anchor(&event, &place);
        match event {
            Event::DocumentStart(..) => self.document(&place),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == granit_parser::ScalarStyle::Plain;
                let eaten =
                    if anchor != 0 && plain { eaten::after_anchor(self.text, place.start) } else { None };
                if tag.is_some() {
                    self.tag(span, plain);
                    self.place(Node::error(span_of(self.file, &place)), Size::default(), anchor);
                } else if let Some(eaten) = eaten {
                    self.diagnostics.push(eaten.diagnostic(self.file, self.text));
                    self.place(Node::error(span_of(self.file, &eaten.place)), Size::default(), anchor);
                } else {
                    self.scalar(&text, style_of(style), anchor, &place, span.indent.unwrap_or(0));
                }
                Ok(())
            }
            Event::SequenceStart(style, anchor, tag) => {
                if tag.is_some() {
                    self.tag(span, false);
                }
                self.open(FrameKind::sequence(), style, anchor, &place)
            }
            Event::MappingStart(style, anchor, tag) => {
                if tag.is_some() {
                    self.tag(span, false);
                }
                self.open(FrameKind::mapping(), style, anchor, &place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(place.end);
                Ok(())
            }
            Event::Alias(id) => {
                let node = self.alias(id, &place);
                self.place(node.0, node.1, 0);
                Ok(())
            }
            Event::UnresolvedAlias(name) => {
                let span = span_of(self.file, &place);
                let message = format!("no anchor {} stands before this alias", shown(&format!("&{name}")));
                self.diagnostics.push(
                    Diagnostic::new(codes::BAD_ALIAS, span, message)
                        .help("quote the text if it is not meant as an alias"),
                );
                self.place(Node::error(span), Size::default(), 0);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Remembers what bears an anchor, and which an alias refers to.
    fn note_anchor(&mut self, event: &Event<'_>, place: &Range<usize>) {
        let (anchor, empty) = match event {
            Event::Scalar(_, style, anchor, _) => {
                (*anchor, *style == granit_parser::ScalarStyle::Plain && place.is_empty())
            }
            Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => (*anchor, false),
            Event::Alias(id) => {
                if let Some(known) = self.anchored.get_mut(id) {
                    known.referred = true;
                }
                return;
            }
            _ => return,
        };
        if anchor != 0 {
            self.anchored.insert(anchor, anchors::Use { node: place.start, empty, referred: false });
        }
    }

    fn document(&mut self, place: &Range<usize>) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let span = span_of(self.file, place);
        self.diagnostics.push(
            Diagnostic::new(codes::MULTIPLE_DOCUMENTS, span, "a second document starts here")
                .help("put each document into a file of its own"),
        );
        Err(Stop::Reported)
    }

    fn check_empty(&mut self) {
        if self.root.as_ref().is_some_and(|root| !root.is_blank()) || !self.diagnostics.is_empty() {
            return;
        }
        self.root = None;
        let place = span_of(self.file, &(0..0));
        self.diagnostics.push(
            Diagnostic::new(codes::MISSING_KEY, place, "the file is empty")
                .help("start it with `version: 1`"),
        );
    }

    /// Reports a tag; before a plain scalar it may be an expression that starts with `!`.
    fn tag(&mut self, span: &granit_parser::Span, plain: bool) {
        let node = span.byte_range().unwrap_or_default();
        let tag = span.tag_span().and_then(|tag| tag.byte_range()).unwrap_or(node.clone());
        if plain && let Some(eaten) = eaten::after_tag(self.text, &tag, node.end) {
            self.diagnostics.push(eaten.diagnostic(self.file, self.text));
            return;
        }
        let name = self.text.get(tag.clone()).unwrap_or("");
        let message = format!("the tag {} is not allowed", shown(name));
        self.diagnostics.push(
            Diagnostic::new(codes::YAML_TAG, span_of(self.file, &tag), message)
                .help("remove the tag, or quote the whole text if it is not meant as one"),
        );
    }

    pub(super) fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        place: &Range<usize>,
        indent: usize,
    ) {
        let span = span_of(self.file, place);
        if self.masks.iter().any(|mask| overlap(mask, place)) {
            return self.place(Node::error(span), Size::default(), anchor);
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
            map: scalar_map(&source, text),
            text: text.to_owned(),
            style,
            comment: self.comment_after(style, place.end),
        };
        let written = self.text.get(place.clone()).unwrap_or("").trim_end_matches([' ', '\t', '\r', '\n']);
        let span = span_of(self.file, &(place.start..place.start + written.len()));
        let size = Size { nodes: 1 + text.len() / TEXT_PER_NODE, height: 0 };
        self.place(Node { kind: NodeKind::Scalar(scalar), span, flow_source: None }, size, anchor);
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
    ) -> Result<(), Stop> {
        if self.frames.len() >= MAX_NESTING {
            self.too_deep(span_of(self.file, place));
            return Err(Stop::Reported);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored::Open);
        }
        if let [root] = self.frames.as_slice() {
            self.in_rules = matches!(kind, FrameKind::Sequence(_)) && root.at_rules();
        }
        let flow = style == StructureStyle::Flow;
        self.frames.push(Frame { kind, start: place.start, anchor, flow, size: Size::default() });
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
        let start = span_of(self.file, &(frame.start..frame.start));
        let span = match last {
            _ if frame.flow => span_of(self.file, &(frame.start..end)),
            Some(last) => start.to(last),
            None => start,
        };
        let outermost = frame.flow && !self.frames.iter().any(|outer| outer.flow);
        let flow_source = self
            .text
            .get(frame.start..end)
            .filter(|text| outermost && text.len() <= MAX_FLOW_SOURCE && !text.contains(['\r', '\n']));
        let node = Node { kind, span, flow_source: flow_source.map(Into::into) };
        let size = Size { nodes: frame.size.nodes + 1, height: frame.size.height + 1 };
        self.place(node, size, frame.anchor);
    }

    /// Closes what is open, with an error in the place of what was not read.
    fn abandon(&mut self) {
        while let Some(frame) = self.frames.last_mut() {
            let end = frame.start;
            let rest = Node::error(span_of(self.file, &(end..end)));
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

    fn alias(&mut self, id: usize, place: &Range<usize>) -> (Node, Size) {
        let span = span_of(self.file, place);
        let name = self.text.get(place.clone()).unwrap_or("");
        let depth = self.frames.len();
        match self.anchors.get(&id) {
            Some(Anchored::Complete(node, size)) if size.nodes <= *self.budget => {
                if depth + size.height > MAX_NESTING {
                    self.too_deep(span);
                    return (Node::error(span), Size::default());
                }
                *self.budget -= size.nodes;
                return (Node { span, ..node.clone() }, *size);
            }
            Some(Anchored::Complete(..) | Anchored::TooLarge) => {
                if !self.budget_reported {
                    self.budget_reported = true;
                    let message = format!("{} expands past the limit of the set for aliases", shown(name));
                    self.diagnostics.push(
                        Diagnostic::new(codes::ALIAS_BUDGET, span, message).help(
                            "aliases of a set may expand to 100000 nodes; use constants and definitions",
                        ),
                    );
                }
            }
            Some(Anchored::Open) | None => {
                let message = format!("{} stands inside of its own anchor", shown(name));
                self.diagnostics.push(Diagnostic::new(codes::BAD_ALIAS, span, message));
            }
        }
        (Node::error(span), Size::default())
    }

    /// The node, or what is left of it when it is a rule that is taken.
    fn taken(&mut self, node: Node) -> Node {
        match &mut self.take {
            Some(take) if self.in_rules && self.frames.len() == 2 => {
                take(&node, self.diagnostics);
                Node::error(node.span)
            }
            _ => node,
        }
    }

    fn place(&mut self, node: Node, size: Size, anchor: usize) {
        if anchor != 0 {
            let anchored = match size.nodes <= *self.budget {
                true => Anchored::Complete(node.clone(), size),
                false => Anchored::TooLarge,
            };
            self.anchors.insert(anchor, anchored);
        }
        let node = self.taken(node);
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

impl Frame {
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
        diagnostic = diagnostic.fix("quote the key", key.span, eaten::quoted(&scalar.text));
    }
    diagnostics.push(diagnostic);
    Node::error(key.span)
}

fn is_first(key: &Node, entries: &[Entry], seen: &mut Seen, diagnostics: &mut Vec<Diagnostic>) -> bool {
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
            format!("the key {} stands twice", shown(&scalar.text)),
        )
        .label("here again")
        .also(first, "first here"),
    );
    false
}

fn style_of(style: granit_parser::ScalarStyle) -> ScalarStyle {
    match style {
        granit_parser::ScalarStyle::Plain => ScalarStyle::Plain,
        granit_parser::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        granit_parser::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        granit_parser::ScalarStyle::Literal => ScalarStyle::Literal,
        granit_parser::ScalarStyle::Folded => ScalarStyle::Folded,
    }
}
