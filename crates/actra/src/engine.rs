//! Deciding without enforcing, and the types that decisions, events and errors are made of.
//!
//! ```
//! use actra::engine::{PolicySet, compile, decide, errors};
//! use actra::{Effect, RawRequest};
//!
//! let schema = "version: 1\nactions: { refund: { fields: { amount: number } } }";
//! let rules = "
//! version: 1
//! default: block
//! rules: [{ id: small, scope: { action: refund }, when: action.amount <= 100, effect: allow }]
//! ";
//! let outcome = compile(&PolicySet::from_texts([("schema.yaml", schema), ("policies/refunds.yaml", rules)]));
//! let Some(policy) = outcome.policy else {
//!     panic!("{}", errors(&outcome.diagnostics, &outcome.sources, "refunds"));
//! };
//! let action = actra::json_value(r#"{ "type": "refund", "amount": 500 }"#).unwrap();
//! let request = RawRequest { action: Some(action), ..RawRequest::default() };
//! let decision = decide(&policy, &request);
//! assert_eq!((decision.effect, decision.undetermined.len()), (Effect::Block, 0));
//! ```

pub use actra_engine::diagnostics::errors;
pub use actra_engine::ir::GovernanceHash;
pub use actra_engine::model::{
    Decimal, Fault, PolicyHash, Reason, RecordName, RuleIds, ShadowMatch, ShadowTruth, Undetermined,
};
pub use actra_engine::{Compilation, PolicySet, ReadSet, RecordError, RecordErrorKind, compile, decide};
