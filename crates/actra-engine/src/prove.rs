//! One statement about a policy set, proved or refuted.

use actra_analyze::{Analyzer, Statement, Verdict};
use actra_compile::{Asked, Refused};

use crate::Policy;

/// Whether a statement holds for all valid requests of a policy.
///
/// Cost: see [`Analyzer::prove`].
pub fn prove(policy: &Policy, asked: &Asked<'_>) -> Result<Verdict, Refused> {
    let invariant = actra_compile::asked(&policy.schema, asked)?;
    Ok(Analyzer::default().prove(policy, &Statement::of(&invariant)))
}
