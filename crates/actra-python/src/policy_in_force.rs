//! The policy in force, which another one may replace.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::policy::Policy;
use crate::time::seconds;

/// The policy in force.
#[pyclass(frozen, module = "actra._actra", name = "PolicyInForce")]
pub(crate) struct PolicyInForce {
    pub(crate) in_force: Arc<actra_runtime::PolicyInForce>,
}

#[pymethods]
impl PolicyInForce {
    #[new]
    fn new(policy: &Policy) -> Self {
        Self { in_force: Arc::new(actra_runtime::PolicyInForce::new(Arc::clone(&policy.shared.policy))) }
    }

    /// Puts another policy in force; a ValueError if what stands on this does not fit it.
    fn swap(&self, policy: &Policy) -> PyResult<()> {
        let swapped = self.in_force.swap(Arc::clone(&policy.shared.policy));
        swapped.map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Notes that what was to replace the policy cannot be used.
    fn note_rejected_update(&self, reason: String) {
        self.in_force.note_rejected_update(reason);
    }

    /// Hash, number of swaps, and since when and why the policy is stale.
    fn health(&self) -> (String, u64, Option<(f64, String)>) {
        let health = self.in_force.health();
        let stale = health.stale.map(|(since, reason)| (seconds(since), reason));
        (health.policy.to_string(), health.swaps, stale)
    }
}
