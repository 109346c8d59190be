//! Arguments that can change between a decision and the body.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyString, PyTuple};

/// Levels of tuples that are looked into.
const DEPTH: usize = 4;

/// How the action of a call is read once more.
pub(crate) struct ActionReader {
    action: Py<PyDict>,
    /// Makes it anew, where it is more than references to arguments.
    make: Option<Py<PyAny>>,
}

impl ActionReader {
    pub(crate) fn of(action: &Bound<'_, PyDict>, make: Option<Py<PyAny>>) -> Self {
        Self { action: action.clone().unbind(), make }
    }

    /// Whether it could be another one by then.
    pub(crate) fn can_change(&self, py: Python<'_>) -> bool {
        self.make.is_some() || !self.action.bind(py).iter().all(|(_, value)| is_fixed(&value, 0))
    }

    /// The action as it is now.
    pub(crate) fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        match &self.make {
            None => Ok(self.action.bind(py).clone()),
            Some(make) => Ok(make.bind(py).call0()?.cast_into::<PyDict>()?),
        }
    }
}

/// Whether an object is the same value whenever it is read: a scalar of one of Python's own types, or a tuple of such.
#[inline]
fn is_fixed(object: &Bound<'_, PyAny>, depth: usize) -> bool {
    object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_none()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyBytes>()
        || object
            .cast_exact::<PyTuple>()
            .is_ok_and(|tuple| depth < DEPTH && tuple.iter().all(|element| is_fixed(&element, depth + 1)))
        || is_decimal(object)
}

fn is_decimal(object: &Bound<'_, PyAny>) -> bool {
    static EXACT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    EXACT.import(object.py(), "decimal", "Decimal").is_ok_and(|class| object.get_type().is(class))
}
