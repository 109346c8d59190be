//! The analyser as the prover of governance.

use std::cell::RefCell;
use std::sync::Arc;

use actra_analyze::Analyzer;
use actra_eval::decide;
use actra_govern::{Counterexample, Outcome, Prover, Verdict};
use actra_ir::Policy;
use actra_ir::governance::Invariant;
use actra_model::{RawRequest, Request};

use crate::prove::statement;

/// Keeps what the analyser learned from one demand to the next.
#[derive(Debug, Default)]
pub(crate) struct Analysis(RefCell<Analyzer>);

impl Prover for Analysis {
    fn invariant(&self, policy: &Policy, invariant: &Invariant) -> Verdict {
        verdict(self.0.borrow_mut().prove(policy, &statement(invariant)), policy, None)
    }

    fn no_weaker(&self, old: &Policy, new: &Policy, new_actions: &[Arc<str>]) -> Verdict {
        verdict(self.0.borrow_mut().no_weaker(old, new, new_actions), new, Some(old))
    }
}

fn verdict(verdict: actra_analyze::Verdict, policy: &Policy, old: Option<&Policy>) -> Verdict {
    match verdict {
        actra_analyze::Verdict::Proved => Verdict::Proved,
        actra_analyze::Verdict::Empty => Verdict::Empty,
        actra_analyze::Verdict::Unproven(opaque) => Verdict::Unproven { opaque },
        actra_analyze::Verdict::Refuted(request) => Verdict::Refuted(Box::new(Counterexample {
            request: text(&request),
            outcome: outcome(policy, &request),
            before: old.map(|old| outcome(old, &request)),
        })),
    }
}

fn outcome(policy: &Policy, request: &RawRequest) -> Outcome {
    let decision = decide(policy, &Request::admit(&policy.schema, request));
    Outcome { effect: decision.effect, rule: decision.matched_rule.as_deref().map(Arc::from) }
}

/// A request as one line of JSON.
fn text(request: &RawRequest) -> String {
    let records = [("action", &request.action), ("actor", &request.actor), ("snapshot", &request.snapshot)];
    let members = records
        .into_iter()
        .filter_map(|(name, record)| Some(format!("\"{name}\":{}", record.as_ref()?.to_json())));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
