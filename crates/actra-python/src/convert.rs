//! Values of Python and values of requests.

use std::borrow::Cow;

use actra_engine::model::{Decimal, RawMap, RawRef, RawRequest, RawValue, Reason, limits};
use pyo3::exceptions::{PyException, PyGeneratorExit, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::names::{DeclaredMembers, FieldNames};

/// Where a value lies, for messages; written only when something is wrong.
pub(crate) enum Place<'p> {
    Root(&'p str),
    /// A field, or an attribute of an object.
    Member(&'p Place<'p>, &'p str),
    /// An entry of a dictionary, the first of which is 1: its key may be what nobody is to see.
    Entry(&'p Place<'p>, usize),
    Element(&'p Place<'p>, usize),
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Root(name) => f.write_str(name),
            Place::Member(whole, name) => write!(f, "{whole}.{name}"),
            Place::Entry(whole, nth) => write!(f, "{whole}.#{nth}"),
            Place::Element(whole, idx) => write!(f, "{whole}[{idx}]"),
        }
    }
}

/// Values and characters that one conversion may go through, so that lists that hold themselves end.
const MAX_CONVERTED: usize = 4 * limits::REQUEST_BYTES;

/// Bytes of what is still the name of an action.
const MAX_NAME_BYTES: usize = 256;

/// What an object of another class counts beside its value, since it takes longer to find out what it stands for: no
/// more than lets a request be full of models with one short field each.
const OBJECT_COST: usize = 28;
/// What an object of another class counts that stands for one value, of which more find room in a request.
const SCALAR_OBJECT_COST: usize = 5;
/// What each object of another class counts once something in the request had no value.
const OBJECT_COST_AFTER_FAULT: usize = 64;

/// What the members of a dictionary are called in messages.
#[derive(Clone, Copy)]
enum Keys<'k> {
    /// By their names, which stand in the host's code.
    FieldNames,
    /// By their names, if they are declared; else by their positions.
    Declared(&'k dyn Fn(&str) -> bool),
    /// By their positions only, since their names may be secret.
    Positions,
}

impl Keys<'_> {
    fn shows(self, key: &str) -> bool {
        match self {
            Keys::FieldNames => true,
            Keys::Declared(declares) => declares(key),
            Keys::Positions => false,
        }
    }
}

/// Converts values, within a limit.
pub(crate) struct Converter<'n> {
    left: usize,
    /// What is left out of what models find out themselves, if anything is.
    members: Option<&'n DeclaredMembers>,
    /// Whether what has no value is unreadable where it stands, so that what lies behind it is looked at, too.
    goes_on: bool,
    /// The first of a member that has none.
    lack: Option<PyErr>,
    has_lacked: bool,
}

impl<'n> Converter<'n> {
    pub(crate) fn new() -> Self {
        Self { members: None, left: MAX_CONVERTED, goes_on: false, lack: None, has_lacked: false }
    }

    /// The value of an object; an object of a kind that has none is a `TypeError` that says where.
    pub(crate) fn value(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<RawValue> {
        self.nested(object, place, 0)
    }

    fn nested(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>, depth: usize) -> PyResult<RawValue> {
        if !self.spend(1) {
            return Ok(TOO_LARGE);
        }
        if let Some(simple) = simple(object) {
            return match &simple {
                RawRef::Text(text) if !self.spend(text.len()) => Ok(TOO_LARGE),
                _ => Ok(simple.into_value().into_owned()),
            };
        }
        if depth > limits::NESTING {
            return Ok(RawValue::Unreadable(Reason::TooDeep));
        }
        if let Ok(dict) = object.cast_exact::<PyDict>() {
            return self.map(dict, place, depth, Keys::Positions);
        }
        if object.is_exact_instance_of::<PyList>() || object.is_exact_instance_of::<PyTuple>() {
            return self.list(object, place, depth);
        }
        if let Some(digits) = decimal(object)? {
            return Ok(number_of(Some(digits)).into_value().into_owned());
        }
        if self.has_lacked && !self.spend(OBJECT_COST_AFTER_FAULT) {
            return Ok(TOO_LARGE);
        }
        let plain = plain(object, place)?;
        if plain.is(object) {
            return Err(no_value(object, place));
        }
        if !self.spend(if simple(&plain).is_some() { SCALAR_OBJECT_COST } else { OBJECT_COST }) {
            return Ok(TOO_LARGE);
        }
        if let Ok(dict) = plain.cast::<PyDict>()
            && let Some(keys) = keys_of_attributes(&plain)?
        {
            self.leave_out(dict)?;
            return self.map(dict, place, depth + 1, keys);
        }
        self.nested(&plain, place, depth + 1)
    }

    /// Only looks at what models find out themselves where the types of a field declare it: it may be another one each
    /// time.
    pub(crate) fn within(mut self, members: Option<&'n DeclaredMembers>) -> Self {
        self.members = members;
        self
    }

    fn leave_out(&self, attributes: &Bound<'_, PyDict>) -> PyResult<()> {
        let Some(members) = self.members else { return Ok(()) };
        for name in attributes.getattr(intern!(attributes.py(), "computed"))?.try_iter()? {
            let name = name?;
            if !name.extract::<String>().is_ok_and(|name| members.contains(&name)) {
                attributes.del_item(name)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, list: &Bound<'_, PyAny>, place: &Place<'_>, depth: usize) -> PyResult<RawValue> {
        let mut elements = Vec::new();
        for (idx, element) in list.try_iter()?.enumerate() {
            elements.push(self.inner(&element?, &Place::Element(place, idx), depth + 1)?);
            if self.left == 0 {
                return Ok(TOO_LARGE);
            }
        }
        Ok(RawValue::List(elements))
    }

    fn map(
        &mut self,
        dict: &Bound<'_, PyDict>,
        place: &Place<'_>,
        depth: usize,
        keys: Keys<'_>,
    ) -> PyResult<RawValue> {
        let members =
            self.each(dict, place, keys, |this, value, place| this.inner(value, place, depth + 1))?;
        Ok(members.map_or_else(RawValue::Unreadable, RawValue::Map))
    }

    /// The members of a record.
    pub(crate) fn record(&mut self, dict: &Bound<'_, PyDict>, name: &str) -> PyResult<RawMap> {
        let members = self.each(dict, &Place::Root(name), Keys::FieldNames, |this, value, place| {
            this.nested(value, place, 1)
        })?;
        Ok(members.unwrap_or_else(fault))
    }

    /// The members of a record, where those that have no value are unreadable, and why is noted. Names that nobody
    /// declares are not told.
    pub(crate) fn readable(
        &mut self,
        dict: &Bound<'_, PyDict>,
        name: &str,
        names: &'n FieldNames,
        lacks: &mut Vec<String>,
    ) -> PyResult<RawMap> {
        self.goes_on = true;
        let declares = |name: &str| names.declares(name);
        let keys = Keys::Declared(&declares);
        let members = self.each(dict, &Place::Root(name), keys, |this, value, place| {
            this.members = match place {
                Place::Member(_, field) => names.members(field),
                _ => names.members(""),
            };
            let value = this.inner(value, place, 1)?;
            let Some(error) = this.lack.take() else { return Ok(value) };
            lacks.push(lack(dict.py(), error)?);
            // What makes the whole request invalid does so beside what has no value, too.
            Ok(RawValue::Unreadable(alone(value).unwrap_or(Reason::WrongType)))
        })?;
        Ok(members.unwrap_or_else(|reason| {
            let mut record = fault(reason);
            // A refusal names the action, also one that was too large to be gone through.
            let kind = dict.get_item("type").ok().flatten();
            if let Some(kind) = kind.and_then(|kind| text(kind.cast::<PyString>().ok()?))
                && name == "action"
                && kind.len() <= MAX_NAME_BYTES
            {
                record.insert("type".to_owned(), RawValue::String(kind));
            }
            record
        }))
    }

    /// The value of a part.
    fn inner(&mut self, object: &Bound<'_, PyAny>, place: &Place<'_>, depth: usize) -> PyResult<RawValue> {
        self.nested(object, place, depth).or_else(|error| self.lacking(object.py(), error))
    }

    /// What stands for a part that has no value; what is no `Exception` passes.
    fn lacking(&mut self, py: Python<'_>, error: PyErr) -> PyResult<RawValue> {
        if !self.goes_on || !error.is_instance_of::<PyException>(py) {
            return Err(error);
        }
        self.spend(OBJECT_COST_AFTER_FAULT);
        self.has_lacked = true;
        self.lack.get_or_insert(error);
        Ok(RawValue::Unreadable(Reason::WrongType))
    }

    /// Members one by one; a fault of the envelope if they make no object of JSON.
    fn each(
        &mut self,
        dict: &Bound<'_, PyDict>,
        place: &Place<'_>,
        keys: Keys<'_>,
        mut convert: impl FnMut(&mut Self, &Bound<'_, PyAny>, &Place<'_>) -> PyResult<RawValue>,
    ) -> PyResult<Result<RawMap, Reason>> {
        // In one go: to put each in its place would move those behind it.
        let mut members = Vec::with_capacity(dict.len());
        let mut odd = None;
        // What an object gives for itself is up to the host, which may change the dictionary meanwhile. In a copy, keys
        // that say so could be one.
        for (idx, (key, value)) in dict.iter().collect::<Vec<_>>().into_iter().enumerate() {
            let Ok(key) = key.cast::<PyString>() else {
                let error = key_of_another_type(place, &key);
                if !matches!(keys, Keys::Positions) {
                    return Err(error);
                }
                self.lacking(dict.py(), error)?;
                // The map has no value any more; what stands in it counts.
                let value = convert(self, &value, &Place::Entry(place, idx + 1))?;
                members.push((format!("\0{idx}"), value));
                continue;
            };
            // Its text counts, too, which may be there twice.
            match check_key(key, place) {
                Err(error) if matches!(keys, Keys::Positions) => _ = self.lacking(dict.py(), error)?,
                Err(error) => _ = odd.get_or_insert(error),
                Ok(()) => {}
            }
            let Some(key) = text(key) else { return Ok(Err(Reason::LoneSurrogate)) };
            if !self.spend(key.len()) {
                return Ok(Err(Reason::TooLarge));
            }
            let value = match keys.shows(&key) {
                true => convert(self, &value, &Place::Member(place, &key))?,
                false => convert(self, &value, &Place::Entry(place, idx + 1))?,
            };
            if self.left == 0 {
                return Ok(Err(Reason::TooLarge));
            }
            members.push((key, value));
        }
        let count = members.len();
        let members: RawMap = members.into_iter().collect();
        // Strings of other classes can be the same key again.
        match odd {
            _ if members.len() != count => Ok(Err(Reason::DuplicateKey)),
            Some(error) => Err(error),
            None => Ok(Ok(members)),
        }
    }

    /// Whether there is so much left; if not, there is nothing left.
    fn spend(&mut self, amount: usize) -> bool {
        let left = self.left.checked_sub(amount);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

const TOO_LARGE: RawValue = RawValue::Unreadable(Reason::TooLarge);

/// What is wrong with a request that holds this value alone.
fn alone(value: RawValue) -> Option<Reason> {
    let record = RawMap::from([(String::new(), value)]);
    RawRequest { action: Some(record.into()), ..RawRequest::default() }.envelope_fault()
}

/// A record that makes the request invalid.
fn fault(reason: Reason) -> RawMap {
    RawMap::from([(String::new(), RawValue::Unreadable(reason))])
}

/// Why something has no value, in words; what is no `Exception` passes.
pub(crate) fn lack(py: Python<'_>, error: PyErr) -> PyResult<String> {
    match error.is_instance_of::<PyException>(py) {
        true => Ok(error.value(py).str().map(|text| text.to_string()).unwrap_or_default()),
        false => Err(error),
    }
}

/// Whether an error is the own one of what was called, and nobody interrupts the program: nothing is cancelled or
/// closed while a function runs to its end.
pub(crate) fn is_own(py: Python<'_>, error: &PyErr) -> PyResult<bool> {
    static CANCELLED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if error.is_instance_of::<PyException>(py) || error.is_instance_of::<PyGeneratorExit>(py) {
        return Ok(true);
    }
    Ok(error.is_instance(py, CANCELLED.import(py, "asyncio", "CancelledError")?))
}

/// What the keys of a dictionary are called if they are attributes, and not data; `None` if they are data.
fn keys_of_attributes(plain: &Bound<'_, PyAny>) -> PyResult<Option<Keys<'static>>> {
    static OF_CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static OF_SENDER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let (py, class) = (plain.py(), plain.get_type());
    if class.is(OF_CLASS.import(py, "actra._values", "Attributes")?) {
        return Ok(Some(Keys::FieldNames));
    }
    let is_sent = class.is(OF_SENDER.import(py, "actra._values", "SentAttributes")?);
    Ok(is_sent.then_some(Keys::Positions))
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
    // Its class, and not what it says that its class is. What another one makes of itself is seen by `plain`.
    if !object.get_type().is(class) {
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

/// What an object of another class stands for, in Python's own types. What is raised meanwhile says no more than its
/// class: its text may hold values.
pub(crate) fn plain<'py>(object: &Bound<'py, PyAny>, place: &Place<'_>) -> PyResult<Bound<'py, PyAny>> {
    static PLAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static NO_VALUE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = object.py();
    let function = PLAIN.import(py, "actra._values", "plain")?;
    let error = match function.call1((object,)) {
        Err(error) if is_own(py, &error)? => error,
        other => return other,
    };
    let said = match error.is_instance(py, NO_VALUE.import(py, "actra._values", "NoValue")?) {
        true => error.value(py).str().map(|text| text.to_string()).unwrap_or_default(),
        false => {
            let class = error.get_type(py).name().map(|name| name.to_string()).unwrap_or_default();
            format!("it cannot be read: {class}")
        }
    };
    // What it was raised by may hold values, and is not handed on.
    Err(PyTypeError::new_err(format!("{place}: {said}")))
}

/// An error for a key that others find by another text than its own.
#[inline]
pub(crate) fn check_key(key: &Bound<'_, PyString>, place: &Place<'_>) -> PyResult<()> {
    match key.is_exact_instance_of::<PyString>() {
        true => Ok(()),
        false => check_odd_key(key, place),
    }
}

#[cold]
fn check_odd_key(key: &Bound<'_, PyString>, place: &Place<'_>) -> PyResult<()> {
    static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = key.py();
    let Err(error) = CHECK.import(py, "actra._values", "check_key")?.call1((key,)) else { return Ok(()) };
    Err(PyTypeError::new_err(format!("{place}: {}", lack(py, error)?)))
}

pub(crate) fn key_of_another_type(place: &Place<'_>, key: &Bound<'_, PyAny>) -> PyErr {
    let class = key.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("{place}: keys must be strings, but this one is a {class}"))
}

fn no_value(object: &Bound<'_, PyAny>, place: &Place<'_>) -> PyErr {
    let class = object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    let article = if class.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
    PyTypeError::new_err(format!("{place}: {article} {class} has no value that a policy can read"))
}

/// What a policy would read of an object, in Python's own types; an object of a kind that has no value is a
/// `TypeError`.
#[pyfunction]
pub(crate) fn value<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let raw = Converter::new().value(object, &Place::Root("value"))?;
    match raw {
        TOO_LARGE => Err(PyValueError::new_err("value: the value is too large for a request")),
        raw => self::object(object.py(), &raw),
    }
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

/// What went wrong, in a line that an event can hold.
pub(crate) fn error_line(py: Python<'_>, error: &PyErr) -> PyResult<String> {
    static WHY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(WHY.import(py, "actra._error", "error_line")?.call1((error.value(py),))?.to_string())
}
