//! An enforcement point: what all its admissions have in common, and the short way of ordinary calls.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use actra_engine::decide_records;
use actra_engine::model::{Domain, Effect, RawRef, Records as _};
use actra_runtime::{Failure, Mode, OnActorFailure, Source, settles};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::admission::{Admission, failure, of_action, typed};
use crate::approvals::Store;
use crate::policy::{Policy, Shared};
use crate::request::{PyRequest, record_dict};

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

    /// Puts another policy in force.
    fn swap(&self, policy: &Policy) {
        self.live.swap(Arc::clone(&policy.shared.policy));
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
#[pyclass(frozen, module = "actra._actra", name = "Point")]
pub(crate) struct Point {
    pub(crate) point: Arc<actra_runtime::Point>,
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
        let valid =
            valid.map_err(|_| PyValueError::new_err("an approval is valid for a number of seconds"))?;
        let point = actra_runtime::Point {
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

    /// `None` if the policy allows this, asking both resolvers; else the records and what failed.
    ///
    /// The way that an ordinary call takes: nobody watches, and nothing waits. The policy is the one that the action was
    /// made for.
    #[staticmethod]
    fn short<'py>(
        policy: &Policy,
        action: Bound<'py, PyAny>,
        actor: Option<Bound<'py, PyAny>>,
        snapshot: Option<Bound<'py, PyAny>>,
        ctx: &Bound<'py, PyAny>,
        deadline: f64,
    ) -> PyResult<Option<Short<'py>>> {
        let shared = &policy.shared;
        let py = ctx.py();
        let mut failures = Vec::new();
        let actor = match actor {
            Some(resolver) => resolved(&resolver, ctx, "actor", deadline, &mut failures)?,
            None => Some(PyDict::new(py).into_any()),
        };
        let mut request = PyRequest::new(&shared.names, Some(action), actor.clone(), None)?;
        let snapshot = match snapshot {
            None => Some(PyDict::new(py).into_any()),
            Some(resolver) if wants_snapshot(shared, &request) => {
                resolved(&resolver, ctx, "snapshot", deadline, &mut failures)?
            }
            Some(_) => None,
        };
        request.set_snapshot(snapshot.clone())?;
        // What becomes of a call without an actor is decided on the way step by step.
        let allowed = failures.iter().all(|(stage, _)| stage != "actor")
            && decide_records(&shared.policy, &request).effect == Effect::Allow;
        match request.failed_at(py)? {
            // What a resolver gave and cannot be read is not had.
            Some((Domain::Actor, reason)) => {
                failures.push(("actor".to_owned(), reason));
                Ok(Some((None, snapshot, failures)))
            }
            Some((Domain::Snapshot, reason)) => {
                failures.push(("snapshot".to_owned(), reason));
                Ok(Some((actor, None, failures)))
            }
            // What the action holds and cannot be read is invalid, as a value of another type is.
            Some((Domain::Action, _)) | None => Ok((!allowed).then_some((actor, snapshot, failures))),
        }
    }

    /// Starts with an action, `type` included, made for a policy or for whichever is in force.
    ///
    /// With `unbound` an approval is bound to all arguments but these, which the admission asks for.
    #[pyo3(signature = (policy, action, unbound = None))]
    fn begin(
        slf: &Bound<'_, Self>,
        policy: Option<&Policy>,
        action: &Bound<'_, PyDict>,
        unbound: Option<Vec<String>>,
    ) -> PyResult<Admission> {
        let (name, action, failures) = typed(action)?;
        let mut admission = actra_runtime::Admission::begin(&slf.get().point, &name, action);
        admission.note(failures);
        let admission = match policy {
            Some(policy) => admission.under(Arc::clone(&policy.shared.policy)),
            None => admission,
        };
        Ok(Admission::of(slf, admission, unbound))
    }

    /// Starts with records that are known.
    #[pyo3(signature = (policy, action, actor, snapshot, failures, unbound = None))]
    fn resolved(
        slf: &Bound<'_, Self>,
        policy: &Policy,
        action: Bound<'_, PyAny>,
        actor: Option<Bound<'_, PyAny>>,
        snapshot: Option<Bound<'_, PyAny>>,
        failures: Vec<(String, String)>,
        unbound: Option<Vec<String>>,
    ) -> PyResult<Admission> {
        let mut lacks = Vec::new();
        let request =
            PyRequest::new(&policy.shared.names, Some(action), actor, snapshot)?.readable(&mut lacks)?;
        let mut failures: Vec<Failure> = failures.into_iter().map(failure).collect();
        failures.extend(of_action(lacks));
        let admission = actra_runtime::Admission::resolved(&slf.get().point, request, failures)
            .under(Arc::clone(&policy.shared.policy));
        Ok(Admission::of(slf, admission, unbound))
    }
}

/// Who tells about a record, by a word.
fn source(word: &str) -> PyResult<Source> {
    match word {
        "nobody" => Ok(Source::Nobody),
        "host" => Ok(Source::Host),
        "fields" => Ok(Source::Fields),
        _ => Err(PyValueError::new_err("nobody, the host or its fields tell about a record")),
    }
}

/// The records of a call that is not allowed just so, and what failed.
type Short<'py> = (Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>, Vec<(String, String)>);

/// Whether some rule reads the snapshot, and none that blocks is true without it.
fn wants_snapshot(shared: &Shared, request: &PyRequest<'_, '_>) -> bool {
    let Some(RawRef::Text(name)) = request.member(Domain::Action, "type") else { return false };
    shared.policy.reads(&name).is_some_and(|reads| !reads.snapshot.is_empty())
        && !settles(&decide_records(&shared.policy, request))
}

/// What a resolver gives; nothing if it fails, gives no record, or takes too long. What is no `Exception` passes.
fn resolved<'py>(
    resolver: &Bound<'py, PyAny>,
    ctx: &Bound<'py, PyAny>,
    stage: &str,
    deadline: f64,
    failures: &mut Vec<(String, String)>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    static CHECKED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = ctx.py();
    let started = Instant::now();
    let found = resolver.call1((ctx,)).and_then(|record| match record.is_exact_instance_of::<PyDict>() {
        true => Ok(record),
        false => {
            let record = CHECKED.import(py, "actra._resolve", "checked")?.call1((record,))?;
            record_dict(record, stage)
        }
    });
    let reason = match found {
        Ok(record) if started.elapsed().as_secs_f64() <= deadline => return Ok(Some(record)),
        Ok(_) => format!("no answer within {deadline} s"),
        Err(error) if error.is_instance_of::<PyException>(py) => {
            static WHY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            WHY.import(py, "actra._resolve", "why")?.call1((error.value(py),))?.to_string()
        }
        Err(error) => return Err(error),
    };
    failures.push((stage.to_owned(), reason));
    Ok(None)
}

pub(crate) fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
