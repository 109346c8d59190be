//! A policy as Python sees it: deciding and explaining one request.

use std::sync::Arc;

use actra_engine::model::{Effect, RawRequest, RawValue, RecordName, RequestReader as _};
use actra_engine::{RecordError, RecordErrorKind, decide_records, errors_in_record, explain};
use actra_runtime::redact;
use actra_wire::JsonDecider;
use actra_wire::bundle::{Bundle, write_bundle};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::convert::object;
use crate::decision::Decision;
use crate::names::FieldNames;
use crate::request::PyRequest;

/// A compiled policy. Immutable.
#[pyclass(frozen, module = "actra._actra", name = "Policy", subclass)]
pub(crate) struct Policy {
    pub(crate) shared: Arc<PolicyWithNames>,
}

/// What everybody who decides by a policy shares.
#[derive(Debug)]
pub(crate) struct PolicyWithNames {
    pub(crate) policy: Arc<actra_engine::Policy>,
    pub(crate) names: FieldNames,
}

impl PolicyWithNames {
    pub(crate) fn of(py: Python<'_>, policy: Arc<actra_engine::Policy>) -> Self {
        Self { names: FieldNames::of(py, &policy), policy }
    }
}

impl Policy {
    pub(crate) fn new(py: Python<'_>, policy: actra_engine::Policy) -> Self {
        Self { shared: Arc::new(PolicyWithNames::of(py, Arc::new(policy))) }
    }
}

#[pymethods]
impl Policy {
    /// Effect and matched rule of the decision on a request.
    fn evaluate<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let py = request.py();
        let request = PyRequest::whole(&self.shared.names, request)?;
        let decision = decide_records(&self.shared.policy, &request);
        let dict = PyDict::new(py);
        dict.set_item(intern!(py, "effect"), effect(py, decision.effect))?;
        dict.set_item(intern!(py, "matched_rule"), decision.matched_rule.as_deref())?;
        request.checked(dict)
    }

    /// The decision on a request.
    fn decide(&self, request: &Bound<'_, PyAny>) -> PyResult<Decision> {
        let request = PyRequest::whole(&self.shared.names, request)?;
        let decided = decide_records(&self.shared.policy, &request).into_owned();
        request.checked(Decision { decided })
    }

    /// From the JSON text of a request to the canonical bytes of the decision.
    fn decide_json<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::with_capacity(256);
        let bytes = bytes(request)?;
        JsonDecider::new(&self.shared.policy).decide(&bytes, &mut out);
        Ok(PyBytes::new(py, &out))
    }

    /// `actra/explain/v1` about a request, as JSON.
    fn explain_json<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let records = PyRequest::whole(&self.shared.names, request)?;
        // As for a decision, what has no value is told of if a rule reads it.
        records.checked(decide_records(&self.shared.policy, &records).effect)?;
        let raw = match records.fault() {
            Some(fault) => RawRequest::unreadable(fault),
            None => records.readable(&mut Vec::new())?,
        };
        let explanation = explain(&self.shared.policy, &raw);
        let mut out = Vec::new();
        let sources = actra_engine::diagnostics::Sources::new();
        actra_wire::write_explanation(&explanation, &sources, &mut out);
        Ok(PyBytes::new(request.py(), &out))
    }

    /// The request without what the schema marks sensitive.
    fn redact<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let raw = PyRequest::whole(&self.shared.names, request)?.raw()?;
        self.shared.shown(request.py(), &raw)
    }

    /// The compiled policy as a file holds it.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &write_bundle(&self.shared.policy, &[], 0))
    }

    /// From what `to_bytes` gave.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let policy = Bundle::open(bytes).and_then(|bundle| bundle.policy());
        policy.map(|policy| Self::new(py, policy)).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// `sha256:` and 64 digits.
    fn policy_hash(&self) -> String {
        self.shared.policy.hash.to_string()
    }

    /// The hash of the governance that it was compiled under.
    fn governance_hash(&self) -> Option<String> {
        self.shared.policy.governance_hash().map(|hash| hash.to_string())
    }

    /// The names of the declared actions.
    fn actions(&self) -> Vec<String> {
        self.shared.policy.schema.actions.iter().map(|action| action.name.to_string()).collect()
    }

    /// What to say of an action that the schema does not declare.
    fn undeclared_action_help(&self, action: &str) -> String {
        actra_engine::undeclared_action_help(&self.shared.policy.schema, action)
    }

    /// The declared fields of an action, whether they are optional, and the arguments that fill them; `None` if there
    /// is no such action.
    fn fields(&self, action: &str) -> Option<Vec<(String, bool, String)>> {
        let schema = &self.shared.policy.schema;
        let declared = schema.action(schema.action_id(action)?)?;
        let argument = |name: &str| declared.argument_of_field(name).unwrap_or(name).to_owned();
        Some(
            declared
                .fields
                .iter()
                .map(|(name, field)| (name.to_string(), field.optional, argument(name)))
                .collect(),
        )
    }

    /// What is wrong with names of fields of actor or snapshot that somebody wrote down, in words.
    fn undeclared(&self, record: &str, names: Vec<String>) -> Vec<String> {
        let Some(record_name) = RecordName::parse(record) else { return Vec::new() };
        let members = names.into_iter().map(|name| (name, RawValue::Null));
        let request_errors =
            errors_in_record(&self.shared.policy.schema, record_name, &RawValue::Map(members.collect()));
        let undeclared =
            |record_error: &&RecordError| matches!(record_error.fault, RecordErrorKind::Undeclared { .. });
        request_errors.iter().filter(undeclared).map(ToString::to_string).collect()
    }

    /// By record, the fields that the rules of an action can read; `None` if there is no such action.
    fn reads<'py>(&self, py: Python<'py>, action: &str) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(reads) = self.shared.policy.reads(action) else { return Ok(None) };
        let dict = PyDict::new(py);
        for record_name in RecordName::ALL {
            let names: Vec<&str> = reads.of(record_name).iter().map(AsRef::as_ref).collect();
            dict.set_item(record_name.as_str(), names)?;
        }
        Ok(Some(dict))
    }
}

impl PolicyWithNames {
    /// A request for people and logs.
    pub(crate) fn shown<'py>(
        &self,
        py: Python<'py>,
        request: &actra_engine::model::RawRequest,
    ) -> PyResult<Bound<'py, PyDict>> {
        records(py, &redact(&self.policy.schema, request))
    }
}

/// The records of a request that are there.
pub(crate) fn records<'py>(
    py: Python<'py>,
    request: &actra_engine::model::RawRequest,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let records = [("action", &request.action), ("actor", &request.actor), ("snapshot", &request.snapshot)];
    for (name, record) in records {
        if let Some(record) = record {
            let shown = match record {
                actra_engine::model::RawValue::Map(members) => {
                    crate::convert::members(py, members)?.into_any()
                }
                other => object(py, other)?,
            };
            dict.set_item(name, shown)?;
        }
    }
    if !request.unknown.is_empty() {
        dict.set_item("unknown", &request.unknown)?;
    }
    Ok(dict)
}

/// The word for an effect, made once.
fn effect(py: Python<'_>, effect: Effect) -> &Bound<'_, PyString> {
    match effect {
        Effect::Allow => intern!(py, "allow"),
        Effect::RequireApproval => intern!(py, "require_approval"),
        Effect::Block => intern!(py, "block"),
    }
}

fn bytes(text: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = text.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    match text.cast::<PyString>() {
        Ok(text) => Ok(text.to_cow()?.as_bytes().to_vec()),
        Err(_) => Err(PyTypeError::new_err("a request must be `str` or `bytes` that contain JSON")),
    }
}
