//! `actra check SET`

use actra_engine::{Outcome, diagnostics};

use crate::args::{CheckArguments, CheckFormat};
use crate::load;
use crate::output::Output;
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &CheckArguments, output: &mut Output) -> Result<Status, Stop> {
    let later = match arguments.format {
        CheckFormat::Human | CheckFormat::Json => None,
        CheckFormat::Sarif => Some("sarif"),
        CheckFormat::Github => Some("github"),
        CheckFormat::Markdown => Some("markdown"),
    };
    if let Some(format) = later {
        return Err(Stop::Wrong(format!("`--format {format}` is not available yet; use `human` or `json`")));
    }
    let outcome = load::checked(&arguments.set)?;
    let denied = arguments.deny_warnings && !outcome.diagnostics.is_empty();
    if arguments.format == CheckFormat::Json {
        let mut json = Vec::new();
        actra_wire::write_check(&outcome, &mut json);
        output.line(json)?;
    } else {
        load::report(&outcome.diagnostics, &outcome.sources, &arguments.set);
        output.line(verdict(&outcome, denied))?;
    }
    Ok(if outcome.policy.is_none() || denied { Status::No } else { Status::Fine })
}

fn verdict(outcome: &Outcome, denied: bool) -> String {
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
