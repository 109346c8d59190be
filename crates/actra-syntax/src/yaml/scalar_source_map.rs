//! Where each byte of a scalar's text stands in its file.

pub(super) mod builder;
pub(super) mod rescan;

use std::ops::Range;

use actra_diagnostics::{FileId, Span};

/// Where each byte of a scalar's text stands in its file, through quotes, escapes, folding and indentation.
///
/// A text that stands in the file as it is costs no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalarSourceMap {
    file: FileId,
    /// The file offset of the first byte.
    start: u32,
    /// One past the last byte of the scalar's content in the file.
    end: u32,
    /// For a text that does not stand in the file as it is.
    segments: Option<Box<Segments>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Segments {
    /// `(offset in the text, offset in the file)` of the start of each run, ascending in both.
    runs: Vec<(u32, u32)>,
    /// `(offset in the text, offset in the file)` of the end of each escape or fold, ascending in both.
    ends: Vec<(u32, u32)>,
    /// Lines that the text joins, ascending.
    joined: Vec<JoinedLine>,
    /// The file offset of the `>` that folds the text.
    folded_by: Option<u32>,
}

/// Two lines of the file that are one line of the text, where the author sees a line break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) struct JoinedLine {
    /// The offset in the text of what replaces the line break, else of the next line.
    pub at: u32,
    pub by: LineJoin,
}

/// What joins two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineJoin {
    /// Folding, which nothing in the line shows.
    Folding,
    /// A backslash at the end of the line.
    Backslash,
}

impl ScalarSourceMap {
    /// A map with the given runs (`(text offset, file offset)`, ascending, the first at text offset 0), ends of escapes
    /// and folds (offsets just after each, ascending), and joined line breaks.
    pub(super) fn new(
        file: FileId,
        runs: Vec<(u32, u32)>,
        ends: Vec<(u32, u32)>,
        joined: Vec<JoinedLine>,
        end: u32,
    ) -> Self {
        let start = runs.first().map_or(end, |(_, file)| *file);
        Self { file, start, end, segments: Some(Box::new(Segments { runs, ends, joined, folded_by: None })) }
    }

    /// Notes the offset of the `>` that folds the text, if one does.
    pub(super) fn folded_by(mut self, at: Option<u32>) -> Self {
        if let Some(segments) = &mut self.segments {
            segments.folded_by = at;
        }
        self
    }

    /// The place of the `>` that folds the text; `None` for any other text.
    pub(crate) fn fold_mark(&self) -> Option<Span> {
        let start = self.segments.as_ref()?.folded_by?;
        Some(Span { file: self.file, start, end: start.saturating_add(1) })
    }

    /// A text that stands in the file as it is.
    pub fn verbatim(file: FileId, start: u32, length: u32) -> Self {
        Self { file, start, end: start.saturating_add(length), segments: None }
    }

    /// The file offset of a text offset; past the text, the end of the scalar.
    pub fn offset(&self, text_offset: usize) -> u32 {
        let offset = u32::try_from(text_offset).unwrap_or(u32::MAX);
        let (text, file) = match &self.segments {
            None => (0, self.start),
            Some(segments) => last_at_or_before(&segments.runs, offset).unwrap_or((offset, self.end)),
        };
        file.saturating_add(offset - text).min(self.end)
    }

    /// The place of a range of the text.
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.offset(range.start);
        let end = if range.end > range.start { self.end_offset(range.end) } else { start };
        Span { file: self.file, start, end: end.max(start) }
    }

    /// The lines of the file that are joined within a range of the text: the offset of each second line, and what
    /// joined them.
    pub(crate) fn joined_lines(&self, range: Range<usize>) -> impl Iterator<Item = (usize, LineJoin)> + '_ {
        let joined = self.segments.as_ref().map_or(&[][..], |segments| &segments.joined);
        let from = joined.partition_point(|joined| joined.at as usize <= range.start);
        let rest = joined.get(from..).unwrap_or(&[]).iter();
        rest.map(|joined| (joined.at as usize, joined.by)).take_while(move |(at, _)| *at < range.end)
    }

    /// The file offset just after the byte that ends at a text offset above 0.
    fn end_offset(&self, text_end: usize) -> u32 {
        let offset = u32::try_from(text_end).unwrap_or(u32::MAX);
        let unit = self.segments.as_ref().and_then(|segments| last_at_or_before(&segments.ends, offset));
        match unit {
            Some((text, file)) if text == offset => file,
            _ => self.offset(text_end.saturating_sub(1)).saturating_add(1).min(self.end),
        }
    }
}

fn last_at_or_before(pairs: &[(u32, u32)], offset: u32) -> Option<(u32, u32)> {
    let after = pairs.partition_point(|(text, _)| *text <= offset);
    after.checked_sub(1).and_then(|idx| pairs.get(idx)).copied()
}
