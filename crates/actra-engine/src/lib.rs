//! The engine: a policy set goes in as text, a policy comes out; a policy and a request give a decision.
//!
//! Nothing here reads files or clocks: hosts bring the texts and the facts.
//!
//! ```
//! use actra_engine::{PolicySet, compile, decide};
//! use actra_engine::model::{RawRequest, RawValue};
//!
//! let set = PolicySet::from_texts([
//!     ("schema.yaml", "version: 1\nactions: { refund: { fields: { amount: number } } }"),
//!     ("policy.yaml", "version: 1\ndefault: block\nrules:\n  - id: small\n    scope: { action: refund }\n    when: action.amount < 10\n    effect: allow"),
//! ]);
//! let policy = compile(&set).policy.expect("the set compiles");
//! let action = [("type", RawValue::from("refund")), ("amount", RawValue::from(5))];
//! let action = RawValue::Map(action.map(|(name, value)| (name.to_owned(), value)).into());
//! let decision = decide(&policy, &RawRequest { action: Some(action), ..RawRequest::default() });
//! assert_eq!(decision.effect, actra_engine::model::Effect::Allow);
//! ```

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod compilation;
mod definitions;
mod policy;
mod prove;
mod redact;
mod redacted_change;
mod request_errors;
mod rule_warnings;
mod taint;
mod undeclared_action;

pub use actra_analyze as analyze;
pub use actra_compile::{
    CompiledBaseline, ConvertedSet, InvariantText, InvariantTextError, PolicySet, SetFile, Spelling,
    baseline_path, convert_spelling,
};
pub use actra_diagnostics as diagnostics;
pub use actra_eval::{
    AccessMethod, Connective, EvalError, Explanation, ExplanationNode, NodeResult, RuleAccess,
    RuleExplanation, Truth,
};
pub use actra_eval::{ReadSet, decide_with_truths, evaluate_condition};
pub use actra_govern::DemandVerdict;
pub use actra_ir as ir;
pub use actra_model as model;
pub use actra_syntax::ast::StructuredOperator;
pub use actra_syntax::{format, identifier, suggest};
pub use compilation::{
    Compilation, GovernanceReport, RefusedByGovernance, check, check_with_proofs, compile,
    compile_ignoring_governance,
};
pub use definitions::{Definition, definitions};
pub use policy::Policy;
pub use prove::{ProofReport, prove};
pub use redact::{REDACTED, SizeSummary, UNDECLARED, action_type, redact, redact_field, redact_witness};
pub use redacted_change::{RedactedChange, redacted_changes};
pub use request_errors::{RecordError, RecordErrorKind, errors_in_record, expected, request_errors};
pub use undeclared_action::undeclared_action_help;

use actra_model::{Decision, RawRequest, Request, RequestReader};

/// What the policy says about a request. Pure and total.
///
/// Cost: what the rules in scope read, plus the rules that match or are undetermined, however many others there are;
/// see [`actra_eval::decide_planned`].
pub fn decide<'p>(policy: &'p Policy, request: &RawRequest) -> Decision<'p> {
    decide_records(policy, request)
}

/// What the policy says about a request in any form that can be read member by member; see [`decide`].
pub fn decide_records<'p>(policy: &'p Policy, request: &impl RequestReader) -> Decision<'p> {
    match policy.plan() {
        Some(plan) => actra_eval::decide_planned(policy, plan, request),
        None => decide_unplanned(policy, &request.to_raw()),
    }
}

/// What the policy says about each of many requests, in their order; see [`decide`].
pub fn decide_batch<'p>(policy: &'p Policy, requests: &[RawRequest]) -> Vec<Decision<'p>> {
    requests.iter().map(|request| decide(policy, request)).collect()
}

/// The decision of [`decide`], found by going through all rules: the switch that turns the index off.
#[doc(hidden)]
pub fn decide_unplanned<'p>(policy: &'p Policy, request: &RawRequest) -> Decision<'p> {
    actra_eval::decide(policy, &Request::from_raw(&policy.schema, request))
}

/// The decision of [`decide`] and, for every rule in scope, what each part of its condition came to.
pub fn explain<'p>(policy: &'p Policy, request: &RawRequest) -> Explanation<'p> {
    actra_eval::explain(policy, &Request::from_raw(&policy.schema, request))
}

/// How each rule is found, in file order; `None` for a policy so large that it is gone through instead.
pub fn describe_plan(policy: &Policy) -> Option<Vec<RuleAccess>> {
    actra_eval::describe_plan(policy)
}

/// Holds the example of the crate's README, so that it is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
