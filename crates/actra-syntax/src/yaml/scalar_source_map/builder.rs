//! Builds the map of a scalar while its source is read a second time.

use actra_diagnostics::FileId;

use super::ScalarSourceMap;
use super::{JoinedLine, LineJoin};

/// The text read so far, and where it came from.
#[derive(Default)]
pub(in crate::yaml) struct ScalarSourceMapBuilder {
    pub text: String,
    runs: Vec<(u32, u32)>,
    ends: Vec<(u32, u32)>,
    joined: Vec<JoinedLine>,
    /// The file offset that would carry on the last run.
    next: Option<usize>,
}

impl ScalarSourceMapBuilder {
    /// Text that stands in the file as it is.
    pub fn verbatim(&mut self, text: &str, start: usize) {
        if text.is_empty() {
            return;
        }
        if self.next != Some(start) {
            self.runs.push((offset32(self.text.len()), offset32(start)));
        }
        self.text.push_str(text);
        self.next = Some(start + text.len());
    }

    /// A line break of the file that the text does not have.
    pub fn join_line(&mut self, by: LineJoin) {
        self.joined.push(JoinedLine { at: offset32(self.text.len()), by });
    }

    /// A character that an escape or a fold stands for.
    pub fn unit(&mut self, character: char, start: usize, end: usize) {
        let first = self.text.len();
        self.runs.push((offset32(first), offset32(start)));
        self.text.push(character);
        for byte in 1..character.len_utf8() {
            let within = (start + byte).min(end.saturating_sub(1));
            self.runs.push((offset32(first + byte), offset32(within)));
        }
        self.ends.push((offset32(self.text.len()), offset32(end)));
        self.next = None;
    }

    /// The map of the text, whose source ends at an offset of the file.
    pub fn finish(mut self, file: FileId, end: usize) -> ScalarSourceMap {
        self.runs.push((offset32(self.text.len()), offset32(end)));
        ScalarSourceMap::new(file, self.runs, self.ends, self.joined, offset32(end))
    }
}

/// Files are at most `u32::MAX` bytes long; [`super::parse`] checks it.
pub(in crate::yaml) fn offset32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
