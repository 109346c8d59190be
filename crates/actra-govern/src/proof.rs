//! Invariants and baselines: what a prover says about them, and what is reported then.

use actra_diagnostics::{Code, Diagnostic, codes};
use actra_ir::Policy;
use actra_ir::governance::{Baseline, Invariant, Unproven};

use crate::structural::broken;

/// What proves or refutes demands on the decisions of a policy.
pub trait Prover {
    /// Whether every valid request that fits the invariant has an outcome that it accepts.
    fn invariant(&self, policy: &Policy, invariant: &Invariant) -> Verdict;

    /// Whether every request that is valid under the new schema has at least the effect that it had.
    fn no_weaker(&self, old: &Policy, new: &Policy, new_actions: &[std::sync::Arc<str>]) -> Verdict;
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
    /// What happens: "`allow` by the rule `small`".
    pub outcome: String,
}

/// Proves nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unsupported;

impl Prover for Unsupported {
    fn invariant(&self, _: &Policy, _: &Invariant) -> Verdict {
        Verdict::Unproven { opaque: Vec::new() }
    }

    fn no_weaker(&self, _: &Policy, _: &Policy, _: &[std::sync::Arc<str>]) -> Verdict {
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
            Some(refuted(report(codes::WEAKER_THAN_BASELINE, "weaker than the baseline"), &found))
        }
        Verdict::Unproven { opaque } => {
            let text = "not proved to be no weaker than the baseline";
            Some(unproven(report(codes::INVARIANT_UNPROVEN, text), &opaque))
        }
    });
}

fn refuted(report: Diagnostic, found: &Counterexample) -> Diagnostic {
    report.help(format!("for example {}", found.request)).help(format!("is decided as {}", found.outcome))
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
