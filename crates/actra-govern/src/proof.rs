//! Invariants and baselines: what is reported of what the analyzer says about them.

use std::collections::BTreeSet;

use actra_analyze::{ProofVerdict, rules_containing};
use actra_diagnostics::{Code, Diagnostic, codes};
use actra_ir::governance::{AcceptedEffects, Baseline, Invariant, OnUnproven};
use actra_ir::{DeclarationSpans, Policy};
use actra_model::{ActionId, Decision, RawRequest, Request};

use crate::blame::{self, DecidedRequest, moved_to};
use crate::structural::violation;

/// Reports an invariant that is not proved.
pub(crate) fn about_invariant(
    policy: &Policy,
    invariant: &Invariant,
    verdict: &ProofVerdict,
    places: &DeclarationSpans,
) -> Option<Diagnostic> {
    let demand = &invariant.demand;
    match verdict {
        ProofVerdict::Proved => None,
        ProofVerdict::Vacuous if invariant.may_be_empty => None,
        ProofVerdict::Vacuous => Some(
            violation(demand, codes::INVARIANT_EMPTY, "no request fits `for` and `when`")
                .help("if that is intended, write `may_be_empty: true`"),
        ),
        ProofVerdict::Refuted(request) => Some(refuted(
            violation(demand, codes::INVARIANT_REFUTED, "there is a request that breaks it"),
            request,
            policy,
            RefutedBy::Invariant(invariant.accepted),
            places,
        )),
        ProofVerdict::Unproven(opaque) => {
            let code = match invariant.on_unproven {
                OnUnproven::Refuse => codes::INVARIANT_UNPROVEN,
                OnUnproven::Warn => codes::UNPROVEN_ALLOWED,
            };
            let report = violation(demand, code, "this can be neither proved nor refuted");
            Some(unproven(report, policy, &invariant.actions, opaque))
        }
        ProofVerdict::ProtectionsLost(what) => {
            let report = violation(
                demand,
                codes::INVARIANT_REFUTED,
                "the new schema drops something that the baseline has",
            );
            Some(report.help(what.join(", ")))
        }
    }
}

/// Reports a baseline that the policy is weaker than, or may be.
pub(crate) fn about_baseline(
    policy: &Policy,
    baseline: &Baseline,
    verdict: &ProofVerdict,
    places: &DeclarationSpans,
) -> Option<Diagnostic> {
    let report = |code: Code, text: &str| {
        Diagnostic::new(code, baseline.place, format!("the policy is {text} `{}`", baseline.path))
            .label("this is demanded")
    };
    match verdict {
        ProofVerdict::Proved | ProofVerdict::Vacuous => None,
        ProofVerdict::ProtectionsLost(what) => {
            let help = format!(
                "it dropped or changed {}: that alone makes the policy weaker, whatever its rules decide",
                what.join(", ")
            );
            let report = report(codes::WEAKER_THAN_BASELINE, "weaker than the baseline").help(help);
            Some(moved_to(report, blame::protections_lost(what, places)))
        }
        ProofVerdict::Refuted(request) => {
            let report = report(codes::WEAKER_THAN_BASELINE, "weaker than the baseline");
            Some(refuted(report, request, policy, RefutedBy::Baseline(&baseline.policy), places))
        }
        ProofVerdict::Unproven(opaque) => {
            let text = "not proved to be no weaker than the baseline";
            let all: Vec<ActionId> =
                (0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)).collect();
            Some(unproven(report(codes::INVARIANT_UNPROVEN, text), policy, &all, opaque))
        }
    }
}

/// Shows the request, what is said about it, and what says so.
fn refuted(
    report: Diagnostic,
    request: &RawRequest,
    policy: &Policy,
    against: RefutedBy<'_>,
    places: &DeclarationSpans,
) -> Diagnostic {
    let now = DecidedRequest::new(policy, request);
    let before = match against {
        RefutedBy::Invariant(_) => None,
        RefutedBy::Baseline(old) => Some(DecidedRequest::new(old, request)),
    };
    let meets = |effect| match (against, &before) {
        (RefutedBy::Invariant(accepted), _) => accepted.accepts(effect),
        (RefutedBy::Baseline(_), before) => {
            before.as_ref().is_none_or(|before| effect >= before.decision.effect)
        }
    };
    let said_now = described(&now.decision, &now.request);
    let report = report.help(format!("for example {}", request.to_text())).help(match &before {
        None => format!("the outcome is {said_now}"),
        Some(before) => {
            format!("the outcome is {said_now}, and was {}", described(&before.decision, &before.request))
        }
    });
    let outcome = blame::outcome(&now, places);
    let change = before.as_ref().and_then(|before| blame::change(before, &now, places));
    let first = blame::shadow(&now, meets).or(change).or(outcome);
    let mut report = moved_to(report, first);
    let also = outcome.filter(|(place, _)| first.is_none_or(|(known, _)| known != *place));
    report.labels.extend(also.map(|(place, text)| (place, text.to_owned())));
    if let Some(rule) = before.as_ref().and_then(DecidedRequest::rule) {
        report = report.also(rule.metadata.id, "this rule gave the previous outcome");
    }
    report
}

/// What a request refutes.
#[derive(Clone, Copy)]
enum RefutedBy<'a> {
    Invariant(AcceptedEffects),
    Baseline(&'a Policy),
}

/// The outcome, and what it rests on.
fn described(decision: &Decision<'_>, request: &Request) -> String {
    let effect = decision.effect;
    match &decision.matched_rule {
        Some(rule) => format!("`{effect}` by the rule `{rule}`"),
        None if request.invalid => format!("`{effect}`, since the request is not valid"),
        None => format!("`{effect}` by default"),
    }
}

/// Names what stood in the way, and shows the rules in which it stands. What is only warned about stays with the author
/// of the demand, who allowed it.
fn unproven(report: Diagnostic, policy: &Policy, actions: &[ActionId], opaque: &[String]) -> Diagnostic {
    let parts: Vec<String> = opaque.iter().map(|part| format!("`{part}`")).collect();
    let mut report = report.help(format!("the obstacle is {}", parts.join(", ")));
    let mut shown = BTreeSet::new();
    for part in opaque {
        for (rule, names) in rules_containing(policy, actions, part) {
            if shown.len() < 12 && shown.insert(&rule.id) {
                let text = format!("this rule uses `{part}` and covers {}", listed(&names));
                let place = rule.metadata.id;
                let is_first = shown.len() == 1 && report.is_error();
                report =
                    if is_first { moved_to(report, Some((place, text))) } else { report.also(place, text) };
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
