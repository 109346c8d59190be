//! An enforcement point: what all its admissions have in common, and the short way of ordinary calls.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use actra_engine::decide_records;
use actra_engine::model::{Domain, Effect, RawRef, RawRequest, RawValue, Records as _};
use actra_runtime::approval::Unbound;
use actra_runtime::{Failure, Mode, OnActorFailure, Source, Stage, settles};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::admission::{Admission, failure, lacking, typed};
use crate::again::{Again, why};
use crate::approvals::Store;
use crate::convert::Converter;
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

    /// `None` if the policy allows this, asking both resolvers, and nothing of it can change; else an admission, which may
    /// say that the call runs as things stand.
    ///
    /// The way that an ordinary call takes: nobody watches, and nothing waits. The policy is the one that the action was
    /// made for.
    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    #[pyo3(signature = (policy, action, actor, snapshot, ctx, deadline, unbound, make, /))]
    fn short<'py>(
        slf: &Bound<'py, Self>,
        policy: &Policy,
        action: &Bound<'py, PyDict>,
        actor: Option<Bound<'py, PyAny>>,
        snapshot: Option<Bound<'py, PyAny>>,
        ctx: &Bound<'py, PyAny>,
        deadline: f64,
        unbound: &Bound<'py, PyAny>,
        make: Option<Py<PyAny>>,
    ) -> PyResult<Option<Admission>> {
        let shared = &policy.shared;
        let again = Again::of(action, make);
        let can_change = again.can_change(slf.py());
        let mut lacks = Vec::new();
        let mut request = match can_change {
            // What is decided about is what is compared afterwards.
            true => {
                let mut found = Vec::new();
                let action = Converter::new().readable(action, "action", &mut found)?;
                lacks.extend(found.into_iter().map(|lack| (Domain::Action, lack)));
                PyRequest::of_action(&shared.names, action)
            }
            false => PyRequest::new(&shared.names, Some(action.clone().into_any()), None, None)?,
        };
        let mut asked = Asked { ctx, deadline, failures: Vec::new(), cause: None };
        let actor = asked.record(actor, "actor")?;
        request.set_actor(actor)?;
        let has_no_actor = !asked.failures.is_empty();
        let snapshot = match snapshot {
            Some(_) if !wants_snapshot(shared, &request) => None,
            resolver => asked.record(resolver, "snapshot")?,
        };
        request.set_snapshot(snapshot)?;
        // What becomes of a call without an actor is decided on the way step by step.
        let is_allowed = !has_no_actor && decide_records(&shared.policy, &request).effect == Effect::Allow;
        request.interrupted(slf.py())?;
        if is_allowed && !can_change {
            return Ok(None);
        }
        let failures: Vec<Failure> = asked.failures.into_iter().map(failure).collect();
        let admission = match is_allowed {
            // Only its action is still of interest.
            true => actra_runtime::Admission::allowed(&slf.get().point, request.into_action()?, failures),
            false => {
                let request = request.readable(&mut lacks)?;
                let mut admission = actra_runtime::Admission::resolved(&slf.get().point, request, failures);
                let lacks = lacks.into_iter().flat_map(|(record, lack)| lacking(record, vec![lack]));
                admission.note(lacks.collect());
                admission
            }
        };
        let admission = admission.under(Arc::clone(&shared.policy));
        let mut admission = Admission::of(slf, admission, again, Some(unbound.extract()?));
        admission.cause = asked.cause.map(|error| error.into_value(slf.py()).into_any());
        if is_allowed {
            admission.read_again(slf.py())?;
        }
        Ok(Some(admission))
    }

    /// Starts with an action, `type` included, made for a policy or for whichever is in force.
    ///
    /// With `unbound` an approval is bound to all arguments but these, which the admission asks for. `make` makes the
    /// action once more, where it is more than references to arguments.
    #[pyo3(signature = (policy, action, unbound = None, make = None))]
    fn begin(
        slf: &Bound<'_, Self>,
        policy: Option<&Policy>,
        action: &Bound<'_, PyDict>,
        unbound: Option<Vec<String>>,
        make: Option<Py<PyAny>>,
    ) -> PyResult<Admission> {
        let (name, arguments, failures) = typed(action)?;
        let mut admission = actra_runtime::Admission::begin(&slf.get().point, &name, arguments);
        admission.note(failures);
        let admission = match policy {
            Some(policy) => admission.under(Arc::clone(&policy.shared.policy)),
            None => admission,
        };
        Ok(Admission::of(slf, admission, Again::of(action, make), unbound))
    }

    /// Starts with a call of which no request can be made.
    fn unmade(slf: &Bound<'_, Self>, policy: &Policy, name: &str, reason: String) -> Admission {
        let action = RawValue::Map([("type".to_owned(), name.into())].into());
        let request = RawRequest { action: Some(action), ..RawRequest::default() };
        let failures = vec![Failure::new(Stage::Action, reason)];
        let admission = actra_runtime::Admission::resolved(&slf.get().point, request, failures)
            .under(Arc::clone(&policy.shared.policy));
        Admission::of(slf, admission, Again::of(&PyDict::new(slf.py()), None), None)
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

/// Whether some rule reads the snapshot, and none that blocks is true without it.
fn wants_snapshot(shared: &Shared, request: &PyRequest<'_, '_>) -> bool {
    let Some(RawRef::Text(name)) = request.member(Domain::Action, "type") else { return false };
    shared.policy.reads(&name).is_some_and(|reads| !reads.snapshot.is_empty())
        && !settles(&decide_records(&shared.policy, request))
}

/// Resolvers that are asked, and what failed.
struct Asked<'a, 'py> {
    ctx: &'a Bound<'py, PyAny>,
    deadline: f64,
    failures: Vec<(String, String)>,
    cause: Option<PyErr>,
}

impl<'py> Asked<'_, 'py> {
    /// What a resolver gives; nothing if it fails, gives no record, or takes too long. What is no `Exception` passes.
    fn record(
        &mut self,
        resolver: Option<Bound<'py, PyAny>>,
        stage: &str,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        static CHECKED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = self.ctx.py();
        let Some(resolver) = resolver else { return Ok(Some(PyDict::new(py).into_any())) };
        let started = Instant::now();
        let found = resolver.call1((self.ctx,)).and_then(|mut record| {
            if !record.is_exact_instance_of::<PyDict>() {
                record = CHECKED.import(py, "actra._resolve", "checked")?.call1((record,))?;
            }
            Ok(record_dict(record, stage)?.into_any())
        });
        let reason = match found {
            Ok(record) if started.elapsed().as_secs_f64() <= self.deadline => return Ok(Some(record)),
            Ok(_) => format!("no answer within {} s", self.deadline),
            Err(error) if error.is_instance_of::<PyException>(py) => {
                let reason = why(py, &error)?;
                self.cause.get_or_insert(error);
                reason
            }
            Err(error) => return Err(error),
        };
        self.failures.push((stage.to_owned(), reason));
        Ok(None)
    }
}

pub(crate) fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
