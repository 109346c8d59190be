//! Policies from directories, files and texts.

use std::path::PathBuf;

use actra_engine::diagnostics::errors;
use actra_engine::{Compilation, PolicySet};
use pyo3::exceptions::{PyFileNotFoundError, PyValueError};
use pyo3::prelude::*;

use crate::policy::Policy;

/// A policy, or why there is none: a text for people and `actra/check/v1` as JSON.
pub(crate) type Compiled = (Option<Policy>, String, Vec<u8>);

/// Compiles texts: pairs of a name such as `schema.yaml` and a text.
#[pyfunction]
pub(crate) fn compile(py: Python<'_>, texts: Vec<(String, String)>) -> Compiled {
    let outcome = py.detach(|| {
        let set = PolicySet::from_texts(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        actra_engine::compile(&set)
    });
    compiled(py, outcome, "")
}

/// What is demanded of a signed policy.
#[pyclass(frozen, module = "actra._actra", name = "SignatureRequirements")]
pub(crate) struct SignatureRequirements(pub(crate) actra_host::SignatureRequirements);

#[pymethods]
impl SignatureRequirements {
    /// Signed by a public key, of a revision at least, and no lower than a state file says.
    #[new]
    fn new(key: &str, min_revision: u64, state: Option<PathBuf>) -> PyResult<Self> {
        let demand = actra_host::SignatureRequirements::signed_by(key);
        let demand = demand.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let demand = demand.min_revision(min_revision);
        Ok(Self(match state {
            Some(state) => demand.state(state),
            None => demand,
        }))
    }
}

/// Loads a directory, or a compiled policy, which must be as demanded.
#[pyfunction]
#[pyo3(signature = (path, demand = None))]
pub(crate) fn load(
    py: Python<'_>,
    path: PathBuf,
    demand: Option<&Bound<'_, SignatureRequirements>>,
) -> PyResult<Compiled> {
    let demand = demand.map(|demand| &demand.get().0);
    let origin = path.to_string_lossy().into_owned();
    if !path.exists() {
        return Err(PyFileNotFoundError::new_err(format!("there is no policy at `{origin}`")));
    }
    let outcome = py
        .detach(|| actra_host::open(&path, demand))
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(compiled(py, outcome, &origin))
}

pub(crate) fn compiled(py: Python<'_>, outcome: Compilation, origin: &str) -> Compiled {
    let shown = errors(&outcome.diagnostics, &outcome.sources, origin);
    let mut json = Vec::new();
    actra_wire::write_check(&outcome, None, &mut json);
    (outcome.policy.map(|policy| Policy::new(py, policy)), shown, json)
}
