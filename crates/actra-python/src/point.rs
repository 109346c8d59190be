//! An enforcement point: what all its admissions have in common.

pub(crate) mod admission;

use std::sync::Arc;
use std::time::Duration;

use actra_engine::model::{RawRequest, RawValue};
use actra_runtime::approval::ApprovalExclusions;
use actra_runtime::{Failure, Mode, OnActorFailure, RecordSource, Stage};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::action_reader::ActionReader;
use crate::approvals::Store;
use crate::policy::Policy;
use crate::policy_in_force::PolicyInForce;
use admission::{Admission, typed};

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
    #[pyo3(signature = (*, live, store, mode, on_actor_failure, actor, snapshot, has_approver, has_observers, grant_lifetime))]
    fn new(
        live: Py<PolicyInForce>,
        store: Py<Store>,
        mode: &str,
        on_actor_failure: &str,
        actor: &str,
        snapshot: &str,
        has_approver: bool,
        has_observers: bool,
        grant_lifetime: f64,
    ) -> PyResult<Self> {
        let known = Mode::parse(mode);
        let mode = known.ok_or_else(|| PyValueError::new_err("`mode` is \"enforce\" or \"audit\""))?;
        let on_actor_failure = match on_actor_failure {
            "refuse" => OnActorFailure::Refuse,
            "decide" => OnActorFailure::Decide,
            _ => return Err(PyValueError::new_err("`on_actor_failure` is \"refuse\" or \"decide\"")),
        };
        let grant_lifetime = Duration::try_from_secs_f64(grant_lifetime);
        let grant_lifetime = grant_lifetime.map_err(|_| {
            PyValueError::new_err("the time for which an approval is valid must be a number of seconds")
        })?;
        let point = actra_runtime::EnforcementPoint {
            unbound: ApprovalExclusions::default(),
            in_force: Arc::clone(&live.get().in_force),
            mode,
            on_actor_failure,
            actor: source(actor)?,
            snapshot: source(snapshot)?,
            store: Arc::clone(&store.get().store),
            grant_lifetime,
            has_approver,
            has_observers,
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
