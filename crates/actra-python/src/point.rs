//! An enforcement point: what all its admissions have in common.

pub(crate) mod admission;

use std::sync::Arc;
use std::time::Duration;

use actra_engine::model::{RawRequest, RawValue};
use actra_runtime::approval::Unbound;
use actra_runtime::{Failure, Mode, OnActorFailure, RecordSource, Stage};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::approvals::Store;
use crate::policy::Policy;
use crate::reread::ActionReader;
use crate::time::seconds;
use admission::{Admission, typed};

/// The policy in force.
#[pyclass(frozen, module = "actra._actra", name = "Live")]
pub(crate) struct Live {
    pub(crate) live: Arc<actra_runtime::Live>,
}

#[pymethods]
impl Live {
    #[new]
    fn new(policy: &Policy) -> Self {
        Self { live: Arc::new(actra_runtime::Live::new(Arc::clone(&policy.shared.policy))) }
    }

    /// Puts another policy in force; a ValueError if what stands on this does not fit it.
    fn swap(&self, policy: &Policy) -> PyResult<()> {
        let swapped = self.live.swap(Arc::clone(&policy.shared.policy));
        swapped.map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Notes that what was to replace the policy cannot be used.
    fn refuse(&self, reason: String) {
        self.live.refuse(reason);
    }

    /// Hash, number of swaps, and since when and why the policy is stale.
    fn health(&self) -> (String, u64, Option<(f64, String)>) {
        let health = self.live.health();
        let stale = health.stale.map(|(since, reason)| (seconds(since), reason));
        (health.policy.to_string(), health.swaps, stale)
    }
}

/// What all admissions of a runtime have in common.
#[pyclass(frozen, module = "actra._actra", name = "EnforcementPoint")]
pub(crate) struct Point {
    pub(crate) point: Arc<actra_runtime::EnforcementPoint>,
    pub(crate) store: Py<Store>,
}

#[pymethods]
impl Point {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "called from one place, by name")]
    #[pyo3(signature = (*, live, store, mode, on_actor_failure, actor, snapshot, asks, watched, valid))]
    fn new(
        live: Py<Live>,
        store: Py<Store>,
        mode: &str,
        on_actor_failure: &str,
        actor: &str,
        snapshot: &str,
        asks: bool,
        watched: bool,
        valid: f64,
    ) -> PyResult<Self> {
        let known = Mode::parse(mode);
        let mode = known.ok_or_else(|| PyValueError::new_err("`mode` is \"enforce\" or \"audit\""))?;
        let on_actor_failure = match on_actor_failure {
            "refuse" => OnActorFailure::Refuse,
            "decide" => OnActorFailure::Decide,
            _ => return Err(PyValueError::new_err("`on_actor_failure` is \"refuse\" or \"decide\"")),
        };
        let valid = Duration::try_from_secs_f64(valid);
        let valid = valid.map_err(|_| {
            PyValueError::new_err("the time for which an approval is valid must be a number of seconds")
        })?;
        let point = actra_runtime::EnforcementPoint {
            unbound: Unbound::default(),
            live: Arc::clone(&live.get().live),
            mode,
            on_actor_failure,
            actor: source(actor)?,
            snapshot: source(snapshot)?,
            store: Arc::clone(&store.get().store),
            valid,
            asks,
            watched,
        };
        Ok(Self { point: Arc::new(point), store })
    }

    /// Starts with an action, `type` included, made for a policy.
    ///
    /// With `unbound` an approval is bound to all arguments but these, which the admission asks for. `make` makes the
    /// action once more, where it is more than references to arguments.
    #[pyo3(signature = (policy, action, unbound = None, make = None))]
    fn begin(
        slf: &Bound<'_, Self>,
        policy: &Policy,
        action: &Bound<'_, PyDict>,
        unbound: Option<Vec<String>>,
        make: Option<Py<PyAny>>,
    ) -> PyResult<Admission> {
        let (name, arguments, failures) = typed(&policy.shared.names, action)?;
        let mut admission = actra_runtime::Admission::begin(&slf.get().point, &name, arguments);
        admission.note(failures);
        Ok(Admission::of(slf, &policy.shared, admission, ActionReader::of(action, make), unbound))
    }

    /// Starts with a call of which no request can be made.
    fn unmade(slf: &Bound<'_, Self>, policy: &Policy, name: &str, reason: String) -> Admission {
        let action = RawValue::Map([("type".to_owned(), name.into())].into());
        let request = RawRequest { action: Some(action), ..RawRequest::default() };
        let failures = vec![Failure::new(Stage::Action, reason)];
        let admission = actra_runtime::Admission::resolved(&slf.get().point, request, failures);
        Admission::of(slf, &policy.shared, admission, ActionReader::of(&PyDict::new(slf.py()), None), None)
    }
}

/// Who tells about a record, by a word.
fn source(word: &str) -> PyResult<RecordSource> {
    match word {
        "nobody" => Ok(RecordSource::Empty),
        "host" => Ok(RecordSource::Whole),
        "fields" => Ok(RecordSource::ByField),
        _ => Err(PyValueError::new_err(
            "a record comes from nobody, from the host, or from resolvers of its fields",
        )),
    }
}
