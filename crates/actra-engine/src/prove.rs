//! One statement about a policy set, proved or refuted.

use actra_analyze::within::{self, WithinCost};
use actra_analyze::{Analyzer, ProofResult, Statement};
use actra_compile::{InvariantText, InvariantTextError};

use crate::Policy;

/// The verdict on a statement, and the limits that it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Whether it holds.
    pub verdict: ProofResult,
    /// The containers for which the verdict only holds within the cost limit; see [`actra_analyze::within`].
    pub within_cost: WithinCost,
}

/// Whether a statement holds for all valid requests of a policy.
///
/// Cost: see [`Analyzer::prove`].
pub fn prove(policy: &Policy, text: &InvariantText<'_>) -> Result<Proof, InvariantTextError> {
    let invariant = actra_compile::resolve_invariant(&policy.schema, text)?;
    let statement = Statement::of(&invariant);
    let verdict = Analyzer::default().prove(policy, &statement);
    let within_cost = within::of_verdict(policy, &statement, &verdict);
    Ok(Proof { verdict, within_cost })
}
