//! `actra diff OLD NEW`

use std::fmt::Write;

use actra_engine::analyze::within::note;
use actra_engine::analyze::{Analyzer, Answer, Because, Direction, Region, Remapped};
use actra_engine::model::{Decision, Effect, RawRequest};
use actra_engine::{Policy, decide};
use actra_wire::Compared;

use crate::args::{DiffArguments, FailOn, ReportFormat};
use crate::load::{self, shown};
use crate::output::Output;
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &DiffArguments, output: &mut Output) -> Result<Status, Stop> {
    let old = load::version(&arguments.old, arguments.volume.amount())?;
    let new = load::version(&arguments.new, arguments.volume.amount())?;
    let difference = Analyzer::default().diff(&old, &new);
    let compared = Compared { old: &old, new: &new, difference: &difference };
    match arguments.format {
        ReportFormat::Json => {
            let mut json = Vec::new();
            actra_wire::write_diff(&compared, &mut json);
            output.line(json)?;
        }
        ReportFormat::Human => output.bytes(human(&compared).as_bytes())?,
        ReportFormat::Markdown => output.bytes(markdown(&compared).as_bytes())?,
    }
    let failed = match arguments.fail_on {
        None => false,
        Some(FailOn::Weaker) => difference.moved(Direction::Weaker),
        Some(FailOn::Stricter) => difference.moved(Direction::Stricter),
        Some(FailOn::Any) => !difference.is_equivalent(),
    };
    Ok(if failed { Status::No } else { Status::Fine })
}

/// Facts that are listed by name.
const FEW: usize = 5;

/// One line: what the change does.
fn headline(compared: &Compared<'_>) -> &'static str {
    let all = compared.difference.not_compared.is_empty();
    match (compared.verdict(), compared.old.hash == compared.new.hash) {
        ("equivalent", true) => "the same policy",
        ("equivalent", false) if all => "equivalent: every request has the same effect as before",
        ("equivalent", false) => "equivalent: every request that is compared has the same effect as before",
        ("weaker", _) => "more permissive",
        ("stricter", _) => "stricter",
        ("both", _) => "more permissive for some requests, stricter for others",
        // What was shown is claimed, and nothing beside it.
        _ => {
            match [Direction::Weaker, Direction::Stricter].map(|way| compared.difference.surely_moved(way)) {
                [true, _] => "more permissive; whether it is also stricter for some requests was not decided",
                [_, true] => "stricter; whether it is also more permissive for some requests was not decided",
                _ => {
                    "not decided: no request was found that is treated otherwise, and that there is none is not proved"
                }
            }
        }
    }
}

fn human(compared: &Compared<'_>) -> String {
    let mut text = format!("{}\n", headline(compared));
    if let Some(paths) = not_compared(compared) {
        let _ = writeln!(
            text,
            "not compared: requests that name in `unknown` what only one version declares, {paths}"
        );
    }
    for path in &compared.difference.unmasked {
        let _ = writeln!(text, "\n{}: was `sensitive`, and is no more", shown(path));
    }
    for field in &compared.difference.remapped {
        let _ = writeln!(text, "\n{}: {}", shown(&field.path), refilled(field));
    }
    for region in &compared.difference.regions {
        let _ = write!(text, "\n{}: {}\n", region.action, statement(region));
        match &region.answer {
            Answer::Witness(request) => {
                let [old, new] = decisions(compared, request);
                let _ = writeln!(text, "  request  {}", shown(request.to_json()));
                let _ = writeln!(text, "  before   {}\n  now      {}", outcome(&old), outcome(&new));
            }
            Answer::Unknown(opaque) => {
                let _ = writeln!(text, "  not decided: {}", shown(opaque.join(", ")));
            }
            Answer::Never => {}
        }
    }
    text.extend(note(&compared.difference.within_cost).map(|note| format!("\n{note}\n")));
    text
}

fn markdown(compared: &Compared<'_>) -> String {
    let mut text = format!("**Policy change:** {}\n", headline(compared));
    if let Some(paths) = not_compared(compared) {
        let _ = writeln!(
            text,
            "\nNot compared: requests that name in `unknown` what only one version declares, {paths}."
        );
    }
    for path in &compared.difference.unmasked {
        let _ = writeln!(text, "\n`{}` was `sensitive`, and is no more.", shown(path));
    }
    for field in &compared.difference.remapped {
        let _ = writeln!(text, "\n`{}` {}.", shown(&field.path), refilled(field));
    }
    for region in &compared.difference.regions {
        let _ = write!(text, "\n### `{}`: {}\n\n", region.action, statement(region));
        match &region.answer {
            Answer::Witness(request) => {
                let [old, new] = decisions(compared, request);
                let _ = write!(
                    text,
                    "| before | now |\n|---|---|\n| {} | {} |\n\n```json\n{}\n```\n",
                    outcome(&old),
                    outcome(&new),
                    shown(request.to_json())
                );
            }
            Answer::Unknown(opaque) => {
                let _ = writeln!(text, "Not decided: {}", shown(opaque.join(", ")).replace('|', "\\|"));
            }
            Answer::Never => {}
        }
    }
    text.extend(note(&compared.difference.within_cost).map(|note| format!("\n{note}\n")));
    text
}

/// The first facts that only one version declares.
fn not_compared(compared: &Compared<'_>) -> Option<String> {
    let paths = &compared.difference.not_compared;
    let some: Vec<String> = paths.iter().take(FEW).map(|path| format!("`{}`", shown(path))).collect();
    let more = paths.len().saturating_sub(FEW);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!paths.is_empty()).then(|| format!("{}{more}", some.join(", ")))
}

/// Which argument filled a field, and which does now.
fn refilled(field: &Remapped) -> String {
    let before = shown(&field.before);
    match &field.now {
        Some(now) => format!("was filled by the argument `{before}`, and is by `{}`", shown(now)),
        None => format!("was filled by the argument `{before}`, and is gone"),
    }
}

/// What moved, and through which rule.
fn statement(region: &Region) -> String {
    let rule = region.rule.as_deref().unwrap_or("");
    let may = if matches!(region.answer, Answer::Unknown(_)) { "may be " } else { "" };
    match (region.direction, region.because) {
        (Direction::Weaker, Because::Rule) => {
            format!("{may}more permissive, where rule `{rule}` held it back before")
        }
        (Direction::Weaker, Because::Default) => {
            format!("{may}more permissive, where the default held it back before")
        }
        (Direction::Weaker, Because::Undeclared) => format!("{may}more permissive, a new action"),
        (Direction::Stricter, Because::Rule) => format!("{may}stricter, by rule `{rule}`"),
        (Direction::Stricter, Because::Default) => format!("{may}stricter, by the default"),
        (Direction::Stricter, Because::Undeclared) => format!("{may}stricter, the action is gone"),
        (Direction::Weaker, Because::Rejected) => {
            format!("{may}more permissive, where the schema rejected the request before")
        }
        (Direction::Stricter, Because::Rejected) => {
            format!("{may}stricter, where the schema rejects the request now")
        }
        (Direction::Weaker, Because::RequiredAction) => {
            format!("{may}more permissive, without an action that rule `{rule}` required before")
        }
        (Direction::Stricter, Because::RequiredAction) => {
            format!("{may}stricter, with an action that rule `{rule}` requires")
        }
    }
}

fn decisions<'p>(compared: &Compared<'p>, request: &RawRequest) -> [Decision<'p>; 2] {
    let of = |policy: &'p Policy| decide(policy, request);
    [of(compared.old), of(compared.new)]
}

/// `block by rule large`
pub(crate) fn outcome(decision: &Decision<'_>) -> String {
    let effect = decision.effect.as_str();
    let open = decision
        .matched_rule
        .as_ref()
        .is_some_and(|rule| !decision.matched_rules.iter().any(|id| id == rule));
    match &decision.matched_rule {
        Some(rule) if open => format!("{effect} by rule `{rule}`, which cannot be decided"),
        Some(rule) => format!("{effect} by rule `{rule}`"),
        None if decision.effect == Effect::Block && !decision.errors.is_empty() => {
            let codes: Vec<_> = decision.errors.iter().map(|fault| fault.reason.as_str()).collect();
            format!("{effect}: {}", codes.join(", "))
        }
        None => format!("{effect} by default"),
    }
}
