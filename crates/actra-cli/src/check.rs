//! `actra check [SET...]`

use std::path::Path;

use actra_engine::{Compilation, diagnostics};

use crate::args::{CheckArguments, CheckFormat};
use crate::exit::{Exit, ExitStatus};
use crate::output::{self, Output, printable};
use crate::policy_set;
use crate::set_summary::summary;

pub(crate) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let mut status = ExitStatus::Success;
    let mut checked = Vec::new();
    for set in &arguments.sets {
        let outcome = match arguments.proofs {
            true => policy_set::check_with_proofs(set),
            false => policy_set::check(set),
        };
        match outcome {
            Ok(outcome) => {
                let set = CheckedSet::new(outcome, set, arguments);
                status = status.max(set.status());
                set.show(arguments, output)?;
                checked.push(set);
            }
            // The other sets are still checked.
            Err(Exit::Usage(message)) => {
                output::message(&message);
                status = status.max(ExitStatus::Usage);
            }
            Err(exit) => return Err(exit),
        }
    }
    if arguments.format == CheckFormat::Sarif && !checked.is_empty() {
        let sets: Vec<_> = checked.iter().map(|set| (&set.outcome, set.origin.as_str())).collect();
        let mut data = Vec::new();
        actra_wire::write_sarif(&sets, &mut data);
        data.push(b'\n');
        output.answer(data)?;
    }
    Ok(status)
}

/// A set that was checked, and how its answer is shown.
struct CheckedSet {
    outcome: Compilation,
    /// The set as it was named.
    origin: String,
    /// Whether it is refused for its warnings.
    denied: bool,
    /// Whether it is one of several, so that answers have to say which.
    of_several: bool,
}

impl CheckedSet {
    fn new(outcome: Compilation, set: &Path, arguments: &CheckArguments) -> Self {
        Self {
            denied: arguments.deny_warnings && !outcome.diagnostics.is_empty(),
            outcome,
            origin: set.to_string_lossy().into_owned(),
            of_several: arguments.sets.len() > 1,
        }
    }

    fn status(&self) -> ExitStatus {
        if self.outcome.policy.is_none() || self.denied { ExitStatus::Negative } else { ExitStatus::Success }
    }

    /// What goes to standard output; with the format for people, diagnostics go to standard error.
    fn show(&self, arguments: &CheckArguments, output: &mut Output) -> Result<(), Exit> {
        let Compilation { sources, diagnostics: problems, .. } = &self.outcome;
        let verbosity = arguments.verbosity.level();
        let mut data = Vec::new();
        match arguments.format {
            CheckFormat::Sarif => return Ok(()),
            CheckFormat::Json => {
                let set = self.of_several.then_some(self.origin.as_str());
                actra_wire::write_check(&self.outcome, set, &mut data);
            }
            CheckFormat::Human => {
                policy_set::report(problems, sources, Path::new(&self.origin), verbosity);
                data.extend(self.summary().into_bytes());
            }
            CheckFormat::Github => {
                data.extend(diagnostics::github_all(problems, sources, &self.origin, verbosity).into_bytes());
                data.extend(self.summary().into_bytes());
            }
            CheckFormat::Markdown => {
                data.extend(self.summary().into_bytes());
                if !problems.is_empty() {
                    data.extend(b"\n\n");
                    let table = diagnostics::markdown(problems, sources, &self.origin, verbosity);
                    data.extend(table.trim_end().bytes());
                }
                // The next summary is a paragraph of its own.
                data.extend(if self.of_several { b"\n".as_slice() } else { b"" });
            }
        }
        data.push(b'\n');
        output.answer(data)
    }

    fn summary(&self) -> String {
        let summary = summary(&self.outcome, self.denied);
        if self.of_several { format!("{}: {summary}", printable(&self.origin)) } else { summary }
    }
}
