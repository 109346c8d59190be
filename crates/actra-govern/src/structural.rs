//! Structural rules: what the text of a policy must look like.

use std::collections::BTreeSet;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::governance::{Demand, Must, StructuralRule};
use actra_ir::{DeclarationSpans, Policy, Rule, mentions};
use actra_model::ActionId;

use crate::atom_pattern::covers;
use crate::blame::moved_to;
use crate::select::{Selection, select};

/// Places that one diagnostic shows at most.
const PLACES: usize = 12;

/// Reports a policy that breaks a structural rule.
pub(crate) fn check(
    policy: &Policy,
    rule: &StructuralRule,
    places: &DeclarationSpans,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let selection = select(policy, rule);
    diagnostics.extend(match &rule.must {
        Must::AtLeast(least) => {
            too_few(policy, rule, &selection, *least).map(|report| lacking(report, &selection, places))
        }
        Must::AtMost(most) => too_many(rule, &selection, *most),
        Must::AllowedFields(allowed) => other_fields(rule, &selection, allowed),
    });
}

/// The diagnostic about a demand that does not hold; the words are those of its author.
pub(crate) fn violation(demand: &Demand, code: actra_diagnostics::Code, what: &str) -> Diagnostic {
    let error: Vec<&str> = demand.error.split_whitespace().collect();
    Diagnostic::new(code, demand.place, format!("`{}`: {}", demand.id, error.join(" ")))
        .label(what.to_owned())
}

fn structural_violation(rule: &StructuralRule, what: &str) -> Diagnostic {
    violation(&rule.demand, codes::GOVERNANCE_VIOLATED, what)
}

/// Each action that is named must be covered by so many of the rules: none can be lost by narrowing a scope.
fn too_few(
    policy: &Policy,
    rule: &StructuralRule,
    selection: &Selection<'_>,
    least: u32,
) -> Option<Diagnostic> {
    let few = |count: usize| u32::try_from(count).is_ok_and(|count| count < least);
    let named: BTreeSet<ActionId> = [&rule.applies_to, &rule.select.actions]
        .into_iter()
        .flatten()
        .flat_map(|ids| ids.iter().copied())
        .collect();
    let counted = |action: ActionId| selection.rules.iter().filter(|rule| rule.covers(action)).count();
    let what = if named.is_empty() {
        let count = selection.rules.len();
        few(count).then(|| format!("{}, but {} needed", matching(count), are(least)))?
    } else {
        let lacking: Vec<ActionId> = named.into_iter().filter(|action| few(counted(*action))).collect();
        let first = lacking.first()?;
        let names: Vec<String> = lacking.iter().filter_map(|action| name(policy, *action)).collect();
        let most = lacking.iter().map(|action| counted(*action)).max().unwrap_or(0);
        let count = if lacking.len() == 1 { counted(*first) } else { most };
        format!("{} {}, but {} needed", covering(count), listed(&names), are(least))
    };
    let mut report = structural_violation(rule, &what);
    let counted =
        selection.rules.iter().map(|rule| (*rule, "this rule counts, but only for the actions in its scope"));
    for (place, text) in shown(counted) {
        report = report.also(place, text);
    }
    Some(report)
}

/// Points at a rule that would count but for one thing, else at where it could stand.
fn lacking(report: Diagnostic, selection: &Selection<'_>, places: &DeclarationSpans) -> Diagnostic {
    let mut near_misses = shown(selection.near_misses.iter().copied());
    let missing = places.rules.map(|place| (place, "what is demanded is missing"));
    let report = moved_to(report, near_misses.next().or(missing));
    near_misses.fold(report, |report, (place, text)| report.also(place, text))
}

fn too_many(rule: &StructuralRule, selection: &Selection<'_>, most: u32) -> Option<Diagnostic> {
    let count = selection.rules.len();
    if u32::try_from(count).is_ok_and(|count| count <= most) {
        return None;
    }
    let what = format!("{}, but at most {most} may", matching(count));
    // Where some may match, the first that is one too many.
    let (matches, excess) = (selection.rules.iter().map(|rule| rule.metadata.id), most as usize);
    let place = matches.clone().nth(excess);
    let mut report =
        moved_to(structural_violation(rule, &what), place.map(|place| (place, "this rule matches")));
    for other in matches.filter(|other| Some(*other) != place).take(PLACES - 1) {
        report = report.also(other, "this rule matches");
    }
    Some(more(report, count))
}

fn other_fields(
    rule: &StructuralRule,
    selection: &Selection<'_>,
    allowed: &[std::sync::Arc<str>],
) -> Option<Diagnostic> {
    let other = |rule: &Rule| {
        let mut paths = mentions(&rule.condition);
        paths.retain(|path| !allowed.iter().any(|allowed| covers(allowed, path)));
        paths
    };
    let guilty: Vec<(&Rule, BTreeSet<String>)> = selection
        .rules
        .iter()
        .map(|rule| (*rule, other(rule)))
        .filter(|(_, paths)| !paths.is_empty())
        .collect();
    if guilty.is_empty() {
        return None;
    }
    let mut report = structural_violation(rule, "rules read fields that are not on the list");
    for (idx, (rule, paths)) in guilty.iter().take(PLACES).enumerate() {
        let paths: Vec<String> = paths.iter().cloned().collect();
        let (place, text) = (rule.metadata.id, format!("this rule reads {}", listed(&paths)));
        report = if idx == 0 { moved_to(report, Some((place, text))) } else { report.also(place, text) };
    }
    Some(more(report, guilty.len()))
}

fn shown<'p>(
    rules: impl Iterator<Item = (&'p Rule, &'static str)>,
) -> impl Iterator<Item = (Span, &'static str)> {
    rules.take(PLACES).map(|(rule, text)| (rule.metadata.id, text))
}

fn more(report: Diagnostic, count: usize) -> Diagnostic {
    let rest = count.saturating_sub(PLACES);
    report.maybe_help((rest > 0).then(|| format!("{rest} more rules do the same")))
}

fn matching(count: usize) -> String {
    match count {
        0 => "no rule of the policy matches".to_owned(),
        1 => "1 rule of the policy matches".to_owned(),
        _ => format!("{count} rules of the policy match"),
    }
}

fn covering(count: usize) -> String {
    match count {
        0 => "no matching rule covers".to_owned(),
        1 => "1 matching rule covers".to_owned(),
        _ => format!("{count} matching rules cover"),
    }
}

fn are(count: u32) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{count} are") }
}

fn name(policy: &Policy, action: ActionId) -> Option<String> {
    policy.schema.action(action).map(|action| action.name.to_string())
}

/// The first few, in backticks.
fn listed(names: &[String]) -> String {
    let some: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    let rest = names.len().saturating_sub(some.len());
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", some.join(", "))
}
