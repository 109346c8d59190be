//! `actra can SET`

use std::fmt::Write;

use actra_engine::Policy;
use actra_engine::analyze::within::note;
use actra_engine::analyze::{Analyzer, Answer, Possible};
use actra_engine::ir::print::print;
use actra_engine::model::{ActionId, Domain, Effect, RawRequest};

use crate::args::{CanArguments, ReportFormat};
use crate::load::{self, shown};
use crate::output::Output;
use crate::status::{Status, Stop};
use crate::typed;

pub(crate) fn run(arguments: &CanArguments, output: &mut Output) -> Result<Status, Stop> {
    let (policy, _) = load::policy(&arguments.set, arguments.volume.amount())?;
    let schema = &policy.schema;
    let record = |option, domain, text: &Option<String>| {
        text.as_deref().map(|text| typed::record(schema, option, domain, text)).transpose()
    };
    let given = RawRequest {
        actor: record("--actor", Domain::Actor, &arguments.actor)?,
        snapshot: record("--snapshot", Domain::Snapshot, &arguments.snapshot)?,
        ..RawRequest::default()
    };
    let mut analyzer = Analyzer::default();
    let actions = actions(&policy, arguments.action.as_deref())?;
    let possible: Vec<Possible> =
        actions.into_iter().map(|action| analyzer.can(&policy, action, &given)).collect();
    match arguments.format {
        ReportFormat::Json => {
            let mut json = Vec::new();
            actra_wire::write_can(&policy, &possible, &mut json);
            output.line(json)?;
        }
        ReportFormat::Human => output.bytes(human(&policy, &possible).as_bytes())?,
        ReportFormat::Markdown => output.bytes(markdown(&policy, &possible).as_bytes())?,
    }
    Ok(Status::Fine)
}

fn actions(policy: &Policy, name: Option<&str>) -> Result<Vec<ActionId>, Stop> {
    match name {
        Some(name) => {
            let unknown = || Stop::Wrong(format!("the schema declares no action `{}`", shown(name)));
            Ok(vec![policy.schema.action_id(name).ok_or_else(unknown)?])
        }
        None => Ok((0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)).collect()),
    }
}

/// One word or phrase for an action.
fn verdict(possible: &Possible) -> String {
    let effects: Vec<Effect> = possible.effects.iter().map(|(effect, _)| *effect).collect();
    match effects.as_slice() {
        [Effect::Allow] => "always".to_owned(),
        [Effect::RequireApproval] => "only with approval".to_owned(),
        [Effect::Block] | [] => "never".to_owned(),
        [Effect::RequireApproval, Effect::Block] => "never without approval".to_owned(),
        _ => "depends".to_owned(),
    }
}

/// What decides, where it depends: a line for each rule that can count, and one for all else.
fn conditions(policy: &Policy, possible: &Possible) -> Vec<String> {
    let note = note(&possible.within_cost);
    if possible.effects.len() <= 1 {
        return note.into_iter().collect();
    }
    let mut lines = Vec::new();
    for effect in [Effect::Block, Effect::RequireApproval, Effect::Allow] {
        // What says what the default says changes nothing but against milder rules.
        let rules = possible.rules.iter().filter(|(known, ..)| *known == effect);
        lines.extend(
            rules.map(|(_, id, condition)| {
                format!("{effect} when {}  (rule `{id}`)", shown(print(condition)))
            }),
        );
    }
    lines.push(format!("otherwise {}", policy.default));
    for (effect, answer) in &possible.effects {
        if let Answer::Unknown(opaque) = answer {
            lines.push(format!("not decided whether {effect} is possible: {}", shown(opaque.join(", "))));
        }
    }
    lines.extend(note);
    lines
}

fn human(policy: &Policy, possible: &[Possible]) -> String {
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

fn markdown(policy: &Policy, possible: &[Possible]) -> String {
    let mut text = "| action | |\n|---|---|\n".to_owned();
    for possible in possible {
        let lines = conditions(policy, possible).join("<br>").replace('|', "\\|");
        let separator = if lines.is_empty() { "" } else { "<br>" };
        let _ = writeln!(text, "| `{}` | {}{separator}{lines} |", possible.action, verdict(possible));
    }
    text
}
