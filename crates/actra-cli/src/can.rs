//! `actra can SET`

use std::fmt::Write;

use actra_engine::Policy;
use actra_engine::analyze::cost_caveats::note;
use actra_engine::analyze::{Analyzer, PossibleOutcomes, SearchAnswer};
use actra_engine::ir::print::print;
use actra_engine::model::{ActionId, Effect, RawRequest, RecordName};

use crate::args::{CanArguments, ReportFormat};
use crate::exit::{Exit, ExitStatus};
use crate::output::{Output, printable};
use crate::policy_set;
use crate::request_input;

pub(crate) fn run(arguments: &CanArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let (policy, _) = policy_set::open(&arguments.set, arguments.verbosity.level())?;
    let schema = &policy.schema;
    let record = |option, record_name, text: &Option<String>| {
        text.as_deref().map(|text| request_input::parse_record(schema, option, record_name, text)).transpose()
    };
    let given = RawRequest {
        actor: record("--actor", RecordName::Actor, &arguments.actor)?,
        snapshot: record("--snapshot", RecordName::Snapshot, &arguments.snapshot)?,
        ..RawRequest::default()
    };
    let mut analyzer = Analyzer::default();
    let actions = actions(&policy, arguments.action.as_deref())?;
    let possible: Vec<PossibleOutcomes> =
        actions.into_iter().map(|action| analyzer.can(&policy, action, &given)).collect();
    match arguments.format {
        ReportFormat::Json => output.json(|json| actra_wire::write_can(&policy, &possible, json))?,
        ReportFormat::Human => output.bytes(human(&policy, &possible).as_bytes())?,
        ReportFormat::Markdown => output.bytes(markdown(&policy, &possible).as_bytes())?,
    }
    Ok(ExitStatus::Success)
}

/// The action with a name, or all actions.
fn actions(policy: &Policy, name: Option<&str>) -> Result<Vec<ActionId>, Exit> {
    match name {
        Some(name) => {
            let unknown = || Exit::Usage(actra_engine::undeclared_action_help(&policy.schema, name));
            Ok(vec![policy.schema.action_id(name).ok_or_else(unknown)?])
        }
        None => Ok((0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)).collect()),
    }
}

/// One word or phrase for an action.
fn verdict(possible: &PossibleOutcomes) -> String {
    let effects: Vec<Effect> = possible.effects.iter().map(|(effect, _)| *effect).collect();
    match effects.as_slice() {
        [Effect::Allow] => "always".to_owned(),
        [Effect::RequireApproval] => "always, with approval".to_owned(),
        [Effect::Block] | [] => "never".to_owned(),
        [Effect::RequireApproval, Effect::Block] => "with approval, or not at all".to_owned(),
        _ => "depends".to_owned(),
    }
}

/// What an effect depends on: a line for each rule that can decide, and one for everything else.
fn conditions(policy: &Policy, possible: &PossibleOutcomes) -> Vec<String> {
    let note = note(&possible.within_cost);
    if possible.effects.len() <= 1 {
        return note.into_iter().collect();
    }
    let mut lines = Vec::new();
    for effect in [Effect::Block, Effect::RequireApproval, Effect::Allow] {
        // Also rules with the effect of the default: they win against more permissive ones.
        let rules = possible.rules.iter().filter(|(known, ..)| *known == effect);
        lines.extend(rules.map(|(_, id, condition)| {
            format!("{effect} when {}  (rule `{id}`)", printable(print(condition)))
        }));
    }
    lines.push(format!("otherwise {}", policy.default));
    for (effect, answer) in &possible.effects {
        if let SearchAnswer::Unknown(opaque) = answer {
            lines.push(format!("not decided whether {effect} is possible: {}", printable(opaque.join(", "))));
        }
    }
    lines.extend(note);
    lines
}

fn human(policy: &Policy, possible: &[PossibleOutcomes]) -> String {
    let width = possible.iter().map(|possible| possible.action.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for possible in possible {
        let _ = writeln!(text, "{:width$}  {}", possible.action, verdict(possible));
        for line in conditions(policy, possible) {
            let _ = writeln!(text, "{:width$}    {line}", "");
        }
    }
    text
}

fn markdown(policy: &Policy, possible: &[PossibleOutcomes]) -> String {
    let mut text = "| action | |\n|---|---|\n".to_owned();
    for possible in possible {
        let lines = conditions(policy, possible).join("<br>").replace('|', "\\|");
        let separator = if lines.is_empty() { "" } else { "<br>" };
        let _ = writeln!(text, "| `{}` | {}{separator}{lines} |", possible.action, verdict(possible));
    }
    text
}
