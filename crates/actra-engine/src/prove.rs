//! One statement about a policy set, proved or refuted.

use actra_analyze::cost_caveats::{self, CostCaveats};
use actra_analyze::{Analyzer, ProofVerdict, Statement};
use actra_compile::{InvariantText, InvariantTextError};

use crate::Policy;

/// The verdict on a statement, and the limits that it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofReport {
    /// Whether the statement holds, does not, or could not be decided.
    pub verdict: ProofVerdict,
    /// The containers for which the verdict only holds within the cost limit; see [`actra_analyze::cost_caveats`].
    pub within_cost: CostCaveats,
}

/// Whether a statement holds for all valid requests of a policy.
///
/// Cost: see [`Analyzer::prove`].
pub fn prove(policy: &Policy, text: &InvariantText<'_>) -> Result<ProofReport, InvariantTextError> {
    let invariant = actra_compile::resolve_invariant(&policy.schema, text)?;
    let statement = Statement::of(&invariant);
    let verdict = Analyzer::default().prove(policy, &statement);
    let within_cost = cost_caveats::of_verdict(policy, &statement, &verdict);
    Ok(ProofReport { verdict, within_cost })
}
