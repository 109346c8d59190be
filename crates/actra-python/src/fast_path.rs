//! The fast path of ordinary calls: everything is asked and decided in one step.

use std::time::{Instant, SystemTime};

use actra_engine::decide_records;
use actra_engine::model::{RawMap, RawRef, RecordName, RequestReader as _};
use actra_runtime::{CallHandling, OnActorFailure, needs_snapshot};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::action_reader::ActionReader;
use crate::convert::{Converter, error_line, is_own};
use crate::names::FieldNames;
use crate::point::Point;
use crate::point::admission::{Admission, failure, lacking};
use crate::policy::{Policy, PolicyWithNames};
use crate::request::{PyRequest, record_dict};

/// The way that the calls of a function take where nothing has to be awaited and each resolver gives a whole record.
#[pyclass(frozen, module = "actra._actra", name = "FastPath")]
pub(crate) struct FastPath {
    point: Py<Point>,
    policy: Py<Policy>,
    /// Seconds that a resolver may take.
    deadline: f64,
    unbound: Vec<String>,
}

#[pymethods]
impl FastPath {
    #[new]
    fn new(point: Py<Point>, policy: Py<Policy>, deadline: f64, unbound: Vec<String>) -> Self {
        Self { point, policy, deadline, unbound }
    }

    /// `None` if the policy allows this, asking both resolvers, nothing of it can change, and nobody watches; else an
    /// admission, which may say that the call runs as things stand. Where a call `is_async` and a resolver gives something
    /// that is awaited: `("actor", that)`, or `("snapshot", that, actor, why there is none)`.
    ///
    /// The policy is the one that the action was made for.
    #[pyo3(signature = (action, actor, snapshot, ctx, make, is_async, /))]
    fn enter<'py>(
        &self,
        action: &Bound<'py, PyDict>,
        actor: Option<Bound<'py, PyAny>>,
        snapshot: Option<Bound<'py, PyAny>>,
        ctx: &Bound<'py, PyAny>,
        make: Option<Py<PyAny>>,
        is_async: bool,
    ) -> PyResult<Option<Py<PyAny>>> {
        let py = ctx.py();
        let (shared, point) = (&self.policy.get().shared, &self.point.get().point);
        let began = point.has_observers.then(|| (SystemTime::now(), Instant::now()));
        let reader = ActionReader::of(action, make);
        let can_change = reader.can_change(py);
        let mut lacks = Vec::new();
        let mut request = match can_change {
            // What is decided about is what is compared afterwards.
            true => PyRequest::of_action(&shared.names, readable(&shared.names, action, &mut lacks)?),
            false => PyRequest::new(&shared.names, Some(action.clone().into_any()), None, None)?,
        };
        let mut resolved =
            ResolvedRecords { ctx, deadline: self.deadline, failures: Vec::new(), cause: None, is_async };
        let actor = match resolved.record(actor, "actor")? {
            Found::Now(actor) => actor,
            Found::Later(awaited) => return later(("actor", awaited).into_pyobject(py)?),
        };
        request.set_actor(actor.clone())?;
        let has_no_actor = !resolved.failures.is_empty();
        let snapshot = match snapshot {
            Some(_) if has_no_actor && point.on_actor_failure == OnActorFailure::Refuse => Found::Now(None),
            Some(_) if !wants_snapshot(shared, &request) => Found::Now(None),
            resolver => resolved.record(resolver, "snapshot")?,
        };
        let snapshot = match snapshot {
            Found::Now(snapshot) => snapshot,
            Found::Later(awaited) => {
                let why = resolved.cause.map(|error| error.into_value(py));
                return later(("snapshot", awaited, actor, why).into_pyobject(py)?);
            }
        };
        request.set_snapshot(snapshot)?;
        // What becomes of a call without an actor is decided on the way step by step; there somebody hears of it, or of
        // what failed.
        let is_allowed = resolved.failures.is_empty()
            && began.is_none()
            && CallHandling::of(decide_records(&shared.policy, &request).effect) == CallHandling::Run;
        request.interrupted(py)?;
        match is_allowed {
            true if !can_change => Ok(None),
            true => self.begin_allowed(request, resolved, reader).map(|admission| Some(admission.into_any())),
            false => self
                .begun(request, resolved, reader, lacks, began)
                .map(|admission| Some(admission.into_any())),
        }
    }
}

impl FastPath {
    /// An admission of what is allowed, if its action is still what was decided: nothing else of it is of interest.
    fn begin_allowed<'py>(
        &self,
        request: PyRequest<'_, 'py>,
        resolved: ResolvedRecords<'_, 'py>,
        reader: ActionReader,
    ) -> PyResult<Py<Admission>> {
        let py = resolved.ctx.py();
        let point = &self.point.get().point;
        let admission = actra_runtime::Admission::begin_allowed(point, request.into_action()?, Vec::new());
        let admission = self.admission(py, admission, reader);
        admission.recheck(py)?;
        Py::new(py, admission)
    }

    /// An admission that is driven step by step, with all its records.
    #[cold]
    fn begun<'py>(
        &self,
        request: PyRequest<'_, 'py>,
        resolved: ResolvedRecords<'_, 'py>,
        reader: ActionReader,
        mut lacks: Vec<(RecordName, String)>,
        began: Option<(SystemTime, Instant)>,
    ) -> PyResult<Py<Admission>> {
        let py = resolved.ctx.py();
        let request = request.readable(&mut lacks)?;
        let failures = resolved.failures.into_iter().map(failure).collect();
        let mut admission = actra_runtime::Admission::resolved(&self.point.get().point, request, failures);
        if let Some((at, started)) = began {
            admission = admission.started_at(at, started);
        }
        admission.note(lacks.into_iter().flat_map(|(record, lack)| lacking(record, vec![lack])).collect());
        let cause = resolved.cause.map(|error| error.into_value(py).into_any());
        Py::new(py, self.admission(py, admission, reader).caused_by(cause))
    }

    fn admission(
        &self,
        py: Python<'_>,
        admission: actra_runtime::Admission,
        reader: ActionReader,
    ) -> Admission {
        let shared = &self.policy.get().shared;
        Admission::of(self.point.bind(py), shared, admission, reader, Some(self.unbound.clone()))
    }
}

/// The members of an action, and what of them cannot be read.
fn readable(
    names: &FieldNames,
    action: &Bound<'_, PyDict>,
    lacks: &mut Vec<(RecordName, String)>,
) -> PyResult<RawMap> {
    let mut found = Vec::new();
    let members = Converter::new().readable(action, "action", names, &mut found)?;
    lacks.extend(found.into_iter().map(|lack| (RecordName::Action, lack)));
    Ok(members)
}

/// Whether the snapshot has to be found out.
fn wants_snapshot(shared: &PolicyWithNames, request: &PyRequest<'_, '_>) -> bool {
    let Some(RawRef::Text(name)) = request.member(RecordName::Action, "type") else { return false };
    needs_snapshot(&shared.policy, shared.policy.reads(&name), request)
}

#[cold]
fn later(awaited: Bound<'_, PyTuple>) -> PyResult<Option<Py<PyAny>>> {
    Ok(Some(awaited.into_any().unbind()))
}

/// What came of a resolver.
enum Found<'py> {
    /// A record, if it gave one.
    Now(Option<Bound<'py, PyAny>>),
    /// What has to be awaited for it.
    Later(Bound<'py, PyAny>),
}

/// Resolvers that are asked, and what failed.
struct ResolvedRecords<'a, 'py> {
    ctx: &'a Bound<'py, PyAny>,
    deadline: f64,
    failures: Vec<(String, String)>,
    cause: Option<PyErr>,
    /// Whether somebody can wait for what they give.
    is_async: bool,
}

impl<'py> ResolvedRecords<'_, 'py> {
    /// What a resolver gives; nothing if it fails, gives no record, or takes too long. What is no `Exception` passes.
    fn record(&mut self, resolver: Option<Bound<'py, PyAny>>, stage: &str) -> PyResult<Found<'py>> {
        static CHECK_RECORD: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        static IS_AWAITABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = self.ctx.py();
        let Some(resolver) = resolver else { return Ok(Found::Now(Some(PyDict::new(py).into_any()))) };
        let is_async = self.is_async;
        let started = Instant::now();
        let found = resolver.call1((self.ctx,)).and_then(|mut record| {
            if !record.is_exact_instance_of::<PyDict>() {
                let is_awaitable = IS_AWAITABLE.import(py, "actra._resolve", "is_awaitable")?;
                if is_async && is_awaitable.call1((&record,))?.is_truthy()? {
                    return Ok(Found::Later(record));
                }
                record = CHECK_RECORD.import(py, "actra._resolve", "check_record")?.call1((record,))?;
            }
            Ok(Found::Now(Some(record_dict(record, stage)?.into_any())))
        });
        let reason = match found {
            Ok(found) if started.elapsed().as_secs_f64() <= self.deadline => return Ok(found),
            Ok(_) => format!("no answer within {} s", self.deadline),
            Err(error) if is_own(py, &error)? => {
                let reason = error_line(py, &error)?;
                self.cause.get_or_insert(error);
                reason
            }
            Err(error) => return Err(error),
        };
        self.failures.push((stage.to_owned(), reason));
        Ok(Found::Now(None))
    }
}
