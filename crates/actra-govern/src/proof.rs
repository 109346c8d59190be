//! Invariants and baselines: what a prover says about them, and what is reported then.

use std::fmt;
use std::sync::Arc;

use actra_diagnostics::{Code, Diagnostic, codes};
use actra_ir::Policy;
use actra_ir::governance::{Baseline, Invariant, Unproven};
use actra_model::Effect;

use crate::structural::broken;

/// What proves or refutes demands on the decisions of a policy.
pub trait Prover {
    /// Whether every valid request that fits the invariant has an outcome that it accepts.
    fn invariant(&self, policy: &Policy, invariant: &Invariant) -> Verdict;

    /// Whether every request that is valid under the new schema has at least the effect that it had.
    fn no_weaker(&self, old: &Policy, new: &Policy, new_actions: &[Arc<str>]) -> Verdict;
}

/// What came out of trying to prove a demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds for every request.
    Proved,
    /// It does not hold for this request.
    Refuted(Box<Counterexample>),
    /// It could be neither proved nor refuted.
    Unproven {
        /// The parts of conditions that stood in the way, as written; empty where nothing in particular did.
        opaque: Vec<String>,
    },
    /// No request fits it.
    Empty,
}

/// A request for which a demand does not hold, as `decide` confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// The request as one line of JSON.
    pub request: String,
    /// What the policy says about it.
    pub outcome: Outcome,
    /// What the baseline says about it; `None` for an invariant.
    pub before: Option<Outcome>,
}

/// What a policy says about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The effect.
    pub effect: Effect,
    /// The rule that it rests on; `None` for the default, and for a request that is invalid.
    pub rule: Option<Arc<str>>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rule {
            Some(rule) => write!(f, "`{}` by the rule `{rule}`", self.effect),
            None => write!(f, "`{}` by default", self.effect),
        }
    }
}

/// Proves nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unsupported;

impl Prover for Unsupported {
    fn invariant(&self, _: &Policy, _: &Invariant) -> Verdict {
        Verdict::Unproven { opaque: Vec::new() }
    }

    fn no_weaker(&self, _: &Policy, _: &Policy, _: &[Arc<str>]) -> Verdict {
        Verdict::Unproven { opaque: Vec::new() }
    }
}

/// Reports an invariant that is not proved.
pub(crate) fn invariant(
    policy: &Policy,
    invariant: &Invariant,
    prover: &dyn Prover,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let demand = &invariant.demand;
    diagnostics.extend(match prover.invariant(policy, invariant) {
        Verdict::Proved => None,
        Verdict::Empty if invariant.may_be_empty => None,
        Verdict::Empty => Some(
            broken(demand, codes::INVARIANT_EMPTY, "no request fits `for` and `when`")
                .help("say `may_be_empty: true` if that is meant"),
        ),
        Verdict::Refuted(found) => Some(refuted(
            broken(demand, codes::INVARIANT_REFUTED, "there is a request that breaks it"),
            &found,
            policy,
            None,
        )),
        Verdict::Unproven { opaque } => {
            let code = match invariant.unproven {
                Unproven::Refuse => codes::INVARIANT_UNPROVEN,
                Unproven::Warn => codes::UNPROVEN_ALLOWED,
            };
            Some(unproven(broken(demand, code, "this can be neither proved nor refuted"), &opaque))
        }
    });
}

/// Reports a baseline that the policy is weaker than, or may be.
pub(crate) fn baseline(
    policy: &Policy,
    baseline: &Baseline,
    prover: &dyn Prover,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let report = |code: Code, text: &str| {
        Diagnostic::new(code, baseline.place, format!("the policy is {text} `{}`", baseline.path))
    };
    diagnostics.extend(match prover.no_weaker(&baseline.policy, policy, &baseline.new_actions) {
        Verdict::Proved | Verdict::Empty => None,
        Verdict::Refuted(found) => {
            let report = report(codes::WEAKER_THAN_BASELINE, "weaker than the baseline");
            Some(refuted(report, &found, policy, Some(&baseline.policy)))
        }
        Verdict::Unproven { opaque } => {
            let text = "not proved to be no weaker than the baseline";
            Some(unproven(report(codes::INVARIANT_UNPROVEN, text), &opaque))
        }
    });
}

/// Shows the request, what is said about it, and the rules that say so.
fn refuted(
    report: Diagnostic,
    found: &Counterexample,
    policy: &Policy,
    baseline: Option<&Policy>,
) -> Diagnostic {
    let Counterexample { request, outcome, before } = found;
    let mut report = report.help(format!("for example {request}"));
    report = match before {
        None => report.help(format!("the outcome is {outcome}")),
        // An action or a value that the baseline does not know is blocked there.
        Some(before) if before.rule.is_none() && baseline.is_some_and(|old| old.default != before.effect) => {
            let was = before.effect;
            report.help(format!("the outcome is {outcome}, and was `{was}`, since the request was not valid"))
        }
        Some(before) => report.help(format!("the outcome is {outcome}, and was {before}")),
    };
    let place = |policy: &Policy, outcome: &Outcome| {
        let rule = policy.rules.iter().find(|rule| Some(&rule.id) == outcome.rule.as_ref())?;
        Some(rule.origin.id)
    };
    if let Some(place) = place(policy, outcome) {
        report = report.also(place, "this rule gives the outcome");
    }
    if let Some(place) = baseline.zip(before.as_ref()).and_then(|(policy, before)| place(policy, before)) {
        report = report.also(place, "this rule gave the one before");
    }
    report
}

fn unproven(report: Diagnostic, opaque: &[String]) -> Diagnostic {
    let parts: Vec<String> = opaque.iter().map(|part| format!("`{part}`")).collect();
    match parts.is_empty() {
        true => report.help("this version does not prove what policies do"),
        false => report.help(format!("what stands in the way is {}", parts.join(", "))),
    }
}

#[cfg(test)]
mod tests;
