//! The tree of any file, over the event parser.

use std::collections::BTreeMap;
use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId, Span, codes};
use granit_parser::Event;

use super::build::{AlreadyReported, FrameKind, TreeBuilder};
use super::fault::SyntaxFault;
use super::{Node, ScalarStyle, anchors, events, unquoted};
use crate::in_backticks;

/// The tree, as far as it could be read, and the fault that ended the reading.
pub(super) struct EventTree {
    pub root: Option<Node>,
    pub fault: Option<SyntaxFault>,
}

/// Reads a text, in which `masks` were already reported.
pub(super) fn read(
    file: FileId,
    text: &str,
    masks: &[Range<usize>],
    budget: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> EventTree {
    let builder = TreeBuilder::new(file, text, masks, budget, diagnostics);
    let mut reader = EventReader { file, text, builder, anchor_uses: BTreeMap::new(), documents: 0 };
    let fault = reader.events();
    reader.builder.abandon();
    if fault.is_none() {
        reader.check_empty();
        reader.check_anchors();
    }
    EventTree { root: reader.builder.root, fault }
}

struct EventReader<'a> {
    file: FileId,
    text: &'a str,
    builder: TreeBuilder<'a>,
    /// What became of each anchor, by its number.
    anchor_uses: BTreeMap<usize, anchors::AnchorUse>,
    documents: usize,
}

impl EventReader<'_> {
    /// Reads events up to the end of the text, to something that is reported, or to a fault of syntax.
    fn events(&mut self) -> Option<SyntaxFault> {
        for step in events::events(self.text) {
            let (event, span) = match step {
                Ok(step) => step,
                Err(error) => return Some(SyntaxFault::new(&error, self.text)),
            };
            if self.event(event, &span).is_err() {
                return None;
            }
        }
        None
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.builder.diagnostics.push(diagnostic);
    }

    fn event(&mut self, event: Event<'_>, span: &granit_parser::Span) -> Result<(), AlreadyReported> {
        let place = span.byte_range().unwrap_or_default();
        self.note_anchor(&event, &place);
        match event {
            Event::DocumentStart(..) => self.document(&place),
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == granit_parser::ScalarStyle::Plain;
                let unquoted =
                    (anchor != 0 && plain).then(|| unquoted::after_anchor(self.text, place.start)).flatten();
                if tag.is_some() {
                    self.tag(span, plain);
                    self.builder.add_error(&place, anchor);
                } else if let Some(unquoted) = unquoted {
                    self.report(unquoted.diagnostic(self.file, self.text));
                    self.builder.add_error(&unquoted.place, anchor);
                } else {
                    self.builder.scalar(&text, style_of(style), anchor, &place, span.indent.unwrap_or(0));
                }
                Ok(())
            }
            Event::SequenceStart(style, anchor, tag) => {
                if tag.is_some() {
                    self.tag(span, false);
                }
                self.builder.open(FrameKind::sequence(), style, anchor, &place)
            }
            Event::MappingStart(style, anchor, tag) => {
                if tag.is_some() {
                    self.tag(span, false);
                }
                self.builder.open(FrameKind::mapping(), style, anchor, &place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.builder.close(place.end);
                Ok(())
            }
            Event::Alias(id) => {
                self.builder.add_alias(id, &place);
                Ok(())
            }
            Event::UnresolvedAlias(name) => {
                let span = Span::from_range(self.file, &place);
                let message =
                    format!("there is no anchor {} before this alias", in_backticks(&format!("&{name}")));
                self.report(
                    Diagnostic::new(codes::BAD_ALIAS, span, message)
                        .help("quote the text if it is not meant as an alias"),
                );
                self.builder.add_error(&place, 0);
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
                if let Some(known) = self.anchor_uses.get_mut(id) {
                    known.referred = true;
                }
                return;
            }
            _ => return,
        };
        if anchor != 0 {
            self.anchor_uses.insert(anchor, anchors::AnchorUse { node: place.start, empty, referred: false });
        }
    }

    fn document(&mut self, place: &Range<usize>) -> Result<(), AlreadyReported> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let span = Span::from_range(self.file, place);
        self.report(
            Diagnostic::new(codes::MULTIPLE_DOCUMENTS, span, "a second document starts here")
                .help("put each document into a file of its own"),
        );
        Err(AlreadyReported)
    }

    fn check_empty(&mut self) {
        if self.builder.root.as_ref().is_some_and(|root| !root.is_blank())
            || !self.builder.diagnostics.is_empty()
        {
            return;
        }
        self.builder.root = None;
        let place = Span::from_range(self.file, &(0..0));
        self.report(
            Diagnostic::new(codes::MISSING_KEY, place, "the file is empty")
                .help("start it with `version: 1`"),
        );
    }

    fn check_anchors(&mut self) {
        // What was reported may be why an anchor seems to serve nothing.
        if self.builder.masks.is_empty() && self.builder.diagnostics.is_empty() {
            anchors::check(self.text, self.file, &self.anchor_uses, self.builder.diagnostics);
        }
    }

    /// Reports a tag; before a plain scalar it may be an expression that starts with `!`.
    fn tag(&mut self, span: &granit_parser::Span, plain: bool) {
        let node = span.byte_range().unwrap_or_default();
        let tag = span.tag_span().and_then(|tag| tag.byte_range()).unwrap_or(node.clone());
        if plain && let Some(unquoted) = unquoted::after_tag(self.text, &tag, node.end) {
            self.report(unquoted.diagnostic(self.file, self.text));
            return;
        }
        let name = self.text.get(tag.clone()).unwrap_or("");
        let message = format!("the tag {} is not allowed", in_backticks(name));
        self.report(
            Diagnostic::new(codes::YAML_TAG, Span::from_range(self.file, &tag), message)
                .help("remove the tag, or quote the whole text if it is not meant as one"),
        );
    }
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
