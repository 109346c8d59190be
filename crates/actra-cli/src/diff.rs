//! `actra diff OLD NEW`

use std::fmt::Write;

use actra_engine::analyze::cost_caveats::note;
use actra_engine::analyze::{Analyzer, Direction, Region, Remapped, SearchAnswer, StricterBy};
use actra_engine::model::{Decision, RawRequest};
use actra_engine::{Policy, decide};
use actra_wire::PolicyComparison;

use crate::args::{DiffArguments, FailOn, ReportFormat};
use crate::decision::describe_briefly;
use crate::exit::{Exit, ExitStatus};
use crate::output::{Output, printable};
use crate::policy_set;

pub(crate) fn run(arguments: &DiffArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let old = policy_set::open_ungoverned(&arguments.old, arguments.verbosity.level())?;
    let new = policy_set::open_ungoverned(&arguments.new, arguments.verbosity.level())?;
    let difference = Analyzer::default().diff(&old, &new);
    let compared = PolicyComparison { old: &old, new: &new, difference: &difference };
    match arguments.format {
        ReportFormat::Json => output.json(|json| actra_wire::write_diff(&compared, json))?,
        ReportFormat::Human => output.bytes(human(&compared).as_bytes())?,
        ReportFormat::Markdown => output.bytes(markdown(&compared).as_bytes())?,
    }
    let failed = match arguments.fail_on {
        None => false,
        Some(FailOn::Weaker) => difference.moved(Direction::Weaker),
        Some(FailOn::Stricter) => difference.moved(Direction::Stricter),
        Some(FailOn::Any) => !difference.is_equivalent(),
    };
    Ok(if failed { ExitStatus::Negative } else { ExitStatus::Success })
}

/// How many fields are listed by name.
const MAX_NAMED: usize = 5;

/// One line: what the change does.
fn headline(compared: &PolicyComparison<'_>) -> &'static str {
    let all = compared.difference.not_compared.is_empty();
    match (compared.verdict(), compared.old.hash == compared.new.hash) {
        ("equivalent", true) => "the same policy",
        ("equivalent", false) if all => "equivalent: every request has the same effect as before",
        ("equivalent", false) => "equivalent: every request that is compared has the same effect as before",
        ("weaker", _) => "more permissive",
        ("stricter", _) => "stricter",
        ("both", _) => "more permissive for some requests, stricter for others",
        // Only what has a witness is claimed.
        _ if compared.difference.surely_moved(Direction::Weaker) => {
            "more permissive; whether it is also stricter for some requests was not decided"
        }
        _ if compared.difference.surely_moved(Direction::Stricter) => {
            "stricter; whether it is also more permissive for some requests was not decided"
        }
        _ => {
            "not decided: no request was found that is treated differently, but it is not proved that there is none"
        }
    }
}

fn human(compared: &PolicyComparison<'_>) -> String {
    let mut text = format!("{}\n", headline(compared));
    if let Some(paths) = not_compared(compared) {
        let _ = writeln!(
            text,
            "not compared: requests whose `unknown` names a field that only one version declares: {paths}"
        );
    }
    for path in &compared.difference.unmasked {
        let _ = writeln!(text, "\n{}: was `sensitive`, and no longer is", printable(path));
    }
    for field in &compared.difference.remapped {
        let _ = writeln!(text, "\n{}: {}", printable(&field.path), describe_remapped(field));
    }
    for region in &compared.difference.regions {
        let _ = write!(text, "\n{}: {}\n", region.action, describe_region(region));
        match &region.answer {
            SearchAnswer::Witness(request) => {
                let [old, new] = decisions(compared, request);
                let _ = writeln!(text, "  request  {}", printable(request.to_text()));
                let _ = writeln!(
                    text,
                    "  before   {}\n  now      {}",
                    describe_briefly(&old),
                    describe_briefly(&new)
                );
            }
            SearchAnswer::Unknown(opaque) => {
                let _ = writeln!(text, "  not decided: {}", printable(opaque.join(", ")));
            }
            SearchAnswer::Unsatisfiable => {}
        }
    }
    text.extend(note(&compared.difference.within_cost).map(|note| format!("\n{note}\n")));
    text
}

fn markdown(compared: &PolicyComparison<'_>) -> String {
    let mut text = format!("**Policy change:** {}\n", headline(compared));
    if let Some(paths) = not_compared(compared) {
        let _ = writeln!(
            text,
            "\nNot compared: requests whose `unknown` names what only one version declares, {paths}."
        );
    }
    for path in &compared.difference.unmasked {
        let _ = writeln!(text, "\n`{}` was `sensitive`, and no longer is.", printable(path));
    }
    for field in &compared.difference.remapped {
        let _ = writeln!(text, "\n`{}` {}.", printable(&field.path), describe_remapped(field));
    }
    for region in &compared.difference.regions {
        let _ = write!(text, "\n### `{}`: {}\n\n", region.action, describe_region(region));
        match &region.answer {
            SearchAnswer::Witness(request) => {
                let [old, new] = decisions(compared, request);
                let _ = write!(
                    text,
                    "| before | now |\n|---|---|\n| {} | {} |\n\n```json\n{}\n```\n",
                    describe_briefly(&old),
                    describe_briefly(&new),
                    printable(request.to_text())
                );
            }
            SearchAnswer::Unknown(opaque) => {
                let _ = writeln!(text, "Not decided: {}", printable(opaque.join(", ")).replace('|', "\\|"));
            }
            SearchAnswer::Unsatisfiable => {}
        }
    }
    text.extend(note(&compared.difference.within_cost).map(|note| format!("\n{note}\n")));
    text
}

/// The first fields that only one version declares; `None` if there are none.
fn not_compared(compared: &PolicyComparison<'_>) -> Option<String> {
    let paths = &compared.difference.not_compared;
    if paths.is_empty() {
        return None;
    }
    let named: Vec<String> =
        paths.iter().take(MAX_NAMED).map(|path| format!("`{}`", printable(path))).collect();
    let more = match paths.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{}{more}", named.join(", ")))
}

/// Which argument filled a field before, and which fills it now.
fn describe_remapped(field: &Remapped) -> String {
    let before = printable(&field.before);
    match &field.now {
        Some(now) => {
            format!("was filled by the argument `{before}`, and is now filled by `{}`", printable(now))
        }
        None => format!("was filled by the argument `{before}`, and is gone"),
    }
}

/// How the outcome changed, and through which rule.
fn describe_region(region: &Region) -> String {
    let rule = region.rule.as_deref().unwrap_or("");
    let may = if matches!(region.answer, SearchAnswer::Unknown(_)) { "may be " } else { "" };
    match (region.direction, region.because) {
        (Direction::Weaker, StricterBy::Rule) => {
            format!("{may}more permissive, where rule `{rule}` held it back before")
        }
        (Direction::Weaker, StricterBy::Default) => {
            format!("{may}more permissive, where the default held it back before")
        }
        (Direction::Weaker, StricterBy::Undeclared) => format!("{may}more permissive, a new action"),
        (Direction::Stricter, StricterBy::Rule) => format!("{may}stricter, by rule `{rule}`"),
        (Direction::Stricter, StricterBy::Default) => format!("{may}stricter, by the default"),
        (Direction::Stricter, StricterBy::Undeclared) => format!("{may}stricter, the action is gone"),
        (Direction::Weaker, StricterBy::Rejected) => {
            format!("{may}more permissive, where the schema rejected the request before")
        }
        (Direction::Stricter, StricterBy::Rejected) => {
            format!("{may}stricter, where the schema rejects the request now")
        }
        (Direction::Weaker, StricterBy::RequiredAction) => {
            format!("{may}more permissive: what rule `{rule}` required before is no longer required")
        }
        (Direction::Stricter, StricterBy::RequiredAction) => {
            format!("{may}stricter, with an action that rule `{rule}` requires")
        }
    }
}

fn decisions<'p>(compared: &PolicyComparison<'p>, request: &RawRequest) -> [Decision<'p>; 2] {
    let of = |policy: &'p Policy| decide(policy, request);
    [of(compared.old), of(compared.new)]
}
