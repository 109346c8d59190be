//! Reading lines in batches, so that threads are not handed single lines and output is not flushed for each.

use std::io::{self, BufRead, BufReader, Read};

use actra_engine::model::limits;
use actra_host::{LineRead, LineReader};

use super::answer::{Answers, Decider};

/// How many bytes are read ahead, so that several threads have lines to decide.
const READ_AHEAD: usize = 1 << 17;
/// The most lines of a batch.
const MAX_LINES: usize = 2_048;
/// From how many bytes on answers are passed on before the batch ends: a decision may be much longer than its request.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// The lines of the input, with their numbers.
pub(crate) struct InputLines {
    reader: LineReader<BufReader<Box<dyn Read + Send>>>,
    /// The number of the last line read.
    number: u64,
}

/// Consecutive lines that are decided together.
#[derive(Default)]
pub(crate) struct Batch {
    text: Vec<u8>,
    lines: Vec<Line>,
    /// The number of the last line, blank or not.
    last_line: u64,
}

/// Where a line lies in the text, and its number from 1.
struct Line {
    number: u64,
    start: usize,
    end: usize,
}

impl InputLines {
    pub(crate) fn new(input: Box<dyn Read + Send>) -> Self {
        let input = BufReader::with_capacity(READ_AHEAD, input);
        Self { reader: LineReader::new(input, limits::RAW_REQUEST_BYTES), number: 0 }
    }

    /// The beginning of the input, as far as one read gives it; nothing is consumed.
    pub(crate) fn peek(&mut self) -> io::Result<&[u8]> {
        self.reader.input_mut().fill_buf()
    }

    /// Reads lines until there are enough, or the next one may have to be waited for. Whether there may be more.
    pub(crate) fn fill(&mut self, batch: &mut Batch) -> io::Result<bool> {
        batch.text.clear();
        batch.lines.clear();
        loop {
            let start = batch.text.len();
            if self.reader.read(&mut batch.text)? == LineRead::End {
                return Ok(false);
            }
            self.number += 1;
            batch.last_line = self.number;
            batch.end_line(start);
            let is_full = batch.text.len() >= READ_AHEAD || batch.lines.len() >= MAX_LINES;
            if is_full || !self.reader.input().buffer().contains(&b'\n') {
                return Ok(true);
            }
        }
    }
}

impl Batch {
    /// Records the line at the end of the text, or drops it if it is blank.
    fn end_line(&mut self, start: usize) {
        let text = self.text.get(start..).unwrap_or_default();
        if text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            self.text.truncate(start);
        } else {
            self.lines.push(Line { number: self.last_line, start, end: self.text.len() });
        }
    }

    /// Answers the lines in order; passes the answers on at the end, and before that if they are long.
    pub(crate) fn answer<E>(
        &self,
        decider: &mut Decider<'_>,
        answers: &mut Answers,
        mut pass_on: impl FnMut(&mut Answers) -> Result<(), E>,
    ) -> Result<(), E> {
        for line in &self.lines {
            let text = self.text.get(line.start..line.end).unwrap_or_default();
            decider.answer(line.number, text, answers);
            if answers.bytes.len() >= MAX_ANSWER_BYTES {
                pass_on(answers)?;
            }
        }
        answers.last_line = Some(self.last_line);
        pass_on(answers)
    }
}
