use std::path::PathBuf;

use actra_engine::diagnostics::errors;
use actra_engine::{Outcome, PolicySet};
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

/// Loads a directory, or a compiled policy, which must have been signed by `key` if one is given.
#[pyfunction]
#[pyo3(signature = (path, key = None))]
pub(crate) fn load(py: Python<'_>, path: PathBuf, key: Option<&str>) -> PyResult<Compiled> {
    let origin = path.to_string_lossy().into_owned();
    if !path.exists() {
        return Err(PyFileNotFoundError::new_err(format!("there is no policy at `{origin}`")));
    }
    let outcome = py
        .detach(|| actra_host::open(&path, key))
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(compiled(py, outcome, &origin))
}

pub(crate) fn compiled(py: Python<'_>, outcome: Outcome, origin: &str) -> Compiled {
    let shown = errors(&outcome.diagnostics, &outcome.sources, origin);
    let mut json = Vec::new();
    actra_wire::write_check(&outcome, &mut json);
    (outcome.policy.map(|policy| Policy::new(py, policy)), shown, json)
}
