//! `actra prove SET --for KEY=VALUE --when EXPR --effect EFFECT`

use actra_engine::analyze::within::note;
use actra_engine::analyze::{Verdict, rules_with};
use actra_engine::model::ActionId;
use actra_engine::{Asked, Policy, Refused, decide};

use crate::args::{ProveArguments, ReportFormat};
use crate::diff;
use crate::load::{self, shown};
use crate::output::Output;
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &ProveArguments, output: &mut Output) -> Result<Status, Stop> {
    // A set that is refused answers no questions.
    let (policy, _) = load::policy(&arguments.set, arguments.volume.amount())?;
    let asked = Asked { scope: &arguments.scope, when: arguments.when.as_deref(), effect: &arguments.effect };
    let proof = actra_engine::prove(&policy, &asked).map_err(|refused| wrong(&refused))?;
    match arguments.format {
        ReportFormat::Json => {
            let mut json = Vec::new();
            actra_wire::write_verdict(&policy, &proof, &mut json);
            output.line(json)?;
        }
        ReportFormat::Human => {
            let note = note(&proof.within_cost).map_or_else(String::new, |note| format!("  {note}\n"));
            output.bytes((human(&policy, &proof.verdict) + &note).as_bytes())?;
        }
        ReportFormat::Markdown => {
            let note = note(&proof.within_cost).map_or_else(String::new, |note| format!("\n{note}\n"));
            output.bytes((markdown(&policy, &proof.verdict, arguments) + &note).as_bytes())?;
        }
    }
    Ok(if proof.verdict == Verdict::Proved { Status::Fine } else { Status::No })
}

/// The statement has no file that could be shown.
fn wrong(refused: &Refused) -> Stop {
    let errors = refused.errors.iter().map(|error| {
        let written = error.span.map_or("", |span| refused.sources.snippet(span));
        let place = if written.is_empty() { String::new() } else { format!("`{written}`: ") };
        let help = error.help.first().map_or_else(String::new, |help| format!(" ({help})"));
        format!("{place}{}{help}", error.message)
    });
    Stop::Wrong(shown(errors.collect::<Vec<_>>().join("; ")))
}

fn human(policy: &Policy, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Proved => "proved: it holds for every valid request\n".to_owned(),
        Verdict::Empty => "empty: there is no such request\n".to_owned(),
        Verdict::Unproven(opaque) => unproven(policy, opaque),
        Verdict::GivenUp(what) => format!("given up: {}\n", shown(what.join(", "))),
        Verdict::Refuted(request) => {
            let outcome = diff::outcome(&decide(policy, request));
            format!("refuted\n  request  {}\n  outcome  {outcome}\n", shown(request.to_json()))
        }
    }
}

/// What stood in the way, and in which rules it stands.
fn unproven(policy: &Policy, opaque: &[String]) -> String {
    let mut text = format!("not proved: {}\n", shown(opaque.join(", ")));
    let all: Vec<ActionId> = (0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)).collect();
    for part in opaque {
        for (rule, actions) in rules_with(policy, &all, part).into_iter().take(12) {
            let actions = actions.join("`, `");
            let told = format!("  `{part}` stands in rule `{}`, which covers `{actions}`", rule.id);
            text.push_str(&shown(told));
            text.push('\n');
        }
    }
    text
}

fn markdown(policy: &Policy, verdict: &Verdict, arguments: &ProveArguments) -> String {
    let scope: Vec<String> = arguments.scope.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let when = arguments.when.as_ref().map_or_else(String::new, |when| format!(" when `{}`", shown(when)));
    let what = format!("`{}`{when}: `{}`", shown(scope.join(" ")), shown(&arguments.effect));
    match verdict {
        Verdict::Refuted(request) => {
            let outcome = diff::outcome(&decide(policy, request));
            format!(
                "**Refuted:** {what}\n\nOutcome: {outcome}\n\n```json\n{}\n```\n",
                shown(request.to_json())
            )
        }
        Verdict::Proved => format!("**Proved:** {what}\n"),
        Verdict::Empty => format!("**Empty:** {what}\n\nThere is no such request.\n"),
        Verdict::Unproven(opaque) | Verdict::GivenUp(opaque) => {
            format!("**Not proved:** {what}\n\n{}\n", shown(opaque.join(", ")))
        }
    }
}
