//! Reading lines of input that nobody can make arbitrarily long.

use std::io::{self, BufRead, Read};

/// Reads lines of bounded length: the part of a line beyond the limit is skipped and never held in memory.
pub struct LineReader<R> {
    input: R,
    limit: usize,
}

/// What [`LineReader::read`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineRead {
    /// A line, without its end. One that is longer than the limit is cut to one byte more than the limit.
    Line,
    /// The end of the input.
    End,
}

impl<R: BufRead> LineReader<R> {
    /// Lines of at most `limit` bytes.
    pub fn new(input: R, limit: usize) -> Self {
        Self { input, limit }
    }

    /// Appends the next line to a buffer.
    pub fn read(&mut self, line: &mut Vec<u8>) -> io::Result<LineRead> {
        let budget = self.limit as u64 + 1;
        let read = self.input.by_ref().take(budget).read_until(b'\n', line)? as u64;
        if read == 0 {
            return Ok(LineRead::End);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if read == budget {
            self.input.skip_until(b'\n')?;
        }
        Ok(LineRead::Line)
    }

    /// The input itself, for what is not about lines.
    pub fn input(&self) -> &R {
        &self.input
    }

    /// The input itself, to look ahead.
    pub fn input_mut(&mut self) -> &mut R {
        &mut self.input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, limit: usize, capacity: usize) -> Vec<String> {
        let mut reader = LineReader::new(io::BufReader::with_capacity(capacity, text.as_bytes()), limit);
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while reader.read(&mut line).unwrap() == LineRead::Line {
            lines.push(String::from_utf8(std::mem::take(&mut line)).unwrap());
        }
        lines
    }

    #[test]
    fn lines_come_whole_or_cut() {
        for capacity in [1, 2, 3, 64] {
            assert_eq!(lines("", 4, capacity), [""; 0]);
            assert_eq!(lines("ab\n\ncd", 4, capacity), ["ab", "", "cd"]);
            assert_eq!(lines("abcd\nabcde\nabcdefgh\nx\n", 4, capacity), ["abcd", "abcde", "abcde", "x"]);
        }
    }
}
