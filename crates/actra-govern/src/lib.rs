//! Whether a policy keeps to the governance of its set.
//!
//! Structural rules are checked here, on the compiled rules. Invariants and baselines are proved by a [`Prover`]; what
//! it cannot prove is refused, so that a governance that nobody checks lets no policy through.

mod atoms;
mod proof;
mod select;
mod structural;

use actra_diagnostics::Diagnostic;
use actra_ir::{Governance, Policy};

pub use proof::{Counterexample, Outcome, Prover, Unsupported, Verdict};

/// Checks a policy against the governance of its set; reports everything that it breaks.
///
/// Cost: structural rules look at each rule of the policy once.
pub fn govern(
    policy: &Policy,
    governance: &Governance,
    prover: &dyn Prover,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for rule in &governance.rules {
        structural::check(policy, rule, diagnostics);
    }
    for invariant in &governance.invariants {
        proof::invariant(policy, invariant, prover, diagnostics);
    }
    if let Some(baseline) = &governance.baseline {
        proof::baseline(policy, baseline, prover, diagnostics);
    }
}
