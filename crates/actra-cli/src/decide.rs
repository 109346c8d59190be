//! `actra decide SET`

mod answer;
mod progress;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use actra_engine::Policy;
use actra_engine::model::limits;
use actra_host::{LineRead, LineReader};

use crate::args::{DecideArguments, Format};
use crate::load;
use crate::output::{self, Output};
use crate::status::{Status, Stop};
use answer::Answers;
pub(crate) use answer::outcome;
use progress::Progress;

/// Bytes read ahead for each thread.
const READ_AHEAD: usize = 1 << 18;
/// Lines that one thread answers before its answers are written.
const LINES: usize = 2_048;

pub(crate) fn run(arguments: &DecideArguments, output: &mut Output) -> Result<Status, Stop> {
    let (policy, _) = load::policy(&arguments.set)?;
    let jobs = arguments.jobs.get();
    let input = BufReader::with_capacity(READ_AHEAD * jobs, open(&arguments.input)?);
    let mut run = Run {
        policy: &policy,
        format: arguments.format,
        output,
        progress: Progress::new(),
        status: Status::Fine,
    };
    let mut lines = LineReader::new(input, limits::REQUEST_BYTES);
    let mut batch = Batch::default();
    loop {
        let more = batch.fill(&mut lines, jobs).map_err(|error| cannot_read(&arguments.input, &error))?;
        run.answer(&batch, jobs)?;
        if !more {
            return Ok(run.status);
        }
        // Whoever feeds lines one by one gets each answer before sending the next.
        run.output.flush()?;
        run.progress.show(batch.line);
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
    /// Reads lines until there are enough for the threads, or the next one may have to be waited for; says whether
    /// there is more.
    fn fill<R: Read>(&mut self, lines: &mut LineReader<BufReader<R>>, jobs: usize) -> io::Result<bool> {
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
            let enough = self.text.len() >= READ_AHEAD * jobs || self.lines.len() >= LINES * jobs;
            if enough || !lines.input().buffer().contains(&b'\n') {
                return Ok(true);
            }
        }
    }

    fn line(&self, line: &Line) -> &[u8] {
        self.text.get(line.start..line.end).unwrap_or_default()
    }
}

/// One run of the command.
struct Run<'a> {
    policy: &'a Policy,
    format: Format,
    output: &'a mut Output,
    progress: Progress,
    status: Status,
}

impl Run<'_> {
    /// Answers a batch in order, in as many threads as there are jobs.
    fn answer(&mut self, batch: &Batch, jobs: usize) -> Result<(), Stop> {
        if jobs == 1 || batch.lines.len() < 2 * jobs {
            return batch.lines.iter().try_for_each(|line| {
                let mut answers = Answers::default();
                answers.answer(self.policy, line.number, batch.line(line), self.format);
                self.emit(&answers)
            });
        }
        let (policy, format) = (self.policy, self.format);
        let share = |lines: &[Line]| {
            let mut answers = Answers::default();
            lines.iter().for_each(|line| answers.answer(policy, line.number, batch.line(line), format));
            answers
        };
        let shares = batch.lines.chunks(batch.lines.len().div_ceil(jobs));
        std::thread::scope(|scope| {
            let threads: Vec<_> = shares.map(|lines| scope.spawn(move || share(lines))).collect();
            threads.into_iter().try_for_each(|thread| match thread.join() {
                Ok(answers) => self.emit(&answers),
                Err(_) => Err(Stop::Failed("a thread that decides ended".to_owned())),
            })
        })
    }

    fn emit(&mut self, answers: &Answers) -> Result<(), Stop> {
        self.status = self.status.max(answers.status);
        if !answers.faults.is_empty() {
            self.progress.clear();
            output::text(&answers.faults);
        }
        self.output.bytes(&answers.bytes)
    }
}
