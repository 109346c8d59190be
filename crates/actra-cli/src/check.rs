//! `actra check SET`

use actra_engine::{Outcome, diagnostics};

use crate::args::{CheckArguments, CheckFormat};
use crate::load;
use crate::output::Output;
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<Status, Stop> {
    let outcome = load::checked(&arguments.set)?;
    let denied = arguments.deny_warnings && !outcome.diagnostics.is_empty();
    output.answer(report(&outcome, denied, arguments))?;
    Ok(if outcome.policy.is_none() || denied { Status::No } else { Status::Fine })
}

/// What goes to standard output; with the format for people, diagnostics go to standard error.
fn report(outcome: &Outcome, denied: bool, arguments: &CheckArguments) -> Vec<u8> {
    let Outcome { sources, diagnostics: problems, .. } = outcome;
    let origin = arguments.set.to_string_lossy();
    let mut data = Vec::new();
    match arguments.format {
        CheckFormat::Json => actra_wire::write_check(outcome, &mut data),
        CheckFormat::Sarif => actra_wire::write_sarif(outcome, &origin, &mut data),
        CheckFormat::Human => {
            load::report(problems, sources, &arguments.set);
            data.extend(verdict(outcome, denied).into_bytes());
        }
        CheckFormat::Github => {
            data.extend(
                problems.iter().flat_map(|it| diagnostics::github(it, sources, &origin).into_bytes()),
            );
            data.extend(verdict(outcome, denied).into_bytes());
        }
        CheckFormat::Markdown => {
            data.extend(verdict(outcome, denied).into_bytes());
            if !problems.is_empty() {
                data.extend(b"\n\n");
                data.extend(diagnostics::markdown(problems, sources, &origin).trim_end().bytes());
            }
        }
    }
    data.push(b'\n');
    data
}

/// One line: whether the set is fine, and what it holds.
pub(crate) fn verdict(outcome: &Outcome, denied: bool) -> String {
    let counted = diagnostics::summary(&outcome.diagnostics);
    match &outcome.policy {
        None => format!("refused: {counted}"),
        Some(_) if denied => format!("refused: {counted}, and warnings are denied"),
        Some(policy) => {
            let rules = count(policy.rules.len(), "rule");
            let actions = count(policy.schema.actions.len(), "action");
            let warnings =
                if outcome.diagnostics.is_empty() { String::new() } else { format!(", {counted}") };
            format!("ok: {rules}, {actions}{warnings}, {}", policy.hash)
        }
    }
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
