//! The native half of the Python package `actra`.
//!
//! It converts values and drives what the other crates decide; it has no opinion of its own.

mod action_reader;
mod analysis;
mod approval_parts;
mod approvals;
mod convert;
mod decision;
mod fast_path;
mod gil_released_store;
mod load;
mod names;
mod point;
mod policy;
mod policy_in_force;
mod policy_watcher;
mod request;
mod run_tests;
mod time;

use pyo3::prelude::*;

/// What `actra` is built on; not meant to be called.
#[pymodule(gil_used = false)]
mod _actra {
    #[pymodule_export]
    use super::analysis::{can_json, diff_json, prove_json};
    #[pymodule_export]
    use super::approvals::{ApprovalRequest, Store};
    #[pymodule_export]
    use super::convert::value;
    #[pymodule_export]
    use super::decision::Decision;
    #[pymodule_export]
    use super::fast_path::FastPath;
    #[pymodule_export]
    use super::load::{SignatureRequirements, compile, load};
    #[pymodule_export]
    use super::point::Point;
    #[pymodule_export]
    use super::point::admission::{Admission, Refused};
    #[pymodule_export]
    use super::policy::Policy;
    #[pymodule_export]
    use super::policy_in_force::PolicyInForce;
    #[pymodule_export]
    use super::policy_watcher::PolicyWatcher;
    #[pymodule_export]
    use super::run_tests::run_tests;
    #[pymodule_export]
    use super::version;
}

/// The version of the compiler.
#[pyfunction]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
