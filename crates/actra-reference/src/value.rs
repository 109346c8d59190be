//! What expressions of the reference evaluate to: everything owned, everything dynamic.

use std::collections::BTreeMap;

use actra_model::{
    Date, Decimal, Duration, IpAddress, Path, Quantity, RawValue, Reason, Timestamp, Type, TypeKind, Url,
};

/// Why something could not be decided, and where: a path of the schema or of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalError {
    /// The path.
    pub path: String,
    /// The reason.
    pub reason: Reason,
}

/// A value, or why there is none.
pub type EvalResult = Result<V, EvalError>;
/// A truth, or why there is none.
pub type Truth = Result<bool, EvalError>;

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
    List(Vec<EvalResult>),
    /// A map; `None` is an absent member of an object.
    Map(BTreeMap<String, Option<EvalResult>>),
    /// JSON of unknown shape.
    Any(RawValue, String),
    /// The literal `null`.
    Null,
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

/// Every fault inside a value.
pub fn faults_within(value: &V) -> Vec<EvalError> {
    let below = |item: &EvalResult| match item {
        Ok(value) => faults_within(value),
        Err(error) => vec![error.clone()],
    };
    match value {
        V::List(items) => items.iter().flat_map(below).collect(),
        V::Map(members) => members.values().flatten().flat_map(below).collect(),
        _ => Vec::new(),
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
pub fn element_of(raw: RawValue, at: &str) -> EvalResult {
    let path = format!("{at}[*]");
    match raw {
        RawValue::Unreadable(reason) => Err(EvalError { path, reason }),
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
