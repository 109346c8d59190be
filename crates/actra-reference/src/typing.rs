//! Declared fields read by hand: present, absent or invalid, with what narrows their types.

use std::sync::Arc;

use actra_model::{Constraints, Field, RawValue, Reason, Type, TypeKind, Value, limits};

use crate::scalar_ops;
use crate::value::{EvalError, EvalResult, V, element_of, scalar};

/// The state of a field or member.
pub enum FieldState {
    /// There.
    Present(V),
    /// Not there, and optional.
    Absent,
    /// Not readable.
    Invalid(Reason),
}

/// Reads a declared field of a record or object by hand: present, absent or invalid.
pub fn read_field(field: &Field, raw: Option<&RawValue>, path: &str) -> FieldState {
    match raw {
        None | Some(RawValue::Null) if field.optional => FieldState::Absent,
        None => FieldState::Invalid(Reason::Missing),
        Some(raw) => match read(&field.ty, raw, path) {
            Ok(value) => FieldState::Present(value),
            Err(reason) => FieldState::Invalid(reason),
        },
    }
}

/// Reads a value of a type; members report where they stand.
fn read(ty: &Type, raw: &RawValue, path: &str) -> Result<V, Reason> {
    let most = ty.constraints.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS);
    let inner = format!("{path}[*]");
    let element = |of: &Type, raw: &RawValue| {
        read(of, raw, &inner).map_err(|reason| EvalError { path: inner.clone(), reason })
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
                    FieldState::Present(value) => Some(Ok(value)),
                    FieldState::Absent => None,
                    FieldState::Invalid(reason) => Some(Err(EvalError { path, reason })),
                };
                (name.to_string(), state)
            };
            V::Map(fields.iter().map(member).collect())
        }
        (kind, raw) => scalar(kind, raw)?,
    };
    narrow(&ty.constraints, &value).map_or(Ok(value), Err)
}

/// Reads an `any` as a type, without what narrows it and with whole numbers as numbers; whatever does not fit is of
/// another kind.
pub fn read_as(kind: &TypeKind, raw: &RawValue, path: &str) -> EvalResult {
    let reason = |reason| match reason {
        Reason::UnrepresentableNumber => reason,
        _ => Reason::WrongKind,
    };
    fn inside(value: V, reason: &impl Fn(Reason) -> Reason) -> V {
        let item = |item: EvalResult| match item {
            Ok(value) => Ok(inside(value, reason)),
            Err(error) => Err(EvalError { reason: reason(error.reason), ..error }),
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
        Err(fault) => Err(EvalError { path: path.to_owned(), reason: reason(fault) }),
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

/// What matching all texts of a value costs.
fn matched(ty: &Type, raw: &RawValue) -> u64 {
    match (&ty.kind, raw) {
        (TypeKind::String, RawValue::String(text)) => {
            ty.constraints.pattern.as_ref().map_or(0, |pattern| text.len() as u64 * pattern.weight() + 64)
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

/// How a value breaks what narrows its type.
fn narrow(constraints: &Constraints, value: &V) -> Option<Reason> {
    let below = |bound: &Value| scalar_ops::less(value, &from_model(bound)) == Some(true);
    let above = |bound: &Value| scalar_ops::less(&from_model(bound), value) == Some(true);
    let text = if let V::Str(text) = value { Some(text) } else { None };
    if constraints.one_of.as_ref().is_some_and(|allowed| !allowed.iter().any(|one| from_model(one) == *value))
    {
        Some(Reason::NotOneOf)
    } else if constraints.min.as_ref().is_some_and(below) {
        Some(Reason::BelowMin)
    } else if constraints.max.as_ref().is_some_and(above) {
        Some(Reason::AboveMax)
    } else if text.zip(constraints.max_length).is_some_and(|(text, most)| text.chars().count() > most) {
        Some(Reason::TooLong)
    } else if text
        .zip(constraints.pattern.as_ref())
        .is_some_and(|(text, pattern)| text.len() as u64 * pattern.weight() + 64 > limits::CALL_COST)
    {
        Some(Reason::TooCostly)
    } else if text
        .zip(constraints.pattern.as_ref())
        .is_some_and(|(text, pattern)| !scalar_ops::matches(text, pattern.source()))
    {
        Some(Reason::PatternMismatch)
    } else {
        None
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
