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

pub use actra_compile::{Outcome, PolicySet, SetFile, compile};
pub use actra_diagnostics as diagnostics;
pub use actra_eval::{Explanation, Leaf, Node, RuleExplanation, Shown, Truth};
pub use actra_ir as ir;
pub use actra_ir::Policy;
pub use actra_model as model;

use actra_model::{Decision, RawRequest, Request};

/// What the policy says about a request: types it, then decides. Pure and total.
pub fn decide<'p>(policy: &'p Policy, request: &RawRequest) -> Decision<'p> {
    actra_eval::decide(policy, &Request::admit(&policy.schema, request))
}

/// The same decision with, for every rule in scope, what each part of its condition came to.
pub fn explain<'p>(policy: &'p Policy, request: &RawRequest) -> Explanation<'p> {
    actra_eval::explain(policy, &Request::admit(&policy.schema, request))
}
