//! Whether a policy keeps to the governance of its set.
//!
//! Structural rules are checked here, on the compiled rules. Invariants and baselines are proved by the analyzer; what
//! it cannot prove is refused, so that a governance that nobody checks lets no policy through.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod atom_pattern;
mod blame;
mod proof;
mod select;
mod structural;

use std::sync::Arc;

use actra_analyze::cost_caveats::{self, CostCaveats};
use actra_analyze::{Analyzer, ProofVerdict, Statement};
use actra_diagnostics::Diagnostic;
use actra_ir::{DeclarationSpans, Governance, Policy};

/// What the analyzer says of one demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandVerdict {
    /// The id of an invariant, or `no_weaker_than` for the baseline.
    pub demand: Arc<str>,
    /// What the analyzer returned.
    pub verdict: ProofVerdict,
    /// Where that is so within cost only: the containers; see [`actra_analyze::cost_caveats`].
    pub within_cost: CostCaveats,
}

/// What became of the demands of a governance.
#[derive(Debug, Default)]
pub struct DemandReport {
    /// Invariants in file order, then the baseline.
    pub verdicts: Vec<DemandVerdict>,
    /// What the policy breaks, and what was not proved.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a policy against the governance of its set; reports everything that it breaks.
///
/// Reports stand where the policy breaks a demand, since that is what its author changed; the demand is shown beside
/// it.
///
/// Cost: structural rules look at each rule of the policy once; for the others see [`Analyzer::prove`] and
/// [`Analyzer::no_weaker`].
pub fn govern(policy: &Policy, governance: &Governance, places: &DeclarationSpans) -> DemandReport {
    let mut report = DemandReport::default();
    for rule in &governance.rules {
        structural::check(policy, rule, places, &mut report.diagnostics);
    }
    // One analyzer for all demands, since it keeps what it learned.
    let mut analyzer = Analyzer::default();
    for invariant in &governance.invariants {
        let statement = Statement::of(invariant);
        let verdict = analyzer.prove(policy, &statement);
        report.diagnostics.extend(proof::about_invariant(policy, invariant, &verdict, places));
        let within_cost = cost_caveats::of_verdict(policy, &statement, &verdict);
        report.verdicts.push(DemandVerdict {
            demand: Arc::clone(&invariant.demand.id),
            verdict,
            within_cost,
        });
    }
    if let Some(baseline) = &governance.baseline {
        let verdict = analyzer.no_weaker(&baseline.policy, policy, &baseline.new_actions);
        report.diagnostics.extend(proof::about_baseline(policy, baseline, &verdict, places));
        let within_cost = cost_caveats::of_baseline(&baseline.policy, policy, &verdict);
        report.verdicts.push(DemandVerdict { demand: Arc::from("no_weaker_than"), verdict, within_cost });
    }
    report
}
