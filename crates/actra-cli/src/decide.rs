//! `actra decide SET`

mod answer;
mod progress;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use actra_engine::Policy;
use actra_engine::model::limits;
use actra_host::{LineRead, LineReader};

use crate::args::DecideArguments;
use crate::load;
use crate::output::{self, Output};
use crate::status::{Status, Stop};
use answer::Answers;
use progress::Progress;

/// Bytes read ahead; also about how much each thread decides at once.
const READ_AHEAD: usize = 1 << 18;

pub(crate) fn run(arguments: &DecideArguments, output: &mut Output) -> Result<Status, Stop> {
    let (policy, _) = load::policy(&arguments.set)?;
    let jobs = arguments.jobs.get();
    let input = BufReader::with_capacity(READ_AHEAD * jobs, open(&arguments.input)?);
    let mut lines = LineReader::new(input, limits::REQUEST_BYTES);
    let mut progress = Progress::new();
    let mut status = Status::Fine;
    let mut batch = Batch::default();
    loop {
        let more = batch
            .fill(&mut lines, READ_AHEAD * jobs)
            .map_err(|error| cannot_read(&arguments.input, &error))?;
        for answers in answer_all(&policy, &batch, jobs, arguments)? {
            output.bytes(&answers.bytes)?;
            progress.clear();
            output::text(&answers.faults);
            status = status.max(answers.status);
        }
        if !more {
            progress.clear();
            return Ok(status);
        }
        // Whoever feeds lines one by one gets each answer before sending the next.
        output.flush()?;
        progress.show(batch.line);
    }
}

/// A file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Stop> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    Ok(Box::new(file))
}

pub(crate) fn cannot_read(path: &Path, error: &io::Error) -> Stop {
    Stop::Wrong(format!("cannot read `{}`: {error}", load::shown(path.display())))
}

/// Consecutive lines that are decided together.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    /// Where lines end in `text`, with their numbers from 1. Blank lines are left out.
    lines: Vec<Line>,
    /// The number of the last line read.
    line: u64,
}

struct Line {
    number: u64,
    start: usize,
    end: usize,
}

impl Batch {
    /// Reads lines until enough are there, or the next one may have to be waited for; says whether there is more.
    fn fill<R: Read>(&mut self, lines: &mut LineReader<BufReader<R>>, enough: usize) -> io::Result<bool> {
        self.text.clear();
        self.lines.clear();
        loop {
            let start = self.text.len();
            if lines.read(&mut self.text)? == LineRead::End {
                return Ok(false);
            }
            self.line += 1;
            let text = self.text.get(start..).unwrap_or_default();
            if text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
                self.text.truncate(start);
            } else {
                self.lines.push(Line { number: self.line, start, end: self.text.len() });
            }
            if self.text.len() >= enough || !lines.input().buffer().contains(&b'\n') {
                return Ok(true);
            }
        }
    }
}

/// The answers to a batch in order, one part for each thread.
fn answer_all(
    policy: &Policy,
    batch: &Batch,
    jobs: usize,
    arguments: &DecideArguments,
) -> Result<Vec<Answers>, Stop> {
    let format = arguments.format;
    let answer = |lines: &[Line]| {
        let mut answers = Answers::default();
        for line in lines {
            answers.answer(
                policy,
                line.number,
                batch.text.get(line.start..line.end).unwrap_or_default(),
                format,
            );
        }
        answers
    };
    if jobs == 1 || batch.lines.len() < 2 * jobs {
        return Ok(vec![answer(&batch.lines)]);
    }
    let share = batch.lines.len().div_ceil(jobs);
    std::thread::scope(|scope| {
        let parts: Vec<_> = batch.lines.chunks(share).map(|part| scope.spawn(|| answer(part))).collect();
        let joined = parts.into_iter().map(|part| part.join());
        joined.collect::<Result<_, _>>().map_err(|_| Stop::Failed("a thread that decides ended".to_owned()))
    })
}
