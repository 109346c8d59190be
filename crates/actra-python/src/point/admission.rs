//! One operation on its way, and its refusal.

use std::sync::Arc;

use actra_engine::model::{Domain, RawMap, RawValue};
use actra_runtime::approval::{self, Unbound};
use actra_runtime::{Admitted, Event, Failure, Outcome, RefusedKind, Stage, Step, write_event};
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

use super::Point;
use crate::approval_parts::bound;
use crate::approvals::ApprovalRequest;
use crate::convert::Converter;
use crate::decision::Decision;
use crate::names::FieldNames;
use crate::policy::{PolicyWithNames, records};
use crate::request::record_dict;
use crate::reread::ActionReader;
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
    Ok((name, arguments, lacking(Domain::Action, lacks).collect()))
}

/// What of a record cannot be read.
pub(crate) fn lacking(record: Domain, lacks: Vec<String>) -> impl Iterator<Item = Failure> {
    let stage = match record {
        Domain::Action => Stage::Action,
        Domain::Actor => Stage::Actor,
        Domain::Snapshot => Stage::Snapshot,
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

/// One operation on its way.
#[pyclass(module = "actra._actra", name = "Admission")]
pub(crate) struct Admission {
    admission: actra_runtime::Admission,
    point: Py<Point>,
    /// The policy that its action was made for.
    made_for: Arc<PolicyWithNames>,
    reread: ActionReader,
    /// What the first resolver that failed has raised.
    #[pyo3(get, set)]
    pub(crate) cause: Option<Py<PyAny>>,
}

impl Admission {
    pub(crate) fn of(
        point: &Bound<'_, Point>,
        made_for: &Arc<PolicyWithNames>,
        admission: actra_runtime::Admission,
        reread: ActionReader,
        unbound: Option<Vec<String>>,
    ) -> Self {
        let admission = admission.under(Arc::clone(&made_for.policy));
        let admission = match unbound {
            Some(unbound) => admission.binding_later().unbound(Unbound::of_parameters(unbound)),
            None => admission,
        };
        let admission = if reread.can_change(point.py()) { admission.reading_again() } else { admission };
        let (point, made_for) = (point.clone().unbind(), Arc::clone(made_for));
        Self { admission, point, made_for, reread, cause: None }
    }
}

#[pymethods]
impl Admission {
    /// What to do next: `("actor",)`, `("rest",)` of the actor, `("snapshot",)`, `("arguments",)`, `("ask",
    /// request)`, `("run", approved_by)`, `("evaluated", decision)` or `("refused", refused, request)`.
    fn step<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let mut step = self.admission.step();
        while matches!(step, Step::Action) {
            self.read_again(py)?;
            step = self.admission.step();
        }
        let request = |request: approval::ApprovalRequest| {
            let store = self.point.bind(py).get().store.clone_ref(py);
            Py::new(py, ApprovalRequest { request, store })
        };
        match step {
            Step::Actor => ("actor",).into_pyobject(py),
            Step::RestOfActor => ("rest",).into_pyobject(py),
            Step::Snapshot => ("snapshot",).into_pyobject(py),
            Step::Arguments => ("arguments",).into_pyobject(py),
            // It was read.
            Step::Action => ("action",).into_pyobject(py),
            Step::Ask(asked) => ("ask", request(*asked)?).into_pyobject(py),
            Step::Done(Ok(Admitted { approved_by })) => ("run", approved_by).into_pyobject(py),
            Step::Evaluated(decision) => ("evaluated", Decision { decided: *decision }).into_pyobject(py),
            Step::Done(Err(refused)) => {
                let approval = refused.approval.clone().map(|approval| request(*approval)).transpose()?;
                ("refused", Refused { refused }, approval).into_pyobject(py)
            }
        }
    }

    /// Only asks what the policy says.
    fn evaluate(&mut self) {
        self.admission.evaluate();
    }

    /// Takes the record that was asked for, or why it could not be resolved. Members that cannot be read are invalid; a
    /// `TypeError` for what is not a record at all.
    #[pyo3(signature = (stage, record, failures))]
    fn give(
        &mut self,
        stage: &str,
        record: Option<Bound<'_, PyAny>>,
        failures: Vec<(String, String)>,
    ) -> PyResult<()> {
        let domain = Domain::parse(stage).ok_or_else(|| PyValueError::new_err("actor or snapshot"))?;
        let mut lacks = Vec::new();
        let record = record.map(|record| {
            let record = record_dict(record, stage)?;
            Converter::new().readable(&record, stage, &self.made_for.names, &mut lacks).map(RawValue::Map)
        });
        self.admission.give(record.transpose()?, failures.into_iter().map(failure).collect());
        self.admission.note(lacking(domain, lacks).collect());
        Ok(())
    }

    /// Reads the arguments once more, if they can change; a difference to what was decided refuses the call.
    pub(crate) fn read_again(&mut self, py: Python<'_>) -> PyResult<()> {
        if !self.admission.is_read_again() {
            return Ok(());
        }
        match self.reread.read(py).and_then(|action| typed(&self.made_for.names, &action)) {
            Ok((name, arguments, failures)) => {
                self.admission.renew(&name, arguments);
                self.admission.note(failures);
            }
            // What it says may be none of a stranger's business, who hears of what was called.
            Err(error) if error.is_instance_of::<PyException>(py) => {
                self.admission.lost(&error.get_type(py).name()?.to_string());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Whether a body that begins later than its call is to be asked about once more: its arguments can be others by
    /// then.
    #[getter]
    fn may_differ(&self) -> bool {
        self.admission.is_read_again() || self.admission.is_approved()
    }

    /// Whether the operation may run as things stand.
    #[getter]
    fn runs(&self) -> bool {
        self.admission.runs()
    }

    /// Takes what `actra._approval_parts.bound` makes of all arguments.
    fn bind(&mut self, arguments: &Bound<'_, PyDict>) {
        self.admission.bind(bound(arguments));
    }

    /// Whether it may run by a grant.
    #[getter]
    fn is_approved(&self) -> bool {
        self.admission.is_approved()
    }

    /// Takes the same once more, right before the body.
    fn bind_again(&mut self, arguments: &Bound<'_, PyDict>) {
        self.admission.bind_again(&bound(arguments));
    }

    /// Refuses the call, whatever the policy says: no request can be made of it.
    fn no_request(&mut self, reason: &str) {
        self.admission.no_request(reason);
    }

    /// Ends it: the caller went away.
    fn cancel(&mut self) {
        self.admission.cancel();
    }

    /// Goes on after a grant.
    fn resume(&mut self) {
        self.cause = None;
        self.admission.resume();
    }

    /// Goes on after a denial.
    fn denied(&mut self, by: &str, reason: &str) {
        self.admission.denied(by, reason);
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
        let events = events.map(|mut event| {
            event.correlation.clone_from(&correlation);
            told(py, event)
        });
        PyList::new(py, events.collect::<PyResult<Vec<_>>>()?)
    }
}

fn told(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyDict>> {
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
