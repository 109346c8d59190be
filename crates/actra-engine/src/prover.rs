//! The analyser as the prover of governance.

use std::cell::RefCell;
use std::sync::Arc;

use actra_analyze::Analyzer;
use actra_eval::decide;
use actra_govern::{Counterexample, Prover, Verdict};
use actra_ir::Policy;
use actra_ir::governance::Invariant;
use actra_model::{Decision, RawRequest, Request};

use crate::prove::statement;

/// Keeps what the analyser learned from one demand to the next.
#[derive(Debug, Default)]
pub(crate) struct Analysis(RefCell<Analyzer>);

impl Prover for Analysis {
    fn invariant(&self, policy: &Policy, invariant: &Invariant) -> Verdict {
        verdict(self.0.borrow_mut().prove(policy, &statement(invariant)), policy)
    }

    fn no_weaker(&self, old: &Policy, new: &Policy, new_actions: &[Arc<str>]) -> Verdict {
        verdict(self.0.borrow_mut().no_weaker(old, new, new_actions), new)
    }
}

fn verdict(verdict: actra_analyze::Verdict, policy: &Policy) -> Verdict {
    match verdict {
        actra_analyze::Verdict::Proved => Verdict::Proved,
        actra_analyze::Verdict::Empty => Verdict::Empty,
        actra_analyze::Verdict::Unproven(opaque) => Verdict::Unproven { opaque },
        actra_analyze::Verdict::Refuted(request) => {
            let decision = decide(policy, &Request::admit(&policy.schema, &request));
            let outcome = outcome(&decision);
            Verdict::Refuted(Box::new(Counterexample { request: text(&request), outcome }))
        }
    }
}

/// `` `allow` by the rule `small` ``
fn outcome(decision: &Decision<'_>) -> String {
    match &decision.matched_rule {
        Some(rule) => format!("`{}` by the rule `{rule}`", decision.effect),
        None => format!("`{}` by default", decision.effect),
    }
}

/// A request as one line of JSON.
fn text(request: &RawRequest) -> String {
    let records = [("action", &request.action), ("actor", &request.actor), ("snapshot", &request.snapshot)];
    let members = records
        .into_iter()
        .filter_map(|(name, record)| Some(format!("\"{name}\":{}", record.as_ref()?.to_json())));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
