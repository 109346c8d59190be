//! Values of Python and values of requests.

use std::borrow::Cow;

use actra_engine::model::{Decimal, RawMap, RawRef, RawValue, Reason, limits};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// Where a value lies, for messages; written only when something is wrong.
pub(crate) enum Place<'p> {
    Root(&'p str),
    Member(&'p Place<'p>, &'p str),
    Element(&'p Place<'p>, usize),
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Root(name) => f.write_str(name),
            Place::Member(whole, name) => write!(f, "{whole}.{name}"),
            Place::Element(whole, idx) => write!(f, "{whole}[{idx}]"),
        }
    }
}

/// Values and characters that one conversion may go through, so that lists that hold themselves end.
const MOST: usize = 4 * limits::REQUEST_BYTES;

/// Converts values, within a limit.
pub(crate) struct Converter {
    left: usize,
}

impl Converter {
    pub(crate) fn new() -> Self {
        Self { left: MOST }
    }

    /// The value of an object; an object of a kind that has none is a `TypeError` that says where.
    pub(crate) fn value(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<RawValue> {
        self.nested(object, place, 0)
    }

    fn nested(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>, depth: usize) -> PyResult<RawValue> {
        self.spend(1, place)?;
        if let Some(simple) = simple(object) {
            if let RawRef::Text(text) = &simple {
                self.spend(text.len(), place)?;
            }
            return Ok(simple.into_value().into_owned());
        }
        if depth > limits::NESTING {
            return Ok(RawValue::Unreadable(Reason::TooDeep));
        }
        if let Ok(dict) = object.cast::<PyDict>() {
            return self.members(dict, place, depth).map(RawValue::Map);
        }
        if object.is_exact_instance_of::<PyList>() || object.is_exact_instance_of::<PyTuple>() {
            let elements = object
                .try_iter()?
                .enumerate()
                .map(|(idx, element)| self.nested(&element?, &Place::Element(place, idx), depth + 1));
            return elements.collect::<PyResult<_>>().map(RawValue::List);
        }
        if let Some(digits) = decimal(object)? {
            return Ok(number_of(Some(digits)).into_value().into_owned());
        }
        let plain = plain(object, place)?;
        if plain.is(object) {
            return Err(no_value(object, place));
        }
        self.nested(&plain, place, depth + 1)
    }

    /// The members of a record.
    pub(crate) fn members(
        &mut self,
        dict: &Bound<'_, PyDict>,
        place: &Place<'_>,
        depth: usize,
    ) -> PyResult<RawMap> {
        let mut members = Vec::with_capacity(dict.len());
        // What an object gives for itself is up to the host, which may change the dictionary meanwhile.
        for (key, value) in dict.copy()?.iter() {
            let Some(key) = key.cast::<PyString>().ok().and_then(text) else {
                let class = key.get_type().name().map(|name| name.to_string()).unwrap_or_default();
                return Err(PyTypeError::new_err(format!(
                    "{place}: keys are strings, and this one is a {class}"
                )));
            };
            self.spend(key.len(), place)?;
            let value = self.nested(&value, &Place::Member(place, &key), depth + 1)?;
            members.push((key, value));
        }
        Ok(members.into_iter().collect())
    }

    fn spend(&mut self, amount: usize, place: &Place<'_>) -> PyResult<()> {
        match self.left.checked_sub(amount) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(PyValueError::new_err(format!("{place}: the value is too large for a request"))),
        }
    }
}

/// A scalar of one of Python's own types; `None` for anything else.
#[inline]
pub(crate) fn simple(object: &Bound<'_, PyAny>) -> Option<RawRef<'static>> {
    if object.is_exact_instance_of::<PyString>() {
        let text = object.cast::<PyString>().ok()?;
        return Some(
            self::text(text)
                .map_or(RawRef::Unreadable(Reason::LoneSurrogate), |text| RawRef::Text(Cow::Owned(text))),
        );
    }
    if object.is_exact_instance_of::<PyInt>() {
        return Some(integer(object));
    }
    if object.is_none() {
        return Some(RawRef::Null);
    }
    if let Ok(value) = object.cast::<PyBool>() {
        return Some(RawRef::Bool(value.is_true()));
    }
    if object.is_exact_instance_of::<PyFloat>() {
        let value = object.extract::<f64>().unwrap_or(f64::NAN);
        return Some(Decimal::from_f64(value).map_or(UNREPRESENTABLE, RawRef::Number));
    }
    None
}

const UNREPRESENTABLE: RawRef<'static> = RawRef::Unreadable(Reason::UnrepresentableNumber);

fn integer(object: &Bound<'_, PyAny>) -> RawRef<'static> {
    if let Ok(value) = object.extract::<i64>() {
        return RawRef::Number(Decimal::from(value));
    }
    written(object)
}

/// The digits of a `Decimal`. What a subclass makes of its text does not count: it is for people.
fn decimal<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyString>>> {
    static EXACT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = EXACT.import(object.py(), "decimal", "Decimal")?;
    if !object.is_instance(class)? {
        return Ok(None);
    }
    Ok(Some(class.call_method1(intern!(object.py(), "__str__"), (object,))?.cast_into()?))
}

/// A whole number by its digits.
fn written(object: &Bound<'_, PyAny>) -> RawRef<'static> {
    number_of(object.str().ok())
}

/// Digits beyond what a decimal holds, and beyond what Python writes, are unreadable.
fn number_of(digits: Option<Bound<'_, PyString>>) -> RawRef<'static> {
    let digits = digits.and_then(|digits| text(&digits));
    digits.and_then(|digits| Decimal::parse_json(&digits).ok()).map_or(UNREPRESENTABLE, RawRef::Number)
}

/// Its text; `None` if it holds half a surrogate pair.
pub(crate) fn text(text: &Bound<'_, PyString>) -> Option<String> {
    text.to_cow().ok().map(Cow::into_owned)
}

/// What an object of another class stands for, in Python's own types.
pub(crate) fn plain<'py>(object: &Bound<'py, PyAny>, place: &Place<'_>) -> PyResult<Bound<'py, PyAny>> {
    static PLAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = object.py();
    let function = PLAIN.import(py, "actra._values", "plain")?;
    let plain = function.call1((object,));
    match plain {
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            let said = error.value(py).str().map(|text| text.to_string()).unwrap_or_default();
            let located = PyTypeError::new_err(format!("{place}: {said}"));
            located.set_cause(py, Some(error));
            Err(located)
        }
        other => other,
    }
}

fn no_value(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyErr {
    let class = object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("{place}: a {class} has no value that a policy can read"))
}

/// What a policy would read of an object, in Python's own types; an object of a kind that has no value is a `TypeError`.
#[pyfunction]
pub(crate) fn value<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let raw = Converter::new().value(object, &Place::Root("value"))?;
    self::object(object.py(), &raw)
}

/// A value as Python has it: whole numbers are `int`, others `float` if that is exact and else `Decimal`.
pub(crate) fn object<'py>(py: Python<'py>, value: &RawValue) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        RawValue::Null | RawValue::Unreadable(_) => py.None().into_bound(py),
        RawValue::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        RawValue::Number(number) => self::number(py, *number)?,
        RawValue::String(text) => PyString::new(py, text).into_any(),
        RawValue::List(elements) => {
            let elements = elements.iter().map(|element| object(py, element));
            PyList::new(py, elements.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
        RawValue::Map(members) => self::members(py, members)?.into_any(),
    })
}

/// A record as Python has it, `type` first.
pub(crate) fn members<'py>(py: Python<'py>, members: &RawMap) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let kind = members.get_key_value("type");
    for (name, value) in kind.into_iter().chain(members.iter().filter(|(name, _)| *name != "type")) {
        dict.set_item(name, object(py, value)?)?;
    }
    Ok(dict)
}

fn number(py: Python<'_>, number: Decimal) -> PyResult<Bound<'_, PyAny>> {
    static EXACT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Some(integer) = number.to_i64() {
        return Ok(integer.into_pyobject(py)?.into_any());
    }
    let digits = number.to_string();
    if number.is_integer() {
        return py.get_type::<PyInt>().call1((digits,));
    }
    if let Ok(float) = digits.parse::<f64>()
        && Decimal::from_f64(float) == Some(number)
    {
        return Ok(PyFloat::new(py, float).into_any());
    }
    EXACT.import(py, "decimal", "Decimal")?.call1((digits,))
}
