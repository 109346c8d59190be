//! Writing answers, and the exit status that they add up to.

use super::answer::Answers;
use super::progress::Progress;
use crate::exit::{Exit, ExitStatus};
use crate::output::{self, Output};

/// Writes answers to standard output, and faults to standard error.
pub(crate) struct AnswerWriter<'a> {
    output: &'a mut Output,
    progress: Progress,
    /// The worst of all answers.
    pub(crate) status: ExitStatus,
}

impl<'a> AnswerWriter<'a> {
    pub(crate) fn new(output: &'a mut Output) -> Self {
        Self { output, progress: Progress::new(), status: ExitStatus::Success }
    }

    pub(crate) fn write(&mut self, answers: &Answers) -> Result<(), Exit> {
        self.status = self.status.max(answers.status);
        if !answers.faults.is_empty() {
            self.progress.clear();
            output::text(&answers.faults);
        }
        self.output.bytes(&answers.bytes)?;
        if let Some(line) = answers.last_line {
            // A caller that sends lines one by one gets each answer before it sends the next line.
            self.output.flush()?;
            self.progress.show(line);
        }
        Ok(())
    }
}
