//! Approval requests and where they are kept.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use actra_host::SqliteStore;
use actra_runtime::approval::{self, ApprovalAnswer, ApprovalStore, MemoryStore, StoreError};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::gil_released_store::{GilReleasedStore, after_fork, after_fork_in_child, before_fork};
use crate::policy::records;
use crate::time::seconds;

/// Where approvals are kept.
#[pyclass(frozen, module = "actra._actra", name = "Store", weakref)]
pub(crate) struct Store {
    pub(crate) store: Arc<dyn ApprovalStore>,
    file: Option<Arc<SqliteStore>>,
}

#[pymethods]
impl Store {
    /// In a SQLite file, or in memory.
    #[new]
    #[pyo3(signature = (path = None))]
    fn new(path: Option<PathBuf>) -> PyResult<Self> {
        let Some(path) = path else {
            return Ok(Self { store: Arc::new(MemoryStore::new()), file: None });
        };
        let store = SqliteStore::open(&path);
        let failed = |error| PyOSError::new_err(format!("`{}`: {error}", path.display()));
        let store = Arc::new(store.map_err(failed)?);
        Ok(Self { store: Arc::new(GilReleasedStore(Arc::clone(&store))), file: Some(store) })
    }

    /// Before the process is forked, by the thread that forks it.
    fn suspend(&self, py: Python<'_>) {
        if let Some(file) = &self.file {
            before_fork(py);
            file.disconnect();
        }
    }

    /// After that, in the process that has forked.
    #[staticmethod]
    fn resume_after_fork() {
        after_fork();
    }

    /// After that, in the new process.
    #[staticmethod]
    fn resume_in_fork() {
        after_fork_in_child();
    }

    fn answer(&self, id: &str, by: String, denied: Option<String>) -> PyResult<()> {
        if !approval::is_name(&by) {
            return Err(PyValueError::new_err("`by` says who answers, so it cannot be empty"));
        }
        let answer = match denied {
            None => ApprovalAnswer::Granted { by },
            Some(reason) => ApprovalAnswer::Denied { by, reason },
        };
        self.store.answer(id, &answer, SystemTime::now()).map_err(|error| match error {
            StoreError::Failed(_) | StoreError::Locked => failed(error),
            _ => PyValueError::new_err(error.to_string()),
        })
    }

    /// Requests that wait, oldest first.
    fn list(slf: &Bound<'_, Self>) -> PyResult<Vec<ApprovalRequest>> {
        let waiting = slf.get().store.list(SystemTime::now()).map_err(failed)?;
        Ok(waiting
            .into_iter()
            .map(|request| ApprovalRequest { request, store: slf.clone().unbind() })
            .collect())
    }

    /// The request with this id and what was said to it: `None` while it waits, else who, and the reason of a denial.
    fn get(slf: &Bound<'_, Self>, id: &str) -> PyResult<Option<Known>> {
        let kept = slf.get().store.get(id, SystemTime::now()).map_err(failed)?;
        Ok(kept.map(|kept| {
            let said = kept.answer.map(|answer| match answer {
                ApprovalAnswer::Granted { by } => (by, None),
                ApprovalAnswer::Denied { by, reason } => (by, Some(reason)),
            });
            (ApprovalRequest { request: kept.request, store: slf.clone().unbind() }, said)
        }))
    }
}

/// A request, and who said what to it.
type Known = (ApprovalRequest, Option<(String, Option<String>)>);

fn failed(error: StoreError) -> PyErr {
    PyOSError::new_err(error.to_string())
}

/// What somebody is asked to approve. A grant is valid for exactly this, once, until it expires.
#[pyclass(frozen, module = "actra", name = "ApprovalRequest")]
pub(crate) struct ApprovalRequest {
    pub(crate) request: approval::ApprovalRequest,
    pub(crate) store: Py<Store>,
}

#[pymethods]
impl ApprovalRequest {
    /// Which request this is. Knowing it grants nothing.
    #[getter]
    fn id(&self) -> &str {
        &self.request.id
    }

    /// Of exactly what a grant would be valid for: `hmac-sha256:` and 64 digits.
    #[getter]
    fn digest(&self) -> String {
        self.request.digest.to_string()
    }

    #[getter]
    fn _created(&self) -> f64 {
        seconds(self.request.created_at)
    }

    #[getter]
    fn _expires(&self) -> f64 {
        seconds(self.request.expires_at)
    }

    /// What the rules tell people.
    #[getter]
    fn reasons(&self) -> Vec<String> {
        self.request.reasons.clone()
    }

    /// The rules that ask for it.
    #[getter]
    fn rules(&self) -> Vec<String> {
        self.request.rules.clone()
    }

    #[getter]
    fn _records<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        records(py, &self.request.request)
    }

    /// Arguments that the schema does not declare, by type and size.
    #[getter]
    fn arguments(&self) -> BTreeMap<String, String> {
        self.request.arguments.clone()
    }

    /// What the rules want done.
    #[getter]
    fn required_actions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let actions = self.request.required_actions.iter();
        PyList::new(
            py,
            actions.map(|action| crate::convert::members(py, action)).collect::<PyResult<Vec<_>>>()?,
        )
    }

    /// Whether somebody has denied it by now, as far as the store says.
    fn _is_denied(&self) -> bool {
        let kept = self.store.get().store.get(&self.request.id, SystemTime::now());
        let answer = kept.ok().flatten().and_then(|kept| kept.answer);
        matches!(answer, Some(ApprovalAnswer::Denied { .. }))
    }

    fn _answer(&self, by: String, denied: Option<String>) -> PyResult<()> {
        self.store.get().answer(&self.request.id, by, denied)
    }
}
