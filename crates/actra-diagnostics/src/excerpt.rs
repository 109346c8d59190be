//! The few lines of a file that a diagnostic shows.
//!
//! The renderer gets only these, never the file: hidden characters are replaced, long lines cut, and places put on
//! character boundaries, so that its cost and its output are bounded whatever the file holds.

use std::ops::Range;

use crate::source::clamp;
use crate::{FileId, Sources, Span, terminal_safe_char};

/// Characters given to the renderer of one line; it shows those around the places.
const LINE_CHARS: usize = 1_000;

/// Consecutive lines of a file, ready to show.
pub(crate) struct Excerpt {
    /// The number of the first line, from 1.
    pub(crate) line: usize,
    /// The lines, each with its end but for the last.
    pub(crate) text: String,
    windows: Vec<Window>,
}

/// The part of one line that is shown.
struct Window {
    /// The bytes of the file that are shown.
    source: Range<usize>,
    /// Where they start in the excerpt.
    shown: usize,
}

impl Excerpt {
    /// The lines from that of the first place to that of the last; all places lie in `file`.
    ///
    /// `None` if a place is too far inside of a line to be shown, and for an empty file.
    pub(crate) fn new(sources: &Sources, file: FileId, places: &[Span]) -> Option<Self> {
        let text = Some(sources.get(file)?.text.as_str()).filter(|text| !text.is_empty())?;
        let start = places.iter().map(|place| place.start).min()? as usize;
        let end = places.iter().map(|place| last_byte(*place)).max()?;
        let first = sources.line_of(file, start);
        let mut excerpt = Self { line: first + 1, text: String::new(), windows: Vec::new() };
        for number in first..=sources.line_of(file, end) {
            let line = sources.line_range(file, number)?;
            if number > first {
                excerpt.text.push('\n');
            }
            let source = line.start..line.start + cut(text.get(line.clone())?);
            if source.end < line.end
                && places.iter().any(|place| (source.end..line.end).contains(&(place.start as usize)))
            {
                return None;
            }
            let shown = excerpt.text.len();
            excerpt.text.extend(text.get(source.clone())?.chars().map(shown_char));
            excerpt.windows.push(Window { source, shown });
        }
        Some(excerpt)
    }

    /// Where a place stands in the excerpt; what was cut off shrinks to the edge.
    pub(crate) fn range(&self, sources: &Sources, span: Span) -> Range<usize> {
        let text = sources.get(span.file).map_or("", |source| source.text.as_str());
        let start = self.offset(text, span.start as usize);
        start..self.offset(text, span.end as usize).max(start)
    }

    fn offset(&self, text: &str, offset: usize) -> usize {
        let offset = clamp(text, offset);
        let idx = self.windows.partition_point(|window| window.source.start <= offset).saturating_sub(1);
        let Some(window) = self.windows.get(idx) else { return 0 };
        let end = offset.clamp(window.source.start, window.source.end);
        let before = text.get(window.source.start..end).unwrap_or("");
        window.shown + before.chars().map(|c| shown_char(c).len_utf8()).sum::<usize>()
    }
}

/// The byte that decides on which line a place ends; an end behind a line break belongs to the line before it.
pub(crate) fn last_byte(span: Span) -> usize {
    (span.end.max(span.start.saturating_add(1)) - 1) as usize
}

/// Tabs stay: the renderer widens them.
fn shown_char(c: char) -> char {
    if c == '\t' { c } else { terminal_safe_char(c) }
}

/// How many bytes of a line are shown.
fn cut(line: &str) -> usize {
    line.char_indices().nth(LINE_CHARS).map_or(line.len(), |(idx, _)| idx)
}
