//! The versioned JSON contract: requests come in, decisions and reports go out as bytes.
//!
//! [`json_reader`] reads JSON strictly (RFC 8259, exact numbers, no duplicate keys), [`Scanner`] reads requests that have no
//! fault without building a tree, [`write_decision`] writes the canonical bytes of a decision, [`JsonDecider`] goes
//! all the way from bytes to bytes, and the reports (`actra/check/v1` and its like) are objects that start with their
//! schema's name.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod analysis;
mod bench;
pub mod bundle;
mod bundle_report;
mod decider;
mod decision;
mod diagnostic;
mod explanation;
mod file_schema;
pub mod json_reader;
mod plan;
mod report;
mod request;
mod sarif;
mod scan;
mod write;

pub use analysis::{PolicyComparison, write_can, write_diff, write_nearest_change, write_verdict};
pub use bench::{Measurements, Quantiles, RuleCost, write_bench};
pub use bundle_report::{write_manifest, write_refusal};
pub use decider::{DecisionSummary, JsonDecider};
pub use decision::{decision_bytes, write_decision};
pub use explanation::{write_explanation, write_explanation_with_nearest};
pub use file_schema::{FileKind, file_schema};
pub use plan::write_plan;
pub use report::{write_check, write_code, write_hash};
pub use request::{RequestFault, parse_request, read_request, write_request, write_text, write_value};
pub use sarif::write_sarif;
pub use scan::{Scan, Scanner};
