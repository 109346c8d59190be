use super::answer::Answers;
use super::progress::Progress;
use crate::output::{self, Output};
use crate::status::{Status, Stop};

/// Where answers go.
pub(crate) struct Writer<'a> {
    output: &'a mut Output,
    progress: Progress,
    /// The worst of all answers.
    pub(crate) status: Status,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(output: &'a mut Output) -> Self {
        Self { output, progress: Progress::new(), status: Status::Fine }
    }

    pub(crate) fn write(&mut self, answers: &Answers) -> Result<(), Stop> {
        self.status = self.status.max(answers.status);
        if !answers.faults.is_empty() {
            self.progress.clear();
            output::text(&answers.faults);
        }
        self.output.bytes(&answers.bytes)?;
        if let Some(line) = answers.end {
            // Whoever feeds lines one by one gets each answer before sending the next.
            self.output.flush()?;
            self.progress.show(line);
        }
        Ok(())
    }
}
