//! A request as Python has it, read where it lies: only the fields that rules read are converted.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use actra_engine::model::{
    self, RawMap, RawRef, RawRequest, RawValue, Reason, RecordName, RecordShape, RequestReader, limits,
};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::convert::{Converter, Place, check_key, key_of_another_type, plain, simple};
use crate::names::FieldNames;

/// A record as the caller gave it, before it is read.
enum RecordInput<'py> {
    Missing,
    Null,
    Other(Bound<'py, PyAny>),
    Object(Bound<'py, PyDict>),
    /// It was read already.
    Read(RawMap),
}

impl<'py> RecordInput<'py> {
    fn of(object: Option<Bound<'py, PyAny>>, name: &str) -> PyResult<Self> {
        let Some(object) = object else { return Ok(RecordInput::Missing) };
        if let Ok(dict) = object.cast_exact::<PyDict>() {
            return Ok(RecordInput::Object(dict.clone()));
        }
        if object.is_none() {
            return Ok(RecordInput::Null);
        }
        if simple(&object).is_some() || object.is_instance_of::<PyList>() {
            return Ok(RecordInput::Other(object));
        }
        let plain = plain(&object, &Place::Root(name))?;
        Ok(match plain.cast_into::<PyDict>() {
            Ok(dict) => RecordInput::Object(dict),
            Err(_) => RecordInput::Other(object),
        })
    }

    fn to_raw(&self, name: &str) -> PyResult<Option<RawValue>> {
        Ok(match self {
            RecordInput::Missing => None,
            RecordInput::Null => Some(RawValue::Null),
            RecordInput::Other(object) => Some(Converter::new().value(object, &Place::Root(name))?),
            RecordInput::Read(members) => Some(RawValue::Map(members.clone())),
            RecordInput::Object(dict) => Some(RawValue::Map(Converter::new().record(dict, name)?)),
        })
    }

    /// The record as a value, where members that have no value are unreadable, and why is noted.
    fn readable(
        &self,
        name: &str,
        names: &FieldNames,
        lacks: &mut Vec<String>,
    ) -> PyResult<Option<RawValue>> {
        let RecordInput::Object(dict) = self else { return self.to_raw(name) };
        let members = Converter::new().readable(dict, name, names, lacks)?;
        Ok(Some(RawValue::Map(members)))
    }
}

/// A look at all values, what no rule reads too, without converting them.
#[derive(Clone, Copy)]
struct SizeSurvey<'n> {
    names: &'n FieldNames,
    /// Not more than the bytes of what was seen as canonical JSON.
    least: usize,
    /// Texts that are known.
    known: usize,
    values: usize,
    /// Whether there are values of other classes, which could hold anything, or keys of such.
    others: bool,
    /// Whether there are such keys: what they equal is up to them, and what counts is their text.
    odd_keys: bool,
}

impl<'n> SizeSurvey<'n> {
    fn new(names: &'n FieldNames) -> Self {
        Self { names, least: 0, known: 0, values: 0, others: false, odd_keys: false }
    }

    fn record(&mut self, record: &RecordInput<'_>) -> Option<Reason> {
        match record {
            RecordInput::Object(dict) => self.members(dict, 2),
            RecordInput::Other(object) => self.value(object, 2),
            RecordInput::Read(members) => {
                let mut census = model::SizeEstimate::default();
                let fault = census.members(members, 2);
                self.values += census.values;
                self.least += census.text;
                fault
            }
            RecordInput::Missing | RecordInput::Null => None,
        }
    }

    /// A fault of a value, which lies inside of so many levels.
    #[inline]
    fn value(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Option<Reason> {
        self.values += 1;
        self.least += 1;
        if let Ok(text) = value.cast_exact::<PyString>() {
            return self.text(text);
        }
        if value.is_exact_instance_of::<PyInt>() || value.is_exact_instance_of::<PyFloat>() {
            return None;
        }
        if let Ok(dict) = value.cast_exact::<PyDict>() {
            return self.members(dict, depth);
        }
        let is_list = value.is_exact_instance_of::<PyList>() || value.is_exact_instance_of::<PyTuple>();
        if !is_list {
            self.others |= !value.is_none() && !value.is_exact_instance_of::<PyBool>();
            return None;
        }
        if depth > limits::NESTING {
            return Some(Reason::TooDeep);
        }
        let elements = value.try_iter().ok()?;
        elements.flatten().find_map(|element| self.room().or_else(|| self.value(&element, depth + 1)))
    }

    fn members(&mut self, dict: &Bound<'_, PyDict>, depth: usize) -> Option<Reason> {
        if depth > limits::NESTING {
            return Some(Reason::TooDeep);
        }
        dict.iter().find_map(|(key, value)| {
            let key = match key.cast_exact::<PyString>() {
                Ok(key) => self.text(key),
                Err(_) => self.odd_key(&key),
            };
            self.room().or(key).or_else(|| self.value(&value, depth + 1))
        })
    }

    #[cold]
    fn odd_key(&mut self, key: &Bound<'_, PyAny>) -> Option<Reason> {
        (self.others, self.odd_keys) = (true, true);
        key.cast::<PyString>().ok().and_then(|key| self.text(key))
    }

    #[inline]
    fn text(&mut self, text: &Bound<'_, PyString>) -> Option<Reason> {
        if self.names.knows(text) {
            self.known += 1;
            return None;
        }
        // Its bytes alone: as text of ours, they would be copied once more.
        match text.encode_utf8() {
            Ok(bytes) => {
                self.least += bytes.as_bytes().len();
                None
            }
            Err(_) => Some(Reason::LoneSurrogate),
        }
    }

    fn room(&self) -> Option<Reason> {
        (self.least > limits::REQUEST_BYTES).then_some(Reason::TooLarge)
    }

    /// Whether the request is certainly no larger than it may be.
    fn fits(&self) -> bool {
        6 * (self.least + self.known * self.names.longest) + 48 * self.values < limits::REQUEST_BYTES
    }
}

/// What stands under a text, whatever its key says that it equals.
fn by_text<'py>(dict: &Bound<'py, PyDict>, name: &str) -> Option<Bound<'py, PyAny>> {
    let mut items = dict.iter();
    let is_it = |key: &Bound<'py, PyAny>| {
        key.cast::<PyString>().ok().and_then(crate::convert::text).is_some_and(|text| text == name)
    };
    items.find(|(key, _)| is_it(key)).map(|(_, value)| value)
}

/// A record as a dictionary; a `TypeError` for what is none.
pub(crate) fn record_dict<'py>(record: Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyDict>> {
    let found = match record.cast_exact::<PyDict>() {
        Ok(dict) => RecordInput::Object(dict.clone()),
        Err(_) => RecordInput::of(Some(record.clone()), name)?,
    };
    let RecordInput::Object(dict) = found else {
        let class = record.get_type().name().map(|name| name.to_string()).unwrap_or_default();
        return Err(PyTypeError::new_err(format!("{name}: a {class} is not a record")));
    };
    if dict.iter().all(|(key, _)| key.is_exact_instance_of::<PyString>()) {
        return Ok(dict);
    }
    // A class may run anything when it is looked at, which may change the dictionary.
    for key in dict.keys() {
        match key.cast::<PyString>() {
            Ok(key) => check_key(key, &Place::Root(name))?,
            Err(_) => return Err(key_of_another_type(&Place::Root(name), &key)),
        }
    }
    Ok(dict)
}

/// Who made a request.
#[derive(Debug, Clone, Copy)]
enum RequestOrigin {
    /// Somebody who asks what a policy says: what has no value is told at once.
    Caller,
    /// An enforcement point: what has no value is invalid.
    Point,
}

/// A request as Python has it.
///
/// What cannot be converted is noted in `error` and unreadable meanwhile; who decides looks there afterwards.
pub(crate) struct PyRequest<'n, 'py> {
    names: &'n FieldNames,
    action: RecordInput<'py>,
    actor: RecordInput<'py>,
    snapshot: RecordInput<'py>,
    unknown: Vec<String>,
    fault: Option<Reason>,
    origin: RequestOrigin,
    error: RefCell<Option<(RecordName, PyErr)>>,
    /// What was seen of action and actor, if all is well with them.
    looked: Cell<Option<SizeSurvey<'n>>>,
    /// Whether some key is no text of Python's own, as far as was looked.
    has_odd_keys: Cell<bool>,
}

impl<'n, 'py> PyRequest<'n, 'py> {
    /// From three records, at an enforcement point.
    pub(crate) fn new(
        names: &'n FieldNames,
        action: Option<Bound<'py, PyAny>>,
        actor: Option<Bound<'py, PyAny>>,
        snapshot: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self {
            names,
            action: RecordInput::of(action, "action")?,
            actor: RecordInput::of(actor, "actor")?,
            snapshot: RecordInput::of(snapshot, "snapshot")?,
            unknown: Vec::new(),
            fault: None,
            origin: RequestOrigin::Point,
            error: RefCell::new(None),
            looked: Cell::new(None),
            has_odd_keys: Cell::new(false),
        })
    }

    /// From one object that holds them.
    pub(crate) fn whole(names: &'n FieldNames, request: &Bound<'py, PyAny>) -> PyResult<Self> {
        let RecordInput::Object(dict) = RecordInput::of(Some(request.clone()), "request")? else {
            let mut nothing = Self::new(names, None, None, None)?;
            nothing.fault = Some(Reason::NotARequest);
            return Ok(nothing);
        };
        let py = dict.py();
        let action = dict.get_item(intern!(py, "action"))?;
        let actor = dict.get_item(intern!(py, "actor"))?;
        let snapshot = dict.get_item(intern!(py, "snapshot"))?;
        let records = [&action, &actor, &snapshot].into_iter().flatten().count();
        // Few requests have it.
        let unknown = if dict.len() == records { None } else { dict.get_item(intern!(py, "unknown"))? };
        let known = records + usize::from(unknown.is_some());
        let mut request =
            Self { origin: RequestOrigin::Caller, ..Self::new(names, action, actor, snapshot)? };
        if dict.len() != known {
            // Its members say what is wrong with it, as they do in JSON; some cannot be converted at all.
            let of_members = || {
                let members = Converter::new().record(&dict, "request").ok()?;
                RawRequest::from_value(members.into()).fault
            };
            let fault = SizeSurvey::new(names).members(&dict, 1).or_else(of_members);
            request.fault = Some(fault.unwrap_or(Reason::UnknownMember));
        } else if let Some(unknown) = unknown {
            let paths = Converter::new().value(&unknown, &Place::Root("unknown"))?;
            let RawRequest { unknown, fault, .. } =
                RawRequest::from_value(RawValue::Map([("unknown".to_owned(), paths)].into()));
            (request.unknown, request.fault) = (unknown, fault);
        }
        Ok(request)
    }

    /// An action that was read already.
    pub(crate) fn of_action(names: &'n FieldNames, action: RawMap) -> Self {
        let (actor, snapshot, unknown) = (RecordInput::Missing, RecordInput::Missing, Vec::new());
        Self {
            names,
            action: RecordInput::Read(action),
            actor,
            snapshot,
            unknown,
            fault: None,
            origin: RequestOrigin::Point,
            error: RefCell::new(None),
            looked: Cell::new(None),
            has_odd_keys: Cell::new(false),
        }
    }

    /// Puts another actor in the place of this one; an error for an object that has no value.
    pub(crate) fn set_actor(&mut self, actor: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        self.actor = RecordInput::of(actor, "actor")?;
        self.looked.set(None);
        Ok(())
    }

    /// Puts another snapshot in the place of this one; an error for an object that has no value.
    pub(crate) fn set_snapshot(&mut self, snapshot: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        self.snapshot = RecordInput::of(snapshot, "snapshot")?;
        Ok(())
    }

    /// The whole request as a tree.
    pub(crate) fn raw(&self) -> PyResult<RawRequest> {
        Ok(RawRequest {
            action: self.action.to_raw("action")?,
            actor: self.actor.to_raw("actor")?,
            snapshot: self.snapshot.to_raw("snapshot")?,
            unknown: self.unknown.clone(),
            fault: self.fault,
        })
    }

    /// The whole request as a tree. What has no value is unreadable, and why is noted.
    pub(crate) fn readable(&self, lacks: &mut Vec<(RecordName, String)>) -> PyResult<RawRequest> {
        let mut of = |record_name: RecordName| {
            let mut found = Vec::new();
            let record = self.record(record_name).readable(record_name.as_str(), self.names, &mut found)?;
            lacks.extend(found.into_iter().map(|lack| (record_name, lack)));
            PyResult::Ok(record)
        };
        let (action, actor, snapshot) =
            (of(RecordName::Action)?, of(RecordName::Actor)?, of(RecordName::Snapshot)?);
        Ok(RawRequest { action, actor, snapshot, unknown: self.unknown.clone(), fault: self.fault })
    }

    /// The request with its action alone.
    pub(crate) fn into_action(self) -> PyResult<RawRequest> {
        let action = match self.action {
            RecordInput::Read(members) => Some(RawValue::Map(members)),
            other => other.to_raw("action")?,
        };
        Ok(RawRequest { action, ..RawRequest::default() })
    }

    /// What a decision about it gives, unless something could not be converted.
    pub(crate) fn checked<T>(&self, decided: T) -> PyResult<T> {
        match self.error.take() {
            Some((_, error)) => Err(error),
            None => Ok(decided),
        }
    }

    /// What cannot be converted is invalid, as a value of another type is; what is no `Exception` passes.
    pub(crate) fn interrupted(&self, py: Python<'_>) -> PyResult<()> {
        match self.error.borrow_mut().take() {
            Some((_, error)) if !error.is_instance_of::<PyException>(py) => Err(error),
            _ => Ok(()),
        }
    }

    /// What makes the whole request invalid is looked for everywhere, as in JSON: what no rule reads counts, too.
    fn envelope_fault(&self) -> Option<Reason> {
        // A snapshot comes later than the rest, which has been looked at then.
        let looked = self.looked.get();
        let mut census = looked.unwrap_or_else(|| SizeSurvey::new(self.names));
        let mut fault = None;
        if looked.is_none() {
            fault = census.record(&self.action).or_else(|| census.record(&self.actor));
            self.looked.set(fault.is_none().then_some(census));
        }
        let fault = fault.or_else(|| census.record(&self.snapshot));
        self.has_odd_keys.set(census.odd_keys);
        if fault.is_some() || (census.fits() && !census.others && self.unknown.is_empty()) {
            return fault;
        }
        // What cannot be converted is told of when it is read; what is no `Exception`, at once.
        match self.readable(&mut Vec::new()) {
            Ok(request) => request.envelope_fault(),
            Err(error) => {
                let is_exception = Python::attach(|py| error.is_instance_of::<PyException>(py));
                if !is_exception {
                    self.failed(RecordName::Action, error);
                }
                None
            }
        }
    }

    fn record(&self, record_name: RecordName) -> &RecordInput<'py> {
        match record_name {
            RecordName::Action => &self.action,
            RecordName::Actor => &self.actor,
            RecordName::Snapshot => &self.snapshot,
        }
    }

    fn failed(&self, record_name: RecordName, error: PyErr) -> RawRef<'static> {
        self.error.borrow_mut().get_or_insert((record_name, error));
        RawRef::Unreadable(Reason::WrongType)
    }

    fn read(&self, record_name: RecordName, name: &str) -> PyResult<Option<RawRef<'static>>> {
        let RecordInput::Object(dict) = self.record(record_name) else { return Ok(None) };
        let object = match self.has_odd_keys.get() {
            false => self.names.item(dict, name)?,
            true => by_text(dict, name),
        };
        let Some(object) = object else { return Ok(None) };
        if let Some(simple) = simple(&object) {
            return Ok(Some(simple));
        }
        let root = Place::Root(record_name.as_str());
        let mut converter = Converter::new().within(self.names.members(name));
        let value = converter.value(&object, &Place::Member(&root, name))?;
        Ok(Some(match value {
            RawValue::Null => RawRef::Null,
            RawValue::Bool(value) => RawRef::Bool(value),
            RawValue::Number(value) => RawRef::Number(value),
            RawValue::String(text) => RawRef::Text(Cow::Owned(text)),
            RawValue::Unreadable(reason) => RawRef::Unreadable(reason),
            nested => RawRef::Nested(Cow::Owned(nested)),
        }))
    }
}

impl RequestReader for PyRequest<'_, '_> {
    fn fault(&self) -> Option<Reason> {
        self.fault.or_else(|| self.envelope_fault())
    }

    fn unknown(&self) -> &[String] {
        &self.unknown
    }

    fn shape(&self, record_name: RecordName) -> RecordShape {
        match self.record(record_name) {
            RecordInput::Missing => RecordShape::Missing,
            RecordInput::Null => RecordShape::Null,
            RecordInput::Other(_) => RecordShape::Other,
            RecordInput::Object(_) | RecordInput::Read(_) => RecordShape::Object,
        }
    }

    fn member(&self, record_name: RecordName, name: &str) -> Option<RawRef<'_>> {
        if let RecordInput::Read(members) = self.record(record_name) {
            return members.get(name).map(RawRef::of);
        }
        self.read(record_name, name).unwrap_or_else(|error| Some(self.failed(record_name, error)))
    }

    fn has_undeclared(&self, record_name: RecordName, declared: &dyn Fn(&str) -> bool) -> bool {
        if let RecordInput::Read(members) = self.record(record_name) {
            return members.keys().any(|name| !declared(name));
        }
        let RecordInput::Object(dict) = self.record(record_name) else { return false };
        dict.keys().iter().any(|key| {
            let name = key.cast::<PyString>().ok().and_then(crate::convert::text);
            name.is_none_or(|name| !declared(&name))
        })
    }

    fn to_raw(&self) -> Cow<'_, RawRequest> {
        // What is nested too deep is not converted at all.
        if let Some(fault) = self.fault.is_none().then(|| self.envelope_fault()).flatten() {
            return Cow::Owned(RawRequest::unreadable(fault));
        }
        let raw = match self.origin {
            RequestOrigin::Caller => self.raw(),
            RequestOrigin::Point => self.readable(&mut Vec::new()),
        };
        match raw {
            Ok(request) => Cow::Owned(request),
            Err(error) => {
                self.failed(RecordName::Action, error);
                Cow::Owned(RawRequest::unreadable(Reason::NotARequest))
            }
        }
    }
}
