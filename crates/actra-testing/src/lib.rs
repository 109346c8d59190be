//! One case format and one runner, for users' `tests/` and for `conformance/`.
//!
//! [`CaseFile::read`] reads a case file strictly: what it does not know is a [`Problem`] with a place, never skipped.
//! [`CaseFile::run`] gives one [`CaseResult`] for each case. Nothing here does I/O: whoever runs a file brings the
//! policy set that it names.
//!
//! ```
//! let text = "
//! version: 1
//! schema: { actions: { refund: { fields: { amount: number } } } }
//! default: block
//! rules: [{ id: small, scope: { action: refund }, when: action.amount < 10, effect: allow }]
//! cases:
//!   - name: a small refund is allowed
//!     request: { action: { type: refund, amount: 5 } }
//!     expect: { effect: allow, matched_rule: small }
//! ";
//! let results = actra_testing::run_file("small.yaml", text, &mut |path| Err(format!("no set {path}")));
//! assert!(results.iter().all(|result| result.passed()));
//! ```

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod action_ids;
mod case_file;
mod compare;
mod coverage;
mod decision_test;
mod evaluated;
mod expected;
mod mismatch;
mod mutant;
mod mutation_testing;
mod parallel;
mod patchable_policy;
mod read;
mod report;
mod run;
mod search;
mod set_tests;
mod unmentioned;
mod written_request;
mod yaml_value;

#[cfg(test)]
mod tests;

pub use case_file::{Case, CaseFile, LoadSet, Problem};
pub use coverage::{AtomCoverage, Counts, Coverage, RuleCoverage, coverage};
pub use mismatch::Mismatch;
pub use mutant::{Mutant, MutantKind};
pub use mutation_testing::{MutantOutcome, MutantResult, MutationReport, case_name, mutation_report};
pub use report::{Report, percent, write_report};
pub use run::{CaseOutcome, CaseResult, run_file, run_file_for};
pub use search::Witness;
pub use set_tests::{SetTests, TestResult};
pub use written_request::written_request;
