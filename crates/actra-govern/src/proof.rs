//! Invariants and baselines: what is reported of what the analyser says about them.

use std::collections::BTreeSet;

use actra_analyze::{Verdict, rules_with};
use actra_diagnostics::{Code, Diagnostic, Span, codes};
use actra_eval::decide;
use actra_ir::Policy;
use actra_ir::governance::{Baseline, Invariant, Unproven};
use actra_model::{ActionId, Decision, RawRequest, Request};

use crate::structural::broken;

/// Reports an invariant that is not proved.
pub(crate) fn about_invariant(
    policy: &Policy,
    invariant: &Invariant,
    verdict: &Verdict,
) -> Option<Diagnostic> {
    let demand = &invariant.demand;
    match verdict {
        Verdict::Proved => None,
        Verdict::Empty if invariant.may_be_empty => None,
        Verdict::Empty => Some(
            broken(demand, codes::INVARIANT_EMPTY, "no request fits `for` and `when`")
                .help("say `may_be_empty: true` if that is meant"),
        ),
        Verdict::Refuted(request) => Some(refuted(
            broken(demand, codes::INVARIANT_REFUTED, "there is a request that breaks it"),
            request,
            policy,
            None,
        )),
        Verdict::Unproven(opaque) => {
            let code = match invariant.unproven {
                Unproven::Refuse => codes::INVARIANT_UNPROVEN,
                Unproven::Warn => codes::UNPROVEN_ALLOWED,
            };
            let report = broken(demand, code, "this can be neither proved nor refuted");
            Some(unproven(report, policy, &invariant.actions, opaque))
        }
        Verdict::GivenUp(what) => {
            let report = broken(demand, codes::INVARIANT_REFUTED, "something was given up");
            Some(report.help(what.join(", ")))
        }
    }
}

/// Reports a baseline that the policy is weaker than, or may be.
pub(crate) fn about_baseline(policy: &Policy, baseline: &Baseline, verdict: &Verdict) -> Option<Diagnostic> {
    let report = |code: Code, text: &str| {
        Diagnostic::new(code, baseline.place, format!("the policy is {text} `{}`", baseline.path))
    };
    match verdict {
        Verdict::Proved | Verdict::Empty => None,
        Verdict::GivenUp(what) => {
            let what: Vec<String> = what.iter().map(|what| format!("`{what}`")).collect();
            let help = format!("it gave up {}, which is weaker whatever the effects are", what.join(", "));
            Some(report(codes::WEAKER_THAN_BASELINE, "weaker than the baseline").help(help))
        }
        Verdict::Refuted(request) => {
            let report = report(codes::WEAKER_THAN_BASELINE, "weaker than the baseline");
            Some(refuted(report, request, policy, Some(&baseline.policy)))
        }
        Verdict::Unproven(opaque) => {
            let text = "not proved to be no weaker than the baseline";
            let all: Vec<ActionId> =
                (0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)).collect();
            Some(unproven(report(codes::INVARIANT_UNPROVEN, text), policy, &all, opaque))
        }
    }
}

/// Shows the request, what is said about it, and the rules that say so.
fn refuted(report: Diagnostic, request: &RawRequest, policy: &Policy, old: Option<&Policy>) -> Diagnostic {
    let (read, formerly) =
        (Request::admit(&policy.schema, request), old.map(|old| (old, Request::admit(&old.schema, request))));
    let outcome = decide(policy, &read);
    let before = formerly.as_ref().map(|(old, request)| decide(old, request));
    let was = formerly.as_ref().zip(before.as_ref()).map(|((_, request), before)| said(before, request));
    let is = said(&outcome, &read);
    let mut report = report.help(format!("for example {}", request.to_json())).help(match was {
        None => format!("the outcome is {is}"),
        Some(was) => format!("the outcome is {is}, and was {was}"),
    });
    if let Some(place) = place(policy, &outcome) {
        report = report.also(place, "this rule gives the outcome");
    }
    if let Some(place) = old.zip(before.as_ref()).and_then(|(old, before)| place(old, before)) {
        report = report.also(place, "this rule gave the one before");
    }
    report
}

/// The outcome, and what it rests on.
fn said(decision: &Decision<'_>, request: &Request) -> String {
    let effect = decision.effect;
    match &decision.matched_rule {
        Some(rule) => format!("`{effect}` by the rule `{rule}`"),
        None if request.invalid => format!("`{effect}`, since the request is not valid"),
        None => format!("`{effect}` by default"),
    }
}

fn place(policy: &Policy, decision: &Decision<'_>) -> Option<Span> {
    let rule = policy.rules.iter().find(|rule| decision.matched_rule.as_deref() == Some(rule.id.as_ref()))?;
    Some(rule.origin.id)
}

/// Names what stood in the way, and shows the rules in which it stands.
fn unproven(report: Diagnostic, policy: &Policy, actions: &[ActionId], opaque: &[String]) -> Diagnostic {
    let parts: Vec<String> = opaque.iter().map(|part| format!("`{part}`")).collect();
    let mut report = report.help(format!("what stands in the way is {}", parts.join(", ")));
    let mut shown = BTreeSet::new();
    for part in opaque {
        for (rule, names) in rules_with(policy, actions, part) {
            if shown.len() < 12 && shown.insert(&rule.id) {
                let text = format!("`{part}` stands in this rule, which covers {}", listed(&names));
                report = report.also(rule.origin.id, text);
            }
        }
    }
    report
}

/// The first few, in backticks.
fn listed(names: &[&str]) -> String {
    let some: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
    format!("{}{more}", some.join(", "))
}

#[cfg(test)]
mod tests;
