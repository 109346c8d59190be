//! A decision as Python sees it.

use actra_engine::model::{Decision as Decided, RawValue};
use actra_wire::decision_bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::convert::object;

/// What a policy says about a request. Immutable; reads as a mapping, too: `decision["effect"]`.
#[pyclass(frozen, module = "actra", name = "Decision")]
pub(crate) struct Decision {
    pub(crate) decided: Decided<'static>,
}

#[pymethods]
impl Decision {
    /// `"allow"`, `"block"` or `"require_approval"`.
    #[getter]
    fn effect(&self) -> &'static str {
        self.decided.effect.as_str()
    }

    /// The rule that carries the effect; `None` if it is the default.
    #[getter]
    fn matched_rule(&self) -> Option<&str> {
        self.decided.matched_rule.as_deref()
    }

    /// All rules that are true, in file order.
    #[getter]
    fn matched_rules(&self) -> Vec<&str> {
        self.decided.matched_rules.iter().collect()
    }

    /// What `matched_rule` tells people.
    #[getter]
    fn message(&self) -> Option<&str> {
        self.decided.message.as_deref()
    }

    /// The policy that decided.
    #[getter]
    fn policy_hash(&self) -> String {
        self.decided.policy_hash.to_string()
    }

    /// Data of the rules that carry the effect.
    #[getter]
    fn required_actions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let actions = self.decided.required_actions.iter();
        let actions = actions.map(|action| object(py, &RawValue::Map(action.as_ref().clone())));
        PyList::new(py, actions.collect::<PyResult<Vec<_>>>()?)
    }

    /// Rules that could not be decided: `rule`, `path` and `code` of each.
    #[getter]
    fn undetermined<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let found = self.decided.undetermined.iter().map(|found| {
            record(py, [("rule", &found.rule), ("path", &found.path), ("code", found.reason.as_str())])
        });
        PyList::new(py, found.collect::<PyResult<Vec<_>>>()?)
    }

    /// What is wrong with the request: `path`, `code` and `message` of each fault.
    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let found = self.decided.errors.iter().map(|fault| {
            let (code, message) = (fault.reason.as_str(), fault.reason.message());
            record(py, [("path", &fault.path), ("code", code), ("message", message)])
        });
        PyList::new(py, found.collect::<PyResult<Vec<_>>>()?)
    }

    /// Shadow rules that would have counted: `rule`, `effect` and `truth` of each.
    #[getter]
    fn shadow<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let found = self.decided.shadow.iter().map(|found| {
            let truth = match found.truth {
                actra_engine::model::ShadowTruth::True => "true",
                actra_engine::model::ShadowTruth::Undetermined => "undetermined",
            };
            record(py, [("rule", &found.rule), ("effect", found.effect.as_str()), ("truth", truth)])
        });
        PyList::new(py, found.collect::<PyResult<Vec<_>>>()?)
    }

    /// The canonical bytes of the decision: equal decisions have equal bytes.
    fn to_json<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &decision_bytes(&self.decided))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Decision>().is_ok_and(|other| other.get().decided == self.decided)
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        decision_bytes(&self.decided).hash(&mut hasher);
        hasher.finish()
    }
}

fn record<'py, const N: usize>(py: Python<'py>, members: [(&str, &str); N]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    members.into_iter().try_for_each(|(name, value)| dict.set_item(name, value))?;
    Ok(dict)
}
