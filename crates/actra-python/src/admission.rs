use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use actra_engine::decide_records;
use actra_engine::model::{Domain, Effect, RawMap, RawRef, RawValue, Reason, Records as _, limits};
use actra_host::SqliteStore;
use actra_runtime::approval::{self, Answer, ApprovalStore, MemoryStore};
use actra_runtime::{
    Admitted, Event, Failure, Mode, Outcome, Refused, Source, Stage, Step, settles, write_event,
};
use pyo3::exceptions::{PyException, PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use crate::convert::{Converter, Place};
use crate::decision::Decision;
use crate::policy::{Policy, Shared, records};
use crate::request::{PyRequest, record_dict};

/// The policy in force.
#[pyclass(frozen, module = "actra._actra", name = "Live")]
pub(crate) struct Live {
    live: Arc<actra_runtime::Live>,
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

/// Where approvals are kept.
#[pyclass(frozen, module = "actra._actra", name = "Store", weakref)]
pub(crate) struct Store {
    store: Arc<dyn ApprovalStore>,
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
        Ok(Self { store: Arc::clone(&store) as _, file: Some(store) })
    }

    /// Before the process is forked.
    fn rest(&self) {
        if let Some(file) = &self.file {
            file.rest();
        }
    }

    fn answer(&self, id: &str, by: String, denied: Option<String>) -> PyResult<()> {
        if by.trim().is_empty() {
            return Err(PyValueError::new_err("`by` says who answers, so it cannot be empty"));
        }
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
        actor: &str,
        snapshot: &str,
        asks: bool,
        watched: bool,
        valid: f64,
    ) -> PyResult<Self> {
        let known = Mode::parse(mode);
        let mode = known.ok_or_else(|| PyValueError::new_err("`mode` is \"enforce\" or \"audit\""))?;
        let valid = Duration::try_from_secs_f64(valid);
        let valid =
            valid.map_err(|_| PyValueError::new_err("an approval is valid for a number of seconds"))?;
        let point = actra_runtime::Point {
            live: Arc::clone(&live.get().live),
            mode,
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
        let allowed = decide_records(&shared.policy, &request).effect == Effect::Allow;
        match request.failed_at() {
            // What a resolver gave and cannot be read is not had.
            Some((Domain::Actor, reason)) => {
                failures.push(("actor".to_owned(), reason));
                Ok(Some((None, snapshot, failures)))
            }
            Some((Domain::Snapshot, reason)) => {
                failures.push(("snapshot".to_owned(), reason));
                Ok(Some((actor, None, failures)))
            }
            Some((Domain::Action, _)) | None => {
                request.checked(())?;
                Ok((!allowed).then_some((actor, snapshot, failures)))
            }
        }
    }

    /// Starts with an action, `type` included, made for a policy or for whichever is in force.
    #[pyo3(signature = (policy, action, hidden = None))]
    fn begin(
        slf: &Bound<'_, Self>,
        policy: Option<&Policy>,
        action: &Bound<'_, PyDict>,
        hidden: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Admission> {
        let (name, action) = typed(action)?;
        let admission = actra_runtime::Admission::begin(&slf.get().point, &name, action);
        let admission = match policy {
            Some(policy) => admission.under(Arc::clone(&policy.shared.policy)),
            None => admission,
        };
        Admission::of(slf, admission, hidden)
    }

    /// Starts with records that are known.
    #[pyo3(signature = (policy, action, actor, snapshot, failures, hidden = None))]
    fn resolved(
        slf: &Bound<'_, Self>,
        policy: &Policy,
        action: Bound<'_, PyAny>,
        actor: Option<Bound<'_, PyAny>>,
        snapshot: Option<Bound<'_, PyAny>>,
        failures: Vec<(String, String)>,
        hidden: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Admission> {
        let request = PyRequest::new(&policy.shared.names, Some(action), actor, snapshot)?.raw()?;
        let failures = failures.into_iter().map(failure).collect();
        let admission = actra_runtime::Admission::resolved(&slf.get().point, request, failures)
            .under(Arc::clone(&policy.shared.policy));
        Admission::of(slf, admission, hidden)
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

/// The type of an action, and its arguments.
fn typed(action: &Bound<'_, PyDict>) -> PyResult<(String, RawMap)> {
    let mut arguments = Converter::new().members(action, &Place::Root("action"), 0)?;
    let name = match arguments.remove("type") {
        Some(RawValue::String(name)) => name,
        _ => String::new(),
    };
    Ok((name, arguments))
}

/// What an approval is bound to beside the action. Arguments of a kind that has no value, such as an open file, are left
/// out; with one that cannot be had in full, nothing can be approved: another one would look the same.
fn bound(hidden: Option<&Bound<'_, PyDict>>) -> PyResult<RawMap> {
    let mut bound = RawMap::new();
    for (name, value) in hidden.into_iter().flat_map(|hidden| hidden.iter().collect::<Vec<_>>()) {
        match name.extract::<String>() {
            Ok(name) => bound.extend(bindable(&value, 0)?.map(|value| (name, value))),
            // Half a surrogate pair.
            Err(_) => bound.extend([(String::new(), UNBINDABLE)]),
        }
    }
    Ok(bound)
}

const UNBINDABLE: RawValue = RawValue::Unreadable(Reason::Unresolved);

fn bindable(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Option<RawValue>> {
    let py = value.py();
    let error = match Converter::new().value(value, &Place::Root("arguments")) {
        Ok(value) => return Ok(Some(value)),
        Err(error) => error,
    };
    if !error.is_instance_of::<PyException>(py) {
        return Err(error);
    }
    if let Ok(elements) = value.cast_exact::<PyTuple>()
        && depth < limits::NESTING
    {
        // Those that came by `*`.
        let elements = elements.iter().map(|one| Ok(bindable(&one, depth + 1)?.unwrap_or(RawValue::Null)));
        return Ok(Some(RawValue::List(elements.collect::<PyResult<_>>()?)));
    }
    let has_none = error.is_instance_of::<PyTypeError>(py)
        && !value.is_instance_of::<PyList>()
        && !value.is_instance_of::<PyDict>()
        && !value.is_instance_of::<PyTuple>();
    Ok((!has_none).then_some(UNBINDABLE))
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
        Ok(Self { admission: admission.with_hidden(bound(hidden)?), point: point.clone().unbind() })
    }
}

#[pymethods]
impl Admission {
    /// What to do next: `("actor",)`, `("rest",)` of the actor, `("snapshot",)`, `("ask", request)`, `("run", approved_by)`,
    /// `("evaluated", decision)`, `("block", decision)` or `("approval", decision, request, failure)`.
    fn step<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let request = |request: approval::ApprovalRequest| {
            let store = self.point.bind(py).get().store.clone_ref(py);
            Py::new(py, ApprovalRequest { request, store })
        };
        match self.admission.step() {
            Step::Actor => ("actor",).into_pyobject(py),
            Step::RestOfActor => ("rest",).into_pyobject(py),
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
            Step::Done(Err(Refused::NoPolicy { reason })) => Err(PyValueError::new_err(reason)),
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

    /// Takes the action and the arguments that rules do not see as they are now.
    #[pyo3(signature = (action, hidden = None))]
    fn renew(&mut self, action: &Bound<'_, PyDict>, hidden: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let (name, arguments) = typed(action)?;
        self.admission.renew(&name, arguments, bound(hidden)?);
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
        let domain = Domain::parse(record);
        let reads = self.admission.reads().zip(domain).map(|(reads, domain)| reads.of(domain));
        reads.into_iter().flatten().map(ToString::to_string).collect()
    }

    /// The events so far: outcome, mode, time, duration, decision, records, failures, approver, and a line of JSON.
    #[pyo3(signature = (correlation = None))]
    fn take_events<'py>(
        &mut self,
        py: Python<'py>,
        correlation: Option<String>,
    ) -> PyResult<Bound<'py, PyList>> {
        let events = self.admission.take_events().into_iter();
        let events = events.map(|event| told(py, Event { correlation: correlation.clone(), ..event }));
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
        self.store.get().answer(&self.request.id, by, denied)
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
