//! `actra check SET`

use std::sync::Arc;

use actra_engine::{Governed, Outcome, diagnostics};

use crate::args::{CheckArguments, CheckFormat};
use crate::load::{self, shown};
use crate::output::Output;
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<Status, Stop> {
    let outcome = match arguments.proofs {
        true => load::proved(&arguments.set)?,
        false => load::checked(&arguments.set)?,
    };
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
