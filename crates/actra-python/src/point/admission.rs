//! One operation on its way, and its refusal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actra_engine::model::{RawMap, RawValue, RecordName};
use actra_runtime::approval::{self, ApprovalExclusions};
use actra_runtime::{Admitted, Event, Failure, Outcome, RefusedKind, Stage, Step, write_event};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::MutexExt as _;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use super::Point;
use crate::action_reader::ActionReader;
use crate::approval_parts::bound;
use crate::approvals::ApprovalRequest;
use crate::convert::Converter;
use crate::decision::Decision;
use crate::names::FieldNames;
use crate::policy::{Policy, PolicyWithNames, records};
use crate::request::record_dict;
use crate::time::seconds;

/// The type of an action, its arguments, and which of them cannot be read: those are invalid.
pub(crate) fn typed(
    names: &FieldNames,
    action: &Bound<'_, PyDict>,
) -> PyResult<(String, RawMap, Vec<Failure>)> {
    let mut lacks = Vec::new();
    let mut arguments = Converter::new().readable(action, "action", names, &mut lacks)?;
    let name = match arguments.remove("type") {
        Some(RawValue::String(name)) => name,
        _ => String::new(),
    };
    Ok((name, arguments, lacking(RecordName::Action, lacks).collect()))
}

/// What of a record cannot be read.
pub(crate) fn lacking(record: RecordName, lacks: Vec<String>) -> impl Iterator<Item = Failure> {
    let stage = match record {
        RecordName::Action => Stage::Action,
        RecordName::Actor => Stage::Actor,
        RecordName::Snapshot => Stage::Snapshot,
    };
    lacks.into_iter().map(move |reason| Failure::new(stage, reason))
}

pub(crate) fn failure((stage, reason): (String, String)) -> Failure {
    let stage = match stage.as_str() {
        "actor" => Stage::Actor,
        "snapshot" => Stage::Snapshot,
        "approval" => Stage::Approval,
        "observer" => Stage::Observer,
        "policy" => Stage::Policy,
        _ => Stage::Action,
    };
    Failure::new(stage, reason)
}

/// The operation must not run.
#[pyclass(frozen, module = "actra._actra", name = "Refused")]
pub(crate) struct Refused {
    refused: actra_runtime::Refused,
}

#[pymethods]
impl Refused {
    /// The type of the action.
    #[getter]
    fn action(&self) -> &str {
        &self.refused.action
    }

    /// Whether a grant would let it run.
    #[getter]
    fn needs_approval(&self) -> bool {
        self.refused.kind == RefusedKind::NeedsApproval
    }

    /// What was decided; a block if nothing could be.
    #[getter]
    fn decision(&self) -> Option<Decision> {
        self.refused.decision.as_deref().map(|decided| Decision { decided: decided.clone() })
    }

    fn __str__(&self) -> String {
        self.refused.to_string()
    }

    /// As one line of JSON.
    fn to_json(&self) -> String {
        self.refused.to_json()
    }

    /// For a language model that made the call.
    fn for_model(&self) -> String {
        self.refused.for_model()
    }

    /// As the body of an answer with this status.
    fn to_problem_json(&self, status: u16) -> String {
        self.refused.to_problem_json(status, None)
    }
}

/// One operation on its way. Several threads can ask whether a body may begin that begins several times.
#[pyclass(frozen, module = "actra._actra", name = "Admission")]
pub(crate) struct Admission {
    /// INVARIANT (no code of the host meanwhile): whoever holds it runs no Python, which could let others run that
    /// wait for it, or ask for it once more.
    progress: Mutex<Progress>,
    point: Py<Point>,
    reader: ActionReader,
    /// What the first resolver that failed has raised.
    cause: Mutex<Option<Py<PyAny>>>,
}

/// How far an operation has come.
struct Progress {
    admission: actra_runtime::Admission,
    /// The policy that decides: what it declares is what is read of values.
    policy: Arc<PolicyWithNames>,
}

impl Admission {
    pub(crate) fn of(
        point: &Bound<'_, Point>,
        made_for: &Arc<PolicyWithNames>,
        admission: actra_runtime::Admission,
        reader: ActionReader,
        unbound: Option<Vec<String>>,
    ) -> Self {
        let admission = admission.decided_by_policy(Arc::clone(&made_for.policy));
        let admission = match unbound {
            Some(unbound) => {
                admission.binding_later().with_exclusions(ApprovalExclusions::of_parameters(unbound))
            }
            None => admission,
        };
        let admission = if reader.can_change(point.py()) { admission.with_recheck() } else { admission };
        let (point, policy) = (point.clone().unbind(), Arc::clone(made_for));
        let progress = Mutex::new(Progress { admission, policy });
        Self { progress, point, reader, cause: Mutex::new(None) }
    }

    /// Keeps what a resolver has raised, as the cause of a refusal.
    pub(crate) fn caused_by(self, cause: Option<Py<PyAny>>) -> Self {
        Self { cause: Mutex::new(cause), ..self }
    }

    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Progress> {
        self.progress.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    fn put_cause(&self, py: Python<'_>, cause: Option<Py<PyAny>>) {
        let before = {
            let mut held = self.cause.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *held, cause)
        };
        // It may be the last who knows of it.
        drop(before);
    }
}

#[pymethods]
impl Admission {
    /// What to do next: `("actor",)`, `("actor_rest",)`, `("snapshot",)`, `("arguments",)`, `("ask",
    /// request)`, `("run", approved_by)`, `("evaluated", decision)` or `("refused", refused, request)`.
    fn step<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let next = || self.lock(py).admission.step();
        let mut step = next();
        while matches!(step, Step::Action) {
            self.recheck(py)?;
            step = next();
        }
        let request = |request: approval::ApprovalRequest| {
            let store = self.point.bind(py).get().store.clone_ref(py);
            Py::new(py, ApprovalRequest { request, store })
        };
        match step {
            Step::Actor => ("actor",).into_pyobject(py),
            Step::RestOfActor => ("actor_rest",).into_pyobject(py),
            Step::Snapshot => ("snapshot",).into_pyobject(py),
            Step::Arguments => ("arguments",).into_pyobject(py),
            // It was read.
            Step::Action => ("action",).into_pyobject(py),
            Step::Ask(asked) => ("ask", request(*asked)?).into_pyobject(py),
            Step::Done(Ok(Admitted { approved_by, .. })) => ("run", approved_by).into_pyobject(py),
            Step::Evaluated(decision) => ("evaluated", Decision { decided: *decision }).into_pyobject(py),
            Step::Done(Err(refused)) => {
                let approval = refused.approval.clone().map(|approval| request(*approval)).transpose()?;
                ("refused", Refused { refused }, approval).into_pyobject(py)
            }
        }
    }

    /// Only asks what the policy says.
    fn evaluate(&self, py: Python<'_>) {
        self.lock(py).admission.evaluate();
    }

    /// Takes the record that was asked for, or why it could not be resolved. Members that cannot be read are invalid; a
    /// `TypeError` for what is not a record at all.
    #[pyo3(signature = (stage, record, failures))]
    fn give(
        &self,
        py: Python<'_>,
        stage: &str,
        record: Option<Bound<'_, PyAny>>,
        failures: Vec<(String, String)>,
    ) -> PyResult<()> {
        let record_name =
            RecordName::parse(stage).ok_or_else(|| PyValueError::new_err("actor or snapshot"))?;
        let policy = Arc::clone(&self.lock(py).policy);
        let mut lacks = Vec::new();
        let record = record.map(|record| {
            let record = record_dict(record, stage)?;
            Converter::new().readable(&record, stage, &policy.names, &mut lacks).map(RawValue::Map)
        });
        let record = record.transpose()?;
        let mut progress = self.lock(py);
        progress.admission.give(record, failures.into_iter().map(failure).collect());
        progress.admission.note(lacking(record_name, lacks).collect());
        Ok(())
    }

    /// Reads the arguments once more, if they can change; a difference to what was decided refuses the call.
    pub(crate) fn recheck(&self, py: Python<'_>) -> PyResult<()> {
        let policy = {
            let progress = self.lock(py);
            if !progress.admission.needs_recheck() {
                return Ok(());
            }
            Arc::clone(&progress.policy)
        };
        let read = match self.reader.read(py).and_then(|action| typed(&policy.names, &action)) {
            Ok(read) => Ok(read),
            // What it says may be none of a stranger's business, who hears of what was called.
            Err(error) if error.is_instance_of::<PyException>(py) => {
                Err(error.get_type(py).name()?.to_string())
            }
            Err(error) => return Err(error),
        };
        let admission = &mut self.lock(py).admission;
        match read {
            // Another thread has found a difference meanwhile.
            _ if !admission.needs_recheck() => {}
            Ok((name, arguments, failures)) => {
                admission.recheck_action(&name, arguments);
                admission.note(failures);
            }
            Err(class) => admission.refuse_unreadable(&class),
        }
        Ok(())
    }

    /// Whether a body that begins later than its call is to be asked about once more: its arguments can be others by
    /// then.
    #[getter]
    fn needs_recheck(&self, py: Python<'_>) -> bool {
        let admission = &self.lock(py).admission;
        admission.needs_recheck() || admission.is_approved()
    }

    /// Whether the operation may run as things stand.
    #[getter]
    fn may_run(&self, py: Python<'_>) -> bool {
        self.lock(py).admission.may_run()
    }

    /// What the first resolver that failed has raised.
    #[getter]
    fn cause(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let cause = self.cause.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        cause.as_ref().map(|cause| cause.clone_ref(py))
    }

    #[setter]
    fn set_cause(&self, py: Python<'_>, cause: Option<Py<PyAny>>) {
        self.put_cause(py, cause);
    }

    /// Takes what `actra._approval_parts.approval_parts` makes of all arguments.
    fn bind(&self, arguments: &Bound<'_, PyDict>) {
        let bound = bound(arguments);
        self.lock(arguments.py()).admission.bind(bound);
    }

    /// Whether it may run by a grant.
    #[getter]
    fn is_approved(&self, py: Python<'_>) -> bool {
        self.lock(py).admission.is_approved()
    }

    /// Takes the same once more, right before the body.
    fn recheck_bound(&self, arguments: &Bound<'_, PyDict>) {
        let bound = bound(arguments);
        self.lock(arguments.py()).admission.recheck_bound(&bound);
    }

    /// Refuses the call, whatever the policy says: no request can be made of it.
    fn refuse_request(&self, py: Python<'_>, reason: &str) {
        self.lock(py).admission.refuse_request(reason);
    }

    /// Ends it: the caller went away.
    fn cancel(&self, py: Python<'_>) {
        self.lock(py).admission.cancel();
    }

    /// Goes on after a grant. If another policy decides from now on than the one that the action was made for: the
    /// type of the action, and that policy.
    fn resume(&self, py: Python<'_>) -> Option<(String, Policy)> {
        self.put_cause(py, None);
        let (name, policy) = {
            let Progress { admission, policy } = &mut *self.lock(py);
            admission.resume();
            let decides = admission.policy();
            if Arc::ptr_eq(decides, &policy.policy) {
                return None;
            }
            (admission.name().to_owned(), Arc::clone(decides))
        };
        let shared = Arc::new(PolicyWithNames::of(py, policy));
        self.lock(py).policy = Arc::clone(&shared);
        Some((name, Policy { shared }))
    }

    /// Goes on after a denial.
    fn take_denial(&self, py: Python<'_>, by: &str, reason: &str) {
        self.lock(py).admission.take_denial(by, reason);
    }

    /// Goes on without one.
    fn refuse(&self, py: Python<'_>, reason: String) {
        self.lock(py).admission.answer(Err(reason));
    }

    /// What the policy says about what is known.
    fn decision(&self, py: Python<'_>) -> Decision {
        Decision { decided: self.lock(py).admission.decision() }
    }

    /// The records without sensitive values.
    fn shown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let shown = self.lock(py).admission.shown();
        records(py, &shown)
    }

    /// What the rules of this action can read of a record.
    fn reads(&self, py: Python<'_>, record: &str) -> Vec<String> {
        let record_name = RecordName::parse(record);
        let admission = &self.lock(py).admission;
        let reads = admission.reads().zip(record_name).map(|(reads, record_name)| reads.of(record_name));
        reads.into_iter().flatten().map(ToString::to_string).collect()
    }

    /// The events so far: outcome, mode, time, duration, decision, records, failures, approver, and a line of JSON.
    #[pyo3(signature = (correlation = None))]
    fn take_events<'py>(&self, py: Python<'py>, correlation: Option<String>) -> PyResult<Bound<'py, PyList>> {
        let events = self.lock(py).admission.take_events();
        let events = events.into_iter().map(|mut event| {
            event.correlation.clone_from(&correlation);
            event_dict(py, event)
        });
        PyList::new(py, events.collect::<PyResult<Vec<_>>>()?)
    }
}

fn event_dict(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyDict>> {
    let mut line = Vec::new();
    write_event(&event, &mut line);
    let dict = PyDict::new(py);
    dict.set_item("id", &event.id)?;
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
