//! `actra check [SET...]`

use std::path::Path;
use std::sync::Arc;

use actra_engine::analyze::within::note;
use actra_engine::{Governed, Outcome, diagnostics};

use crate::args::{CheckArguments, CheckFormat};
use crate::load::{self, shown};
use crate::output::{self, Output};
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<Status, Stop> {
    let mut status = Status::Fine;
    let mut checked = Vec::new();
    for set in &arguments.sets {
        let found = match arguments.proofs {
            true => load::proved(set),
            false => load::checked(set),
        };
        match found {
            Ok(outcome) => {
                let set = Checked::new(outcome, set, arguments);
                status = status.max(set.status());
                set.show(arguments, output)?;
                checked.push(set);
            }
            // The other sets are still checked.
            Err(Stop::Wrong(message)) => {
                output::message(&message);
                status = status.max(Status::Wrong);
            }
            Err(stop) => return Err(stop),
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

/// A set with what is wrong with it.
struct Checked {
    outcome: Outcome,
    origin: String,
    /// Refused for its warnings.
    denied: bool,
    /// One of several: answers say which.
    of_several: bool,
}

impl Checked {
    fn new(outcome: Outcome, set: &Path, arguments: &CheckArguments) -> Self {
        Self {
            denied: arguments.deny_warnings && !outcome.diagnostics.is_empty(),
            outcome,
            origin: set.to_string_lossy().into_owned(),
            of_several: arguments.sets.len() > 1,
        }
    }

    fn status(&self) -> Status {
        if self.outcome.policy.is_none() || self.denied { Status::No } else { Status::Fine }
    }

    /// What goes to standard output; with the format for people, diagnostics go to standard error.
    fn show(&self, arguments: &CheckArguments, output: &mut Output) -> Result<(), Stop> {
        let Outcome { sources, diagnostics: problems, .. } = &self.outcome;
        let amount = arguments.volume.amount();
        let mut data = Vec::new();
        match arguments.format {
            CheckFormat::Sarif => return Ok(()),
            CheckFormat::Json => {
                actra_wire::write_check(&self.outcome, &mut data);
                if self.of_several {
                    actra_wire::write_set(&self.origin, &mut data);
                }
            }
            CheckFormat::Human => {
                load::report(problems, sources, Path::new(&self.origin), amount);
                data.extend(self.verdict().into_bytes());
            }
            CheckFormat::Github => {
                data.extend(diagnostics::github_all(problems, sources, &self.origin, amount).into_bytes());
                data.extend(self.verdict().into_bytes());
            }
            CheckFormat::Markdown => {
                data.extend(self.verdict().into_bytes());
                if !problems.is_empty() {
                    data.extend(b"\n\n");
                    let table = diagnostics::markdown(problems, sources, &self.origin, amount);
                    data.extend(table.trim_end().bytes());
                }
                // The next verdict is a paragraph of its own.
                data.extend(if self.of_several { b"\n".as_slice() } else { b"" });
            }
        }
        data.push(b'\n');
        output.answer(data)
    }

    fn verdict(&self) -> String {
        let verdict = verdict(&self.outcome, self.denied);
        if self.of_several { format!("{}: {verdict}", shown(&self.origin)) } else { verdict }
    }
}

/// One line: whether the set is fine, and what it holds; then one for each rule of governance that says nothing about
/// this set.
pub(crate) fn verdict(outcome: &Outcome, denied: bool) -> String {
    let counted = diagnostics::summary(&outcome.diagnostics);
    let mut verdict = match &outcome.policy {
        None => format!("refused: {counted}"),
        Some(_) if denied => format!("refused: {counted}, and warnings are denied"),
        Some(policy) => {
            let rules = count(policy.rules.len(), "rule");
            let actions = count(policy.schema.actions.len(), "action");
            let demands = outcome.governance.as_ref().map(demands).unwrap_or_default();
            let warnings =
                if outcome.diagnostics.is_empty() { String::new() } else { format!(", {counted}") };
            format!("ok: {rules}, {actions}{demands}{warnings}, {}", policy.hash)
        }
    };
    for skipped in outcome.governance.iter().flat_map(|governed| &governed.skipped) {
        verdict.push_str(&format!("\nskipped: `{}`, {}", skipped.id, why(&skipped.actions)));
    }
    for judged in outcome.governance.iter().flat_map(|governed| &governed.judged) {
        if let Some(note) = note(&judged.within_cost) {
            verdict.push_str(&format!("\nproved: `{}`, {note}", judged.demand));
        }
    }
    verdict
}

fn demands(governed: &Governed) -> String {
    let all = governed.rules + governed.invariants + usize::from(governed.baseline);
    format!(", {} of governance", count(all, "demand"))
}

/// Why a rule of governance says nothing about the set.
fn why(actions: &[Arc<str>]) -> String {
    let names: Vec<String> = actions.iter().map(|name| format!("`{}`", shown(name))).collect();
    match names.is_empty() {
        true => "which applies to no action".to_owned(),
        false => format!("since the schema declares none of {}", names.join(", ")),
    }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
