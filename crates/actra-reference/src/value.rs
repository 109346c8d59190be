//! What expressions of the reference evaluate to: everything owned, everything dynamic.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_model::{
    Date, Decimal, Duration, Field, IpAddress, Narrowing, Path, Quantity, RawValue, Reason, Timestamp, Type,
    TypeKind, Url, Value, limits,
};

use crate::leaf;

/// Why something could not be decided, and where: a path of the schema or of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The path.
    pub path: String,
    /// The reason.
    pub reason: Reason,
}

/// A value, or why there is none.
pub type Item = Result<V, Leaf>;
/// A truth, or why there is none.
pub type Truth = Result<bool, Leaf>;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum V {
    /// A boolean.
    Bool(bool),
    /// A number.
    Num(Decimal),
    /// A string.
    Str(String),
    /// A timestamp.
    Time(Timestamp),
    /// A date.
    Date(Date),
    /// A duration.
    Span(Duration),
    /// A quantity.
    Amount(Quantity),
    /// An address.
    Ip(IpAddress),
    /// A path.
    Path(Path),
    /// A URL.
    Url(Url),
    /// A list.
    List(Vec<Item>),
    /// A map; `None` is an absent member of an object.
    Map(BTreeMap<String, Option<Item>>),
    /// JSON of unknown shape.
    Any(RawValue, String),
    /// The literal `null`.
    Null,
}

/// The state of a field or member.
pub enum State {
    /// There.
    Present(V),
    /// Not there, and optional.
    Absent,
    /// Not readable.
    Invalid(Reason),
}

/// Reads a declared field of a record or object by hand: present, absent or invalid.
pub fn read_field(field: &Field, raw: Option<&RawValue>, path: &str) -> State {
    match raw {
        None | Some(RawValue::Null) if field.optional => State::Absent,
        None => State::Invalid(Reason::Missing),
        Some(raw) => match read(&field.ty, raw, path) {
            Ok(value) => State::Present(value),
            Err(reason) => State::Invalid(reason),
        },
    }
}

/// Reads a value of a type; members report where they stand.
fn read(ty: &Type, raw: &RawValue, path: &str) -> Result<V, Reason> {
    let most = ty.narrowing.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS);
    let inner = format!("{path}[*]");
    let element = |of: &Type, raw: &RawValue| {
        read(of, raw, &inner).map_err(|reason| Leaf { path: inner.clone(), reason })
    };
    let value = match (&ty.kind, raw) {
        (_, RawValue::Null) => return Err(Reason::Null),
        (_, RawValue::Unreadable(reason)) => return Err(*reason),
        (TypeKind::Any, raw) if oversized(raw) => return Err(Reason::TooManyItems),
        (TypeKind::Any, raw) => V::Any(raw.clone(), path.to_owned()),
        (TypeKind::List(_), RawValue::List(items)) if items.len() > most => return Err(Reason::TooManyItems),
        (TypeKind::Map(_), RawValue::Map(members)) if members.len() > most => {
            return Err(Reason::TooManyItems);
        }
        (TypeKind::List(_) | TypeKind::Map(_), raw) if matched(ty, raw) > limits::CALL_COST => {
            return Err(Reason::TooCostly);
        }
        (TypeKind::List(of), RawValue::List(items)) => {
            V::List(items.iter().map(|item| element(of, item)).collect())
        }
        (TypeKind::Map(of), RawValue::Map(members)) => {
            V::Map(members.iter().map(|(key, value)| (key.clone(), Some(element(of, value)))).collect())
        }
        (TypeKind::Object(fields), RawValue::Map(members)) => {
            let member = |(name, field): (&Arc<str>, &Field)| {
                let path = format!("{path}.{name}");
                let state = match read_field(field, members.get(name.as_ref()), &path) {
                    State::Present(value) => Some(Ok(value)),
                    State::Absent => None,
                    State::Invalid(reason) => Some(Err(Leaf { path, reason })),
                };
                (name.to_string(), state)
            };
            V::Map(fields.iter().map(member).collect())
        }
        (kind, raw) => scalar(kind, raw)?,
    };
    narrow(&ty.narrowing, &value).map_or(Ok(value), Err)
}

/// Reads an `any` as a type, without what narrows it and with whole numbers as numbers; whatever does not fit is of
/// another kind.
pub fn read_as(kind: &TypeKind, raw: &RawValue, path: &str) -> Item {
    let reason = |reason| match reason {
        Reason::UnrepresentableNumber => reason,
        _ => Reason::WrongKind,
    };
    fn inside(value: V, reason: &impl Fn(Reason) -> Reason) -> V {
        let item = |item: Item| match item {
            Ok(value) => Ok(inside(value, reason)),
            Err(leaf) => Err(Leaf { reason: reason(leaf.reason), ..leaf }),
        };
        match value {
            V::List(items) => V::List(items.into_iter().map(item).collect()),
            V::Map(members) => {
                V::Map(members.into_iter().map(|(key, value)| (key, value.map(item))).collect())
            }
            value => value,
        }
    }
    if let (TypeKind::List(of), RawValue::List(items)) = (kind, raw)
        && of.kind == TypeKind::Any
    {
        return Ok(V::List(items.iter().map(|item| element_of(item.clone(), path)).collect()));
    }
    match read(&bare(kind, false), raw, path) {
        Ok(value) => Ok(inside(value, &reason)),
        Err(fault) => Err(Leaf { path: path.to_owned(), reason: reason(fault) }),
    }
}

/// A type without what narrows it.
fn bare(kind: &TypeKind, is_in_object: bool) -> Type {
    let of = |ty: &Type| Box::new(bare(&ty.kind, is_in_object));
    Type::plain(match kind {
        TypeKind::Integer if !is_in_object => TypeKind::Number,
        TypeKind::List(item) => TypeKind::List(of(item)),
        TypeKind::Map(value) => TypeKind::Map(of(value)),
        TypeKind::Object(fields) => {
            let member = |(name, field): (&Arc<str>, &Field)| {
                (Arc::clone(name), Field { ty: bare(&field.ty.kind, true), ..field.clone() })
            };
            TypeKind::Object(fields.iter().map(member).collect())
        }
        kind => kind.clone(),
    })
}

/// The type of a value of the policy.
pub fn kind_of(value: &V) -> Option<TypeKind> {
    Some(match value {
        V::Bool(_) => TypeKind::Boolean,
        V::Num(_) => TypeKind::Number,
        V::Str(_) => TypeKind::String,
        V::Time(_) => TypeKind::Timestamp,
        V::Date(_) => TypeKind::Date,
        V::Span(_) => TypeKind::Duration,
        V::Amount(_) => TypeKind::Quantity,
        V::Ip(_) => TypeKind::Ip,
        V::Path(_) => TypeKind::Path,
        V::Url(_) => TypeKind::Url,
        V::List(items) => {
            let of = items.first().and_then(|item| kind_of(item.as_ref().ok()?)).unwrap_or(TypeKind::Any);
            TypeKind::List(Box::new(Type::plain(of)))
        }
        V::Map(_) | V::Any(..) | V::Null => return None,
    })
}

/// What matching all texts of a value costs.
fn matched(ty: &Type, raw: &RawValue) -> u64 {
    match (&ty.kind, raw) {
        (TypeKind::String, RawValue::String(text)) => {
            ty.narrowing.pattern.as_ref().map_or(0, |pattern| text.len() as u64 * pattern.weight() + 64)
        }
        (TypeKind::List(of), RawValue::List(items)) => items.iter().map(|item| matched(of, item)).sum(),
        (TypeKind::Map(of), RawValue::Map(members)) => members.values().map(|value| matched(of, value)).sum(),
        (TypeKind::Object(fields), RawValue::Map(members)) => {
            fields.iter().filter_map(|(name, field)| Some(matched(&field.ty, members.get(name)?))).sum()
        }
        _ => 0,
    }
}

fn oversized(raw: &RawValue) -> bool {
    match raw {
        RawValue::List(items) => items.len() > limits::ELEMENTS || items.iter().any(oversized),
        RawValue::Map(members) => members.len() > limits::ELEMENTS || members.values().any(oversized),
        _ => false,
    }
}

/// Reads a scalar of a type, without what narrows it.
pub fn scalar(kind: &TypeKind, raw: &RawValue) -> Result<V, Reason> {
    let parsed = match (kind, raw) {
        (TypeKind::Boolean, RawValue::Bool(value)) => Some(V::Bool(*value)),
        (TypeKind::Number, RawValue::Number(value)) => Some(V::Num(*value)),
        (TypeKind::Integer, RawValue::Number(value)) if value.scale() > 0 => return Err(Reason::NotInteger),
        (TypeKind::Integer, RawValue::Number(value)) => Some(V::Num(*value)),
        (TypeKind::String, RawValue::String(text)) => Some(V::Str(text.clone())),
        (TypeKind::Timestamp, RawValue::String(text)) => Timestamp::parse(text).map(V::Time),
        (TypeKind::Date, RawValue::String(text)) => Date::parse(text).map(V::Date),
        (TypeKind::Duration, RawValue::String(text)) => Duration::parse(text).map(V::Span),
        (TypeKind::Quantity, RawValue::String(text)) => Quantity::parse(text).map(V::Amount),
        (TypeKind::Ip, RawValue::String(text)) => IpAddress::parse(text).map(V::Ip),
        (TypeKind::Path, RawValue::String(text)) => Path::parse(text).map(V::Path),
        (TypeKind::Url, RawValue::String(text)) => Url::parse(text).map(V::Url),
        _ => return Err(Reason::WrongType),
    };
    parsed.ok_or(Reason::BadFormat)
}

/// How a value breaks what narrows its type.
fn narrow(narrowing: &Narrowing, value: &V) -> Option<Reason> {
    let below = |bound: &Value| leaf::less(value, &from_model(bound)) == Some(true);
    let above = |bound: &Value| leaf::less(&from_model(bound), value) == Some(true);
    let text = if let V::Str(text) = value { Some(text) } else { None };
    if narrowing.one_of.as_ref().is_some_and(|allowed| !allowed.iter().any(|one| from_model(one) == *value)) {
        Some(Reason::NotOneOf)
    } else if narrowing.min.as_ref().is_some_and(below) {
        Some(Reason::BelowMin)
    } else if narrowing.max.as_ref().is_some_and(above) {
        Some(Reason::AboveMax)
    } else if text.zip(narrowing.max_length).is_some_and(|(text, most)| text.chars().count() > most) {
        Some(Reason::TooLong)
    } else if text
        .zip(narrowing.pattern.as_ref())
        .is_some_and(|(text, pattern)| text.len() as u64 * pattern.weight() + 64 > limits::CALL_COST)
    {
        Some(Reason::TooCostly)
    } else if text
        .zip(narrowing.pattern.as_ref())
        .is_some_and(|(text, pattern)| !leaf::matches(text, pattern.source()))
    {
        Some(Reason::PatternMismatch)
    } else {
        None
    }
}

/// Every fault inside a value.
pub fn faults_within(value: &V) -> Vec<Leaf> {
    let below = |item: &Item| match item {
        Ok(value) => faults_within(value),
        Err(leaf) => vec![leaf.clone()],
    };
    match value {
        V::List(items) => items.iter().flat_map(below).collect(),
        V::Map(members) => members.values().flatten().flat_map(below).collect(),
        _ => Vec::new(),
    }
}

/// What narrows a type, as the schema holds it.
fn from_model(value: &Value) -> V {
    match value {
        Value::Bool(value) => V::Bool(*value),
        Value::Number(value) => V::Num(*value),
        Value::String(value) => V::Str(value.to_string()),
        Value::Timestamp(value) => V::Time(*value),
        Value::Date(value) => V::Date(*value),
        Value::Duration(value) => V::Span(*value),
        Value::Quantity(value) => V::Amount(*value),
        Value::Ip(value) => V::Ip(*value),
        Value::Path(value) => V::Path(value.clone()),
        Value::Url(value) => V::Url(value.clone()),
        Value::Any(_) | Value::List(_) | Value::Map(_) | Value::Object(_) => V::Null,
    }
}

/// A literal of the policy.
pub fn from_raw(raw: &RawValue) -> V {
    match raw {
        RawValue::Null | RawValue::Unreadable(_) => V::Null,
        RawValue::Bool(value) => V::Bool(*value),
        RawValue::Number(value) => V::Num(*value),
        RawValue::String(value) => V::Str(value.clone()),
        RawValue::List(items) => V::List(items.iter().map(|item| Ok(from_raw(item))).collect()),
        RawValue::Map(members) => {
            V::Map(members.iter().map(|(key, value)| (key.clone(), Some(Ok(from_raw(value))))).collect())
        }
    }
}

/// Reads `value` as something of the kind that `like` is: an `any` by its JSON kind, text of the policy as the type
/// it stands next to. `None` where it is of another kind.
pub fn like(value: V, like: &V) -> Result<V, Option<Reason>> {
    let kind = match kind_of(like) {
        None | Some(TypeKind::List(_)) => return open(value, like),
        Some(kind) => kind,
    };
    match value {
        V::Any(RawValue::Unreadable(reason), _) => Err(Some(reason)),
        V::Any(raw, _) => scalar(&kind, &raw).map_err(|_| None),
        V::Str(text) if !matches!(like, V::Str(_)) => {
            scalar(&kind, &RawValue::String(text)).map_err(|_| None)
        }
        value => Ok(value),
    }
}

/// Some value of a type.
pub fn sample(kind: &TypeKind) -> Option<V> {
    let text = match kind {
        TypeKind::Boolean => return Some(V::Bool(false)),
        TypeKind::Number | TypeKind::Integer => return Some(V::Num(Decimal::ZERO)),
        TypeKind::List(_) => return Some(V::List(Vec::new())),
        TypeKind::Map(_) | TypeKind::Object(_) => return Some(V::Map(BTreeMap::new())),
        TypeKind::Any => return None,
        TypeKind::Timestamp => "2026-01-01T00:00:00Z",
        TypeKind::Date => "2026-01-01",
        TypeKind::Duration => "0s",
        TypeKind::Quantity => "0",
        TypeKind::Ip => "::1",
        TypeKind::Path => "/",
        TypeKind::Url => "https://a.example/",
        TypeKind::String => "",
    };
    scalar(kind, &RawValue::from(text)).ok()
}

/// An element or a member's value of an `any` that lies at a path.
pub fn element_of(raw: RawValue, at: &str) -> Item {
    let path = format!("{at}[*]");
    match raw {
        RawValue::Unreadable(reason) => Err(Leaf { path, reason }),
        raw => Ok(V::Any(raw, path)),
    }
}

/// An `any` next to a list or map: its elements stay `any`.
fn open(value: V, like: &V) -> Result<V, Option<Reason>> {
    match (value, like) {
        (V::Any(RawValue::List(items), path), V::List(_)) => {
            Ok(V::List(items.into_iter().map(|item| element_of(item, &path)).collect()))
        }
        (V::Any(RawValue::Map(members), path), V::Map(_)) => Ok(V::Map(
            members.into_iter().map(|(key, value)| (key, Some(element_of(value, &path)))).collect(),
        )),
        (V::Any(RawValue::Unreadable(reason), _), V::List(_) | V::Map(_)) => Err(Some(reason)),
        (V::Any(..), V::List(_) | V::Map(_)) => Err(None),
        (value, _) => Ok(value),
    }
}
