//! Questions about all requests, answered as JSON.

use actra_engine::analyze::Analyzer;
use actra_engine::model::{ActionId, RawRequest, RecordName};
use actra_engine::{InvariantText, errors_in_record, prove};
use actra_wire::{PolicyComparison, write_can, write_diff, write_verdict};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::{Converter, Place};
use crate::policy::Policy;

/// `actra/can/v1`
#[pyfunction]
#[pyo3(signature = (policy, actor = None, snapshot = None, action = None))]
pub(crate) fn can_json(
    py: Python<'_>,
    policy: &Policy,
    actor: Option<&Bound<'_, PyAny>>,
    snapshot: Option<&Bound<'_, PyAny>>,
    action: Option<&str>,
) -> PyResult<Vec<u8>> {
    let value = |record: Option<&Bound<'_, PyAny>>, name| {
        record.map(|record| Converter::new().value(record, &Place::Root(name))).transpose()
    };
    let given = RawRequest {
        actor: value(actor, "actor")?,
        snapshot: value(snapshot, "snapshot")?,
        ..RawRequest::default()
    };
    let policy = &policy.shared.policy;
    for (record_name, record) in [(RecordName::Actor, &given.actor), (RecordName::Snapshot, &given.snapshot)]
    {
        let request_errors =
            record.as_ref().map(|record| errors_in_record(&policy.schema, record_name, record));
        let said: Vec<String> = request_errors.iter().flatten().map(ToString::to_string).collect();
        if !said.is_empty() {
            return Err(PyValueError::new_err(said.join("; ")));
        }
    }
    let actions = match action {
        None => (0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)).collect(),
        Some(name) => vec![policy.schema.action_id(name).ok_or_else(|| {
            PyValueError::new_err(actra_engine::undeclared_action_help(&policy.schema, name))
        })?],
    };
    py.detach(|| {
        let mut analyzer = Analyzer::default();
        let possible: Vec<_> = actions.iter().map(|action| analyzer.can(policy, *action, &given)).collect();
        let mut out = Vec::new();
        write_can(policy, &possible, &mut out);
        Ok(out)
    })
}

/// `actra/diff/v1`, from one policy to another.
#[pyfunction]
pub(crate) fn diff_json(py: Python<'_>, old: &Policy, new: &Policy) -> Vec<u8> {
    let (old, new) = (&old.shared.policy, &new.shared.policy);
    py.detach(|| {
        let difference = Analyzer::default().diff(old, new);
        let mut out = Vec::new();
        write_diff(&PolicyComparison { old, new, difference: &difference }, &mut out);
        out
    })
}

/// `actra/prove/v1`
#[pyfunction]
#[pyo3(signature = (policy, scope, when, effect))]
pub(crate) fn prove_json(
    py: Python<'_>,
    policy: &Policy,
    scope: Vec<(String, String)>,
    when: Option<&str>,
    effect: &str,
) -> PyResult<Vec<u8>> {
    let policy = &policy.shared.policy;
    let proved = py.detach(|| prove(policy, &InvariantText { scope: &scope, when, effect }));
    match proved {
        Ok(proof) => {
            let mut out = Vec::new();
            write_verdict(policy, &proof, &mut out);
            Ok(out)
        }
        Err(refused) => {
            let said: Vec<&str> = refused.errors.iter().map(|error| error.message.as_str()).collect();
            Err(PyValueError::new_err(said.join("; ")))
        }
    }
}
