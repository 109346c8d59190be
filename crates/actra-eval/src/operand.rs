//! Values during an evaluation: borrowed from the request or the policy where possible, owned where computed.

mod compare;
mod container;
mod env;
mod in_place;
mod weight;

use std::borrow::Cow;
use std::sync::Arc;

use actra_ir::Expr;
use actra_model::{
    Date, Decimal, Duration, IpAddress, Path, Quantity, RawValue, Reason, Timestamp, TypeKind, Url, Value,
    ValueState,
};

pub(crate) use compare::{contains, equal, order};
pub(crate) use container::{List, ListBuilder, MapEntries};
pub(crate) use env::{BoundVariable, Env, KleeneFold};
pub(crate) use in_place::{InPlace, is_one_of};

use crate::origin::ValueOrigin;
use crate::truth::EvalError;

/// An element, a map value or the operand of a strict construct.
pub(crate) type EvalResult<'a> = Result<Operand<'a>, EvalError>;

/// What reading an expression gives.
pub(crate) type ReadResult<'a> = Result<Operand<'a>, NoValue<'a>>;

/// Why there is no value.
#[derive(Debug, Clone)]
pub(crate) enum NoValue<'a> {
    /// The optional value, key or element that this expression reads is not there.
    Absent(&'a Expr, Reason),
    /// It cannot be read.
    Undetermined(EvalError),
}

impl From<EvalError> for NoValue<'_> {
    fn from(error: EvalError) -> Self {
        NoValue::Undetermined(error)
    }
}

/// A value that is present.
#[derive(Debug, Clone)]
pub(crate) enum Operand<'a> {
    Bool(bool),
    Number(Decimal),
    Text(Text<'a>),
    Timestamp(Timestamp),
    Date(Date),
    Duration(Duration),
    Quantity(Quantity),
    Ip(IpAddress),
    Path(Cow<'a, Path>),
    Url(Cow<'a, Url>),
    List(List<'a>),
    Map(MapEntries<'a>),
    Object(MapEntries<'a>),
    Any(AnyValue<'a>),
}

/// A string.
#[derive(Debug, Clone)]
pub(crate) enum Text<'a> {
    Borrowed(&'a str),
    Owned(Arc<str>),
}

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Owned(text) => text,
        }
    }
}

/// A value of type `any`.
#[derive(Debug, Clone)]
pub(crate) struct AnyValue<'a> {
    pub(crate) raw: JsonRef<'a>,
    pub(crate) origin: ValueOrigin<'a>,
}

/// JSON in the request or in a value converted from it.
#[derive(Debug, Clone)]
pub(crate) enum JsonRef<'a> {
    Borrowed(&'a RawValue),
    Owned(Arc<RawValue>),
}

impl AnyValue<'_> {
    pub(crate) fn get(&self) -> &RawValue {
        match &self.raw {
            JsonRef::Borrowed(raw) => raw,
            JsonRef::Owned(raw) => raw,
        }
    }
}

/// An element in place; an operand is made of it only where one is needed.
#[derive(Debug, Clone)]
pub(crate) enum Element<'a> {
    ValueState(&'a ValueState),
    Raw(&'a RawValue),
    Computed(EvalResult<'a>),
}

impl<'a> Operand<'a> {
    /// A value of the request or a literal.
    pub(crate) fn borrowed(value: &'a Value, origin: impl FnOnce() -> ValueOrigin<'a>) -> Self {
        match value {
            Value::Bool(flag) => Operand::Bool(*flag),
            Value::Number(number) => Operand::Number(*number),
            Value::String(text) => Operand::Text(Text::Borrowed(text)),
            Value::Timestamp(time) => Operand::Timestamp(*time),
            Value::Date(date) => Operand::Date(*date),
            Value::Duration(duration) => Operand::Duration(*duration),
            Value::Quantity(quantity) => Operand::Quantity(*quantity),
            Value::Ip(address) => Operand::Ip(*address),
            Value::Path(path) => Operand::Path(Cow::Borrowed(path)),
            Value::Url(url) => Operand::Url(Cow::Borrowed(url)),
            Value::List(states) => Operand::List(List::states(states, origin())),
            Value::Map(entries) => Operand::Map(MapEntries::map(entries, origin())),
            Value::Object(record) => Operand::Object(MapEntries::states(&record.fields, origin())),
            Value::Any(raw) => Operand::json(raw, origin()),
        }
    }

    pub(crate) fn json(raw: &'a RawValue, origin: ValueOrigin<'a>) -> Self {
        Operand::Any(AnyValue { raw: JsonRef::Borrowed(raw), origin })
    }

    pub(crate) fn text(text: String) -> Self {
        Operand::Text(Text::Owned(text.into()))
    }

    /// A value that belongs to nobody else.
    fn owned(value: Value, origin: &ValueOrigin<'a>, env: &Env<'a>) -> Self {
        match value {
            Value::Bool(flag) => Operand::Bool(flag),
            Value::Number(number) => Operand::Number(number),
            Value::String(text) => Operand::Text(Text::Owned(text)),
            Value::Timestamp(time) => Operand::Timestamp(time),
            Value::Date(date) => Operand::Date(date),
            Value::Duration(duration) => Operand::Duration(duration),
            Value::Quantity(quantity) => Operand::Quantity(quantity),
            Value::Ip(address) => Operand::Ip(address),
            Value::Path(path) => Operand::Path(Cow::Owned(path)),
            Value::Url(url) => Operand::Url(Cow::Owned(url)),
            Value::List(states) => {
                let inner = origin.element();
                let items =
                    states.iter().cloned().filter_map(|state| owned_item(state, &inner, env)).collect();
                Operand::List(List::owned(items, origin.clone()))
            }
            Value::Map(entries) => {
                let inner = origin.element();
                let members = entries
                    .into_iter()
                    .filter_map(|(key, state)| Some((key, owned_item(state, &inner, env)?)));
                Operand::Map(MapEntries::owned(members.collect(), origin.clone()))
            }
            Value::Object(record) => {
                let members = record.fields.into_iter().filter_map(|(name, state)| {
                    let item = owned_item(state, &origin.member(&name), env)?;
                    Some((name, item))
                });
                Operand::Object(MapEntries::owned(members.collect(), origin.clone()))
            }
            Value::Any(raw) => {
                Operand::Any(AnyValue { raw: JsonRef::Owned(Arc::new(raw)), origin: origin.clone() })
            }
        }
    }

    /// Gives the value another origin, which faults in it are reported with.
    pub(crate) fn with_origin(mut self, origin: impl FnOnce() -> ValueOrigin<'a>) -> Self {
        match &mut self {
            Operand::List(list) => list.origin = origin(),
            Operand::Map(entries) | Operand::Object(entries) => entries.origin = origin(),
            Operand::Any(json) => json.origin = origin(),
            _ => {}
        }
        self
    }

    /// The elements of a list, or of an `any` that is one.
    pub(crate) fn as_list(&self) -> Option<List<'a>> {
        match self {
            Operand::List(list) => Some(list.clone()),
            Operand::Any(json) => List::of_json(json),
            _ => None,
        }
    }

    /// The entries of a map or object, or of an `any` that is one.
    pub(crate) fn as_entries(&self) -> Option<MapEntries<'a>> {
        match self {
            Operand::Map(entries) | Operand::Object(entries) => Some(entries.clone()),
            Operand::Any(json) => MapEntries::of_json(json),
            _ => None,
        }
    }
}

fn owned_item<'a>(state: ValueState, origin: &ValueOrigin<'a>, env: &Env<'a>) -> Option<EvalResult<'a>> {
    match state {
        ValueState::Present(value) => Some(Ok(Operand::owned(value, origin, env))),
        ValueState::Absent => None,
        ValueState::Invalid(reason) => Some(Err(env.error_at(origin, kind_fault(reason)))),
    }
}

/// The reason of an `any` that does not convert: it is of the wrong kind, unless no host could represent it at all.
fn kind_fault(reason: Reason) -> Reason {
    match reason {
        Reason::UnrepresentableNumber => reason,
        _ => Reason::WrongKind,
    }
}

/// An `any` read as a value of a type.
pub(crate) fn convert<'a>(json: &AnyValue<'a>, kind: &TypeKind, env: &Env<'a>) -> EvalResult<'a> {
    match (kind, &json.raw, json.get()) {
        (TypeKind::Any, ..) => return Ok(Operand::Any(json.clone())),
        (_, _, RawValue::Unreadable(reason)) => return Err(env.error_at(&json.origin, *reason)),
        // Its elements stay what they are, null among them.
        (TypeKind::List(item), ..) if item.kind == TypeKind::Any => {
            let list = List::of_json(json).map(Operand::List);
            return list.ok_or_else(|| json_fault(json, env));
        }
        (TypeKind::String, JsonRef::Borrowed(RawValue::String(text)), _) => {
            return Ok(Operand::Text(Text::Borrowed(text)));
        }
        (TypeKind::Number, _, RawValue::Number(number)) => return Ok(Operand::Number(*number)),
        (TypeKind::Boolean, _, RawValue::Bool(flag)) => return Ok(Operand::Bool(*flag)),
        _ => {}
    }
    match kind.read(json.get()) {
        Ok(value) => Ok(Operand::owned(value, &json.origin, env)),
        Err(reason) => Err(env.error_at(&json.origin, kind_fault(reason))),
    }
}

/// An `any` converted to the type of the operator's other operand.
pub(crate) fn coerce<'a>(json: &AnyValue<'a>, like: &Operand<'a>, env: &Env<'a>) -> EvalResult<'a> {
    let kind = match like {
        Operand::Bool(_) => TypeKind::Boolean,
        Operand::Number(_) => TypeKind::Number,
        Operand::Text(_) => TypeKind::String,
        Operand::Timestamp(_) => TypeKind::Timestamp,
        Operand::Date(_) => TypeKind::Date,
        Operand::Duration(_) => TypeKind::Duration,
        Operand::Quantity(_) => TypeKind::Quantity,
        Operand::Ip(_) => TypeKind::Ip,
        Operand::Path(_) => TypeKind::Path,
        Operand::Url(_) => TypeKind::Url,
        Operand::Any(_) => TypeKind::Any,
        Operand::List(_) => {
            let list = List::of_json(json).map(Operand::List);
            return list.ok_or_else(|| json_fault(json, env));
        }
        Operand::Map(_) | Operand::Object(_) => {
            let entries = MapEntries::of_json(json).map(Operand::Map);
            return entries.ok_or_else(|| json_fault(json, env));
        }
    };
    convert(json, &kind, env)
}

/// The leaf of an `any` whose JSON kind is not the one expected.
pub(crate) fn json_fault<'a>(json: &AnyValue<'a>, env: &Env<'a>) -> EvalError {
    let reason = match json.get() {
        RawValue::Unreadable(reason) => *reason,
        _ => Reason::WrongKind,
    };
    env.error_at(&json.origin, reason)
}
