//! `actra prove SET --for KEY=VALUE --when EXPR --effect EFFECT`

use actra_engine::analyze::cost_caveats::note;
use actra_engine::analyze::{ProofVerdict, rules_containing};
use actra_engine::model::ActionId;
use actra_engine::{InvariantText, InvariantTextError, Policy, decide};

use crate::args::{ProveArguments, ReportFormat};
use crate::decision::describe_briefly;
use crate::exit::{Exit, ExitStatus};
use crate::output::{Output, printable};
use crate::policy_set;

/// How many rules are named for each part of a condition.
const MAX_RULES: usize = 12;

pub(crate) fn run(arguments: &ProveArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    // A set that is refused answers no questions.
    let (policy, _) = policy_set::open(&arguments.set, arguments.verbosity.level())?;
    let asked =
        InvariantText { scope: &arguments.scope, when: arguments.when.as_deref(), effect: &arguments.effect };
    let proof = actra_engine::prove(&policy, &asked).map_err(|refused| invalid_statement(&refused))?;
    match arguments.format {
        ReportFormat::Json => output.json(|json| actra_wire::write_verdict(&policy, &proof, json))?,
        ReportFormat::Human => {
            let note = note(&proof.within_cost).map_or_else(String::new, |note| format!("  {note}\n"));
            output.bytes((human(&policy, &proof.verdict) + &note).as_bytes())?;
        }
        ReportFormat::Markdown => {
            let note = note(&proof.within_cost).map_or_else(String::new, |note| format!("\n{note}\n"));
            output.bytes((markdown(&policy, &proof.verdict, arguments) + &note).as_bytes())?;
        }
    }
    Ok(if proof.verdict == ProofVerdict::Proved { ExitStatus::Success } else { ExitStatus::Negative })
}

/// The errors of the statement, in one line, since it stands in no file that an excerpt could be shown of.
fn invalid_statement(refused: &InvariantTextError) -> Exit {
    let errors = refused.errors.iter().map(|error| {
        let written = error.span.map_or("", |span| refused.sources.snippet(span));
        let quoted = if written.is_empty() { String::new() } else { format!("`{written}`: ") };
        let help = error.help.first().map_or_else(String::new, |help| format!(" ({help})"));
        format!("{quoted}{}{help}", error.message)
    });
    Exit::Usage(printable(errors.collect::<Vec<_>>().join("; ")))
}

fn human(policy: &Policy, verdict: &ProofVerdict) -> String {
    match verdict {
        ProofVerdict::Proved => "proved: it holds for every valid request\n".to_owned(),
        ProofVerdict::Vacuous => "empty: there is no such request\n".to_owned(),
        ProofVerdict::Unproven(opaque) => unproven(policy, opaque),
        ProofVerdict::ProtectionsLost(what) => format!("given up: {}\n", printable(what.join(", "))),
        ProofVerdict::Refuted(request) => {
            let outcome = describe_briefly(&decide(policy, request));
            format!("refuted\n  request  {}\n  outcome  {outcome}\n", printable(request.to_text()))
        }
    }
}

/// The parts of conditions that stand in the way of a proof, and the rules that they are in.
fn unproven(policy: &Policy, opaque: &[String]) -> String {
    let mut text = format!("not proved: {}\n", printable(opaque.join(", ")));
    let all: Vec<ActionId> = (0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)).collect();
    for part in opaque {
        for (rule, actions) in rules_containing(policy, &all, part).into_iter().take(MAX_RULES) {
            let actions = actions.join("`, `");
            let line = format!("  `{part}` is used in rule `{}`, which covers `{actions}`", rule.id);
            text.push_str(&printable(line));
            text.push('\n');
        }
    }
    text
}

fn markdown(policy: &Policy, verdict: &ProofVerdict, arguments: &ProveArguments) -> String {
    let scope: Vec<String> = arguments.scope.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let when =
        arguments.when.as_ref().map_or_else(String::new, |when| format!(" when `{}`", printable(when)));
    let what = format!("`{}`{when}: `{}`", printable(scope.join(" ")), printable(&arguments.effect));
    match verdict {
        ProofVerdict::Refuted(request) => {
            let outcome = describe_briefly(&decide(policy, request));
            format!(
                "**Refuted:** {what}\n\nOutcome: {outcome}\n\n```json\n{}\n```\n",
                printable(request.to_text())
            )
        }
        ProofVerdict::Proved => format!("**Proved:** {what}\n"),
        ProofVerdict::Vacuous => format!("**Empty:** {what}\n\nThere is no such request.\n"),
        ProofVerdict::Unproven(opaque) | ProofVerdict::ProtectionsLost(opaque) => {
            format!("**Not proved:** {what}\n\n{}\n", printable(opaque.join(", ")))
        }
    }
}
