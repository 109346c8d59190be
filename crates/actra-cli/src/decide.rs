//! `actra decide SET`

mod answer;
mod batch;
mod lines;
mod progress;
mod threads;
mod writer;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use actra_engine::Policy;

use crate::args::{DecideArguments, Format};
use crate::load;
use crate::output::Output;
use crate::status::{Status, Stop};
pub(crate) use answer::outcome;
use answer::{Answers, Decider};
use batch::{Batch, Lines};
pub(crate) use lines::not_json_lines;
use writer::Writer;

/// How lines are decided and answered.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    format: Format,
    /// Whether all rules are gone through.
    no_index: bool,
}

pub(crate) fn run(arguments: &DecideArguments, output: &mut Output) -> Result<Status, Stop> {
    let (policy, _) = load::policy(&arguments.set, arguments.volume.amount())?;
    let mut lines = Lines::new(open(&arguments.input)?);
    let start = lines.start().map_err(|error| cannot_read(&arguments.input, &error))?;
    if let Some(stop) = not_json_lines(&arguments.input, start) {
        return Err(stop);
    }
    let way = Way { format: arguments.format, no_index: arguments.no_index };
    let mut writer = Writer::new(output);
    let read = match arguments.jobs.get() {
        1 => decide_alone(&policy, way, lines, &mut writer)?,
        _ => threads::decide(&Arc::new(policy), way, arguments.jobs, lines, &mut writer)?,
    };
    read.map_err(|error| cannot_read(&arguments.input, &error))?;
    Ok(writer.status)
}

/// Decides all lines in this thread.
fn decide_alone(
    policy: &Policy,
    way: Way,
    mut lines: Lines,
    writer: &mut Writer<'_>,
) -> Result<io::Result<()>, Stop> {
    let mut decider = Decider::new(policy, way);
    let mut batch = Batch::default();
    let mut answers = Answers::default();
    loop {
        let more = lines.fill(&mut batch);
        batch.answer(&mut decider, &mut answers, |answers| {
            writer.write(answers)?;
            answers.clear();
            Ok(())
        })?;
        match more {
            Ok(true) => {}
            more => return Ok(more.map(drop)),
        }
    }
}

/// A file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, Stop> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    Ok(Box::new(file))
}

pub(crate) fn cannot_read(path: &Path, error: &io::Error) -> Stop {
    Stop::Wrong(format!("cannot read `{}`: {error}", load::shown(path.display())))
}
