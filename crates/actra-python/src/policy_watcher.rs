//! A policy that is loaded again when its files change.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyFileNotFoundError, PyValueError};
use pyo3::prelude::*;

use crate::load::{Compiled, SignatureRequirements, compiled};
use crate::policy::Policy;

/// A directory or a compiled policy that is looked at again and again.
#[pyclass(frozen, module = "actra._actra", name = "PolicyWatcher")]
pub(crate) struct PolicyWatcher {
    watched: Mutex<actra_host::PolledPolicy>,
}

#[pymethods]
impl PolicyWatcher {
    /// Loads what is there; looking goes on from exactly that.
    #[staticmethod]
    #[pyo3(signature = (path, demand = None))]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        demand: Option<&Bound<'_, SignatureRequirements>>,
    ) -> PyResult<(Self, Compiled)> {
        let demand = demand.map(|demand| demand.get().0.clone());
        let origin = path.to_string_lossy().into_owned();
        if !path.exists() {
            return Err(PyFileNotFoundError::new_err(format!("there is no policy at `{origin}`")));
        }
        let (watched, outcome) = py
            .detach(|| actra_host::PolledPolicy::open(&path, demand))
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((Self { watched: Mutex::new(watched) }, compiled(py, outcome, &origin)))
    }

    /// `None` if nothing is new; else a policy, or why there is none.
    fn look(&self, py: Python<'_>) -> Option<(Option<Policy>, String)> {
        let look = || self.watched.lock().unwrap_or_else(PoisonError::into_inner).poll();
        Some(match py.detach(look)? {
            Ok(policy) => (Some(Policy::new(py, policy)), String::new()),
            Err(reason) => (None, reason),
        })
    }
}
