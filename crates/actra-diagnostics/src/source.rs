//! The texts of a policy set, and places in them: byte ranges of a file, and lines and columns as people count.

use std::ops::Range;
use std::sync::OnceLock;

/// The number of a file within one [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes `start..end` in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The offset of its first byte in the file.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of a range of bytes in a file; offsets beyond `u32::MAX` are clamped, as no set holds such a file.
    pub fn from_range(file: FileId, range: &Range<usize>) -> Span {
        let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { file, start: offset(range.start), end: offset(range.end) }
    }

    /// The smallest span that covers both; `self` if they lie in different files.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One file of a set: its path relative to the set with `/`, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path relative to the set, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Line and column, both from 1; the column counts characters (Unicode scalar values).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line from 1.
    pub line: u32,
    /// Column from 1, in characters.
    pub column: u32,
}

/// The texts of one policy set, so that a [`Span`] can be shown.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// One for each file, built when the first of its places is asked for.
    indexes: Vec<OnceLock<LineIndex>>,
}

impl Sources {
    /// An empty table of files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and gives its number.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { path: path.into(), text: text.into() });
        self.indexes.push(OnceLock::new());
        id
    }

    /// The file with this number.
    pub fn get(&self, file: FileId) -> Option<&Source> {
        self.files.get(file.0 as usize)
    }

    /// The text that a span covers; empty if it lies outside of its file.
    pub fn snippet(&self, span: Span) -> &str {
        self.get(span.file)
            .and_then(|source| source.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// Where a byte of a file is, as people count; past the end, the end.
    ///
    /// Cost: the first call for a file reads all of it, further ones a few KiB at most.
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let Some((text, index)) = self.indexed(file) else { return Position { line: 1, column: 1 } };
        let offset = clamp(text, offset as usize);
        let line = index.line_of(offset);
        let column = index.chars_before(text, offset) - index.chars_before(text, index.line_start(line));
        let count = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        Position { line: count(line), column: count(column) }
    }

    /// The lines of a file by number from 0, without their ends: a range of bytes, or `None` past the last line.
    pub(crate) fn line_range(&self, file: FileId, line: usize) -> Option<Range<usize>> {
        let (text, index) = self.indexed(file)?;
        let start = *index.line_starts.get(line)? as usize;
        let next = index.line_starts.get(line + 1).map_or(text.len(), |next| *next as usize);
        let content = text.get(start..next)?;
        let content =
            content.strip_suffix('\n').map_or(content, |line| line.strip_suffix('\r').unwrap_or(line));
        Some(start..start + content.len())
    }

    /// The number of the line that holds a byte, from 0.
    pub(crate) fn line_of(&self, file: FileId, offset: usize) -> usize {
        self.indexed(file).map_or(0, |(text, index)| index.line_of(clamp(text, offset)))
    }

    fn indexed(&self, file: FileId) -> Option<(&str, &LineIndex)> {
        let text = self.get(file)?.text.as_str();
        let index = self.indexes.get(file.0 as usize)?;
        Some((text, index.get_or_init(|| LineIndex::new(text))))
    }
}

/// The closest character boundary at or before a byte.
pub(crate) fn clamp(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Where lines start, and how many characters stand before each block, so that neither long files nor long lines
/// are read again for each place.
#[derive(Debug, Clone)]
struct LineIndex {
    /// INVARIANT (ascending, starts with 0).
    line_starts: Vec<u32>,
    /// For each block of [`BLOCK`] bytes, the characters that start before it.
    chars_before_block: Vec<u32>,
}

const BLOCK: usize = 4096;

impl LineIndex {
    fn new(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let mut line_starts = vec![0];
        line_starts.extend(newlines.filter_map(|(idx, _)| u32::try_from(idx + 1).ok()));
        let mut count = 0;
        let mut chars_before_block = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            count += char_starts(block);
            chars_before_block.push(u32::try_from(count).unwrap_or(u32::MAX));
        }
        Self { line_starts, chars_before_block }
    }

    fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }

    fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line).map_or(0, |start| *start as usize)
    }

    fn chars_before(&self, text: &str, offset: usize) -> usize {
        let block = offset / BLOCK;
        let counted = self.chars_before_block.get(block).map_or(0, |count| *count as usize);
        counted + text.as_bytes().get(block * BLOCK..offset).map_or(0, char_starts)
    }
}

/// How many characters start in these bytes of UTF-8.
fn char_starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0b1100_0000) != 0b1000_0000).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, offset: u32) -> (u32, u32) {
        let mut sources = Sources::new();
        let file = sources.add("a.yaml", text);
        let position = sources.position(file, offset);
        (position.line, position.column)
    }

    #[test]
    fn columns_count_characters_from_one() {
        assert_eq!(at("", 0), (1, 1));
        assert_eq!(at("äb\nc", 2), (1, 2));
        assert_eq!(at("äb\nc", 1), (1, 1), "inside of a character");
        assert_eq!(at("äb\nc", 3), (1, 3), "the line end belongs to its line");
        assert_eq!(at("äb\nc", 4), (2, 1));
        assert_eq!(at("äb\nc", 5), (2, 2));
        assert_eq!(at("äb\nc", 99), (2, 2), "past the end");
        assert_eq!(at("a\n", 2), (2, 1));
    }

    #[test]
    fn long_lines_and_files_count_as_short_ones() {
        let text = "ü\n".repeat(5000) + &"é".repeat(9000);
        assert_eq!(at(&text, 3 * 4999), (5000, 1));
        assert_eq!(at(&text, 3 * 5000 + 2 * 8999), (5001, 9000));
    }

    #[test]
    fn lines_come_without_their_ends() {
        let mut sources = Sources::new();
        let file = sources.add("a.yaml", "a\r\nb\n");
        assert_eq!(sources.line_range(file, 0), Some(0..1));
        assert_eq!(sources.line_range(file, 1), Some(3..4));
        assert_eq!(sources.line_range(file, 2), Some(5..5));
        assert_eq!(sources.line_range(file, 3), None);
    }
}
