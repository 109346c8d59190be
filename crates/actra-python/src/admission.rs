use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actra_engine::{decide_records, model::Effect};
use actra_runtime::approval::{self, Answer, ApprovalStore, MemoryStore};
use actra_runtime::{
    Admitted, Event, Failure, Mode, Outcome, Refused, Source, Stage, Step, settles, write_event,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::convert::{Converter, Place};
use crate::decision::Decision;
use crate::policy::{Policy, Shared, records};
use crate::request::PyRequest;

/// The policy in force.
#[pyclass(frozen, module = "actra._actra", name = "Live")]
pub(crate) struct Live {
    live: Arc<actra_runtime::Live>,
    /// With its names; of the same policy but for the moment of a swap.
    shared: std::sync::Mutex<Arc<Shared>>,
}

#[pymethods]
impl Live {
    #[new]
    fn new(policy: &Policy) -> Self {
        let live = Arc::new(actra_runtime::Live::new(Arc::clone(&policy.shared.policy)));
        Self { live, shared: std::sync::Mutex::new(Arc::clone(&policy.shared)) }
    }

    /// Puts another policy in force.
    fn swap(&self, policy: &Policy) {
        let mut shared = self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.live.swap(Arc::clone(&policy.shared.policy));
        *shared = Arc::clone(&policy.shared);
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

impl Live {
    fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// Where approvals are kept.
#[pyclass(frozen, module = "actra._actra", name = "Store")]
pub(crate) struct Store {
    store: Arc<dyn ApprovalStore>,
}

#[pymethods]
impl Store {
    #[new]
    fn new() -> Self {
        Self { store: Arc::new(MemoryStore::new()) }
    }

    fn answer(&self, id: &str, by: String, denied: Option<String>) -> PyResult<()> {
        let answer = match denied {
            None => Answer::Granted { by },
            Some(reason) => Answer::Denied { by, reason },
        };
        self.store
            .answer(id, &answer, SystemTime::now())
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// What all admissions of a runtime have in common.
#[pyclass(frozen, module = "actra._actra", name = "Point")]
pub(crate) struct Point {
    point: Arc<actra_runtime::Point>,
    live: Py<Live>,
    store: Py<Store>,
}

#[pymethods]
impl Point {
    #[new]
    #[expect(clippy::too_many_arguments, reason = "called from one place, by name")]
    #[pyo3(signature = (*, live, store, mode, actor, snapshot, asks, watched, valid))]
    fn new(
        live: Py<Live>,
        store: Py<Store>,
        mode: &str,
        actor: bool,
        snapshot: bool,
        asks: bool,
        watched: bool,
        valid: f64,
    ) -> PyResult<Self> {
        let known = Mode::parse(mode);
        let mode = known.ok_or_else(|| PyValueError::new_err("`mode` is \"enforce\" or \"audit\""))?;
        let source = |host| if host { Source::Host } else { Source::Nobody };
        let valid = Duration::try_from_secs_f64(valid);
        let valid =
            valid.map_err(|_| PyValueError::new_err("an approval is valid for a number of seconds"))?;
        let point = actra_runtime::Point {
            live: Arc::clone(&live.get().live),
            mode,
            actor: source(actor),
            snapshot: source(snapshot),
            store: Arc::clone(&store.get().store),
            valid,
            asks,
            watched,
        };
        Ok(Self { point: Arc::new(point), live, store })
    }

    /// Whether the policy allows this, all records being known.
    fn allows(
        &self,
        action: Bound<'_, PyAny>,
        actor: Option<Bound<'_, PyAny>>,
        snapshot: Option<Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let shared = self.live.get().shared();
        let request = PyRequest::new(&shared.names, Some(action), actor, snapshot)?;
        let effect = decide_records(&shared.policy, &request).effect;
        request.checked(effect == Effect::Allow)
    }

    /// Whether the snapshot matters for this.
    fn wants_snapshot(&self, action: Bound<'_, PyAny>, actor: Option<Bound<'_, PyAny>>) -> PyResult<bool> {
        let shared = self.live.get().shared();
        let name = action.cast::<PyDict>().ok().and_then(|action| action.get_item("type").ok().flatten());
        let name = name.and_then(|name| name.extract::<String>().ok());
        let reads = name.and_then(|name| shared.policy.reads(&name));
        if reads.is_none_or(|reads| reads.snapshot.is_empty()) {
            return Ok(false);
        }
        let request = PyRequest::new(&shared.names, Some(action), actor, None)?;
        let settled = settles(&decide_records(&shared.policy, &request));
        request.checked(!settled)
    }

    /// Starts with an action, `type` included.
    #[pyo3(signature = (action, hidden = None))]
    fn begin(
        slf: &Bound<'_, Self>,
        action: &Bound<'_, PyDict>,
        hidden: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Admission> {
        let mut action = Converter::new().members(action, &Place::Root("action"), 0)?;
        let name = match action.remove("type") {
            Some(actra_engine::model::RawValue::String(name)) => name,
            _ => String::new(),
        };
        let admission = actra_runtime::Admission::begin(&slf.get().point, &name, action);
        Admission::of(slf, admission, hidden)
    }

    /// Starts with records that are known.
    #[pyo3(signature = (action, actor, snapshot, failures, hidden = None))]
    fn resolved(
        slf: &Bound<'_, Self>,
        action: Bound<'_, PyAny>,
        actor: Option<Bound<'_, PyAny>>,
        snapshot: Option<Bound<'_, PyAny>>,
        failures: Vec<(String, String)>,
        hidden: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Admission> {
        let shared = slf.get().live.get().shared();
        let request = PyRequest::new(&shared.names, Some(action), actor, snapshot)?.raw()?;
        let failures = failures.into_iter().map(failure).collect();
        let admission = actra_runtime::Admission::resolved(&slf.get().point, request, failures);
        Admission::of(slf, admission, hidden)
    }
}

fn failure((stage, reason): (String, String)) -> Failure {
    let stage = match stage.as_str() {
        "actor" => Stage::Actor,
        "snapshot" => Stage::Snapshot,
        "approval" => Stage::Approval,
        "observer" => Stage::Observer,
        "policy" => Stage::Policy,
        _ => Stage::Action,
    };
    Failure { stage, reason }
}

/// One operation on its way.
#[pyclass(module = "actra._actra", name = "Admission")]
pub(crate) struct Admission {
    admission: actra_runtime::Admission,
    point: Py<Point>,
}

impl Admission {
    fn of(
        point: &Bound<'_, Point>,
        admission: actra_runtime::Admission,
        hidden: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let admission = match hidden {
            None => admission,
            Some(hidden) => {
                admission.with_hidden(Converter::new().members(hidden, &Place::Root("arguments"), 0)?)
            }
        };
        Ok(Self { admission, point: point.clone().unbind() })
    }
}

#[pymethods]
impl Admission {
    /// What to do next: `("actor",)`, `("snapshot",)`, `("ask", request)`, `("run", approved_by)`,
    /// `("evaluated", decision)`, `("block", decision)` or `("approval", decision, request, failure)`.
    fn step<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let request = |request: approval::ApprovalRequest| {
            let store = self.point.bind(py).get().store.clone_ref(py);
            Py::new(py, ApprovalRequest { request, store })
        };
        match self.admission.step() {
            Step::Actor => ("actor",).into_pyobject(py),
            Step::Snapshot => ("snapshot",).into_pyobject(py),
            Step::Ask(asked) => ("ask", request(*asked)?).into_pyobject(py),
            Step::Done(Ok(Admitted { approved_by })) => ("run", approved_by).into_pyobject(py),
            Step::Evaluated(decision) => ("evaluated", Decision { decided: *decision }).into_pyobject(py),
            Step::Done(Err(Refused::Blocked { decision })) => {
                ("block", Decision { decided: *decision }).into_pyobject(py)
            }
            Step::Done(Err(Refused::ApprovalRequired { decision, approval, failure })) => {
                let approval = approval.map(|approval| request(*approval)).transpose()?;
                ("approval", Decision { decided: *decision }, approval, failure).into_pyobject(py)
            }
        }
    }

    /// Only asks what the policy says.
    fn evaluate(&mut self) {
        self.admission.evaluate();
    }

    /// Takes the record that was asked for, or why it cannot be had.
    #[pyo3(signature = (record, failures))]
    fn give(&mut self, record: Option<&Bound<'_, PyAny>>, failures: Vec<(String, String)>) -> PyResult<()> {
        let record =
            record.map(|record| Converter::new().value(record, &Place::Root("record"))).transpose()?;
        self.admission.give(record, failures.into_iter().map(failure).collect());
        Ok(())
    }

    /// Goes on after a grant.
    fn resume(&mut self) {
        self.admission.resume();
    }

    /// Goes on without one.
    fn refuse(&mut self, reason: String) {
        self.admission.answer(Err(reason));
    }

    /// What the policy says about what is known.
    fn decision(&self) -> Decision {
        Decision { decided: self.admission.decision() }
    }

    /// The records without sensitive values.
    fn shown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        records(py, &self.admission.shown())
    }

    /// What the rules of this action can read of a record.
    fn reads(&self, record: &str) -> Vec<String> {
        let domain = actra_engine::model::Domain::parse(record);
        let reads = self.admission.reads().zip(domain).map(|(reads, domain)| reads.of(domain));
        reads.into_iter().flatten().map(ToString::to_string).collect()
    }

    /// The events so far: outcome, mode, time, duration, decision, records, failures, approver, and a line of JSON.
    fn take_events<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let events = self.admission.take_events().into_iter().map(|event| told(py, event));
        PyList::new(py, events.collect::<PyResult<Vec<_>>>()?)
    }
}

fn told(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyDict>> {
    let mut line = Vec::new();
    write_event(&event, &mut line);
    let dict = PyDict::new(py);
    dict.set_item("outcome", event.outcome.as_str())?;
    dict.set_item("mode", event.mode.as_str())?;
    dict.set_item("at", seconds(event.at))?;
    dict.set_item("duration", event.duration.as_secs_f64())?;
    dict.set_item("request", records(py, &event.request)?)?;
    let failures: Vec<(&str, &str)> =
        event.failures.iter().map(|failure| (failure.stage.as_str(), failure.reason.as_str())).collect();
    dict.set_item("failures", failures)?;
    let by = match event.outcome {
        Outcome::Approved { by } => Some(by),
        _ => None,
    };
    dict.set_item("approved_by", by)?;
    dict.set_item("decision", Decision { decided: event.decision })?;
    dict.set_item("line", PyBytes::new(py, &line))?;
    Ok(dict)
}

/// What somebody is asked to approve. A grant is valid for exactly this, once, until it expires.
#[pyclass(frozen, module = "actra", name = "ApprovalRequest")]
pub(crate) struct ApprovalRequest {
    request: approval::ApprovalRequest,
    store: Py<Store>,
}

#[pymethods]
impl ApprovalRequest {
    /// Which request this is. Knowing it grants nothing.
    #[getter]
    fn id(&self) -> &str {
        &self.request.id
    }

    /// Of exactly what a grant would be valid for: `sha256:` and 64 digits.
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

    /// What the rules want done.
    #[getter]
    fn required_actions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let actions = self.request.required_actions.iter();
        PyList::new(
            py,
            actions.map(|action| crate::convert::members(py, action)).collect::<PyResult<Vec<_>>>()?,
        )
    }

    fn _answer(&self, by: String, denied: Option<String>) -> PyResult<()> {
        if by.trim().is_empty() {
            return Err(PyValueError::new_err("`by` says who answers, so it cannot be empty"));
        }
        self.store.get().answer(&self.request.id, by, denied)
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
