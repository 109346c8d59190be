//! `actra decide SET`

mod answer;
mod batch;
mod parallel;
mod progress;
mod writer;

use std::io;
use std::sync::Arc;

use actra_engine::Policy;

use crate::args::DecideArguments;
use crate::exit::{Exit, ExitStatus};
use crate::output::Output;
use crate::{input, policy_set};
use answer::{Answers, Decider, DeciderOptions};
use batch::{Batch, InputLines};
use writer::AnswerWriter;

pub(crate) fn run(arguments: &DecideArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let (policy, _) = policy_set::open(&arguments.set, arguments.verbosity.level())?;
    let mut lines = InputLines::new(input::open(&arguments.input)?);
    let start = lines.peek().map_err(|error| input::cannot_read(&arguments.input, &error))?;
    input::reject_multiline_json(&arguments.input, start)?;
    let options = DeciderOptions { format: arguments.format, use_index: !arguments.no_index };
    let mut writer = AnswerWriter::new(output);
    let read = match arguments.jobs.get() {
        1 => decide_sequentially(&policy, options, lines, &mut writer)?,
        _ => parallel::decide(&Arc::new(policy), options, arguments.jobs, lines, &mut writer)?,
    };
    read.map_err(|error| input::cannot_read(&arguments.input, &error))?;
    Ok(writer.status)
}

/// Decides all lines in this thread. The inner error is one of reading them.
fn decide_sequentially(
    policy: &Policy,
    options: DeciderOptions,
    mut lines: InputLines,
    writer: &mut AnswerWriter<'_>,
) -> Result<io::Result<()>, Exit> {
    let mut decider = Decider::new(policy, options);
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
