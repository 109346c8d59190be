//! Plain data of a policy file to values.

use std::sync::Arc;

use actra_diagnostics::{Diagnostic, codes};
use actra_model::{Decimal, RawMap, RawValue, Type, TypeKind, Value, ValueState};
use actra_syntax::ast::{Data, DataKind};

/// Data as an untyped value; reports numerals beyond the limits.
pub(crate) fn raw(data: &Data, diagnostics: &mut Vec<Diagnostic>) -> Option<RawValue> {
    Some(match &data.value {
        DataKind::Null => RawValue::Null,
        DataKind::Bool(value) => RawValue::Bool(*value),
        DataKind::Number(text) => RawValue::Number(number(text, data, diagnostics)?),
        DataKind::String(text) => RawValue::String(text.clone()),
        DataKind::List(items) => RawValue::List(all(items.iter().map(|item| raw(item, diagnostics)))?),
        DataKind::Map(entries) => {
            let entry = |(name, value): &(actra_syntax::ast::Name, Data)| {
                Some((name.value.clone(), raw(value, diagnostics)?))
            };
            RawValue::Map(all(entries.iter().map(entry))?.into_iter().collect::<RawMap>())
        }
    })
}

fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    // Every item is visited, so that each fault is reported.
    let items: Vec<Option<T>> = items.collect();
    items.into_iter().collect()
}

fn number(text: &str, data: &Data, diagnostics: &mut Vec<Diagnostic>) -> Option<Decimal> {
    match Decimal::parse_json(text) {
        Ok(number) => Some(number),
        Err(error) => {
            let message = format!("`{text}` is not an exact number: {error}");
            diagnostics.push(Diagnostic::new(codes::BAD_NUMBER, data.span, message).help(NUMBER_HELP));
            None
        }
    }
}

pub(crate) const NUMBER_HELP: &str =
    "numbers have at most 34 digits, and at most 34 of them after the decimal point";

/// The type of data by itself: a scalar, a list of one type, or a map to one type. `Err` says what is wrong.
pub(crate) fn infer(raw: &RawValue) -> Result<TypeKind, &'static str> {
    match raw {
        RawValue::Null | RawValue::Unreadable(_) => Err("null cannot be a constant"),
        RawValue::Bool(_) => Ok(TypeKind::Boolean),
        RawValue::Number(number) if number.is_integer() => Ok(TypeKind::Integer),
        RawValue::Number(_) => Ok(TypeKind::Number),
        RawValue::String(_) => Ok(TypeKind::String),
        RawValue::List(items) => {
            infer_all(items.iter()).map(|kind| TypeKind::List(Box::new(Type::plain(kind))))
        }
        RawValue::Map(members) => {
            infer_all(members.values()).map(|kind| TypeKind::Map(Box::new(Type::plain(kind))))
        }
    }
}

fn infer_all<'a>(items: impl Iterator<Item = &'a RawValue>) -> Result<TypeKind, &'static str> {
    let mut kind = None;
    for item in items {
        let next = infer(item)?;
        kind = Some(match kind {
            None => next,
            Some(kind) => join(kind, next).ok_or("its elements are of different types")?,
        });
    }
    kind.ok_or("it is empty")
}

/// The smallest type that covers both, if there is one: an integer is a number.
pub(crate) fn join(left: TypeKind, right: TypeKind) -> Option<TypeKind> {
    match (left, right) {
        (TypeKind::Integer, TypeKind::Number) | (TypeKind::Number, TypeKind::Integer) => {
            Some(TypeKind::Number)
        }
        (TypeKind::List(left), TypeKind::List(right)) => {
            join(left.kind, right.kind).map(|kind| TypeKind::List(Box::new(Type::plain(kind))))
        }
        (TypeKind::Map(left), TypeKind::Map(right)) => {
            join(left.kind, right.kind).map(|kind| TypeKind::Map(Box::new(Type::plain(kind))))
        }
        (left, right) => (left == right).then_some(left),
    }
}

/// Reads data as a value of a type, all the way down; `None` if any part does not fit.
pub(crate) fn read(kind: &TypeKind, raw: &RawValue) -> Option<Value> {
    kind.read(raw).ok().filter(sound)
}

/// Whether no part of a value is invalid, and no path escapes.
fn sound(value: &Value) -> bool {
    let state = |state: &ValueState| match state {
        ValueState::Present(value) => sound(value),
        ValueState::Absent => true,
        ValueState::Invalid(_) => false,
    };
    match value {
        Value::List(items) => items.iter().all(state),
        Value::Map(members) => members.values().all(state),
        Value::Object(record) => record.fields.values().all(state),
        Value::Path(path) => !path.escapes(),
        _ => true,
    }
}

/// A required action with its keys; `type` comes first when it is written.
pub(crate) fn object(data: &Data, diagnostics: &mut Vec<Diagnostic>) -> Option<RawMap> {
    match raw(data, diagnostics)? {
        RawValue::Map(members) => Some(members),
        _ => None,
    }
}

/// A string literal.
pub(crate) fn text(value: &str) -> Value {
    Value::String(Arc::from(value))
}

/// How a literal of a type is written.
pub(crate) fn literal_help(kind: &TypeKind) -> String {
    let example = match kind {
        TypeKind::Timestamp => "\"2026-01-31T08:30:00Z\"",
        TypeKind::Date => "\"2026-01-31\"",
        TypeKind::Duration => "\"1h30m\"",
        TypeKind::Quantity => "\"500Mi\"",
        TypeKind::Ip => "\"10.0.0.1\" or \"2001:db8::1\"",
        TypeKind::Path => "\"/srv/data\"; no backslash, and no `..` that escapes",
        TypeKind::Url => "\"https://example.com/\"",
        TypeKind::Number => "1000 or 0.5",
        TypeKind::Integer => "1000",
        TypeKind::Boolean => "true or false",
        TypeKind::String => "\"text\"",
        TypeKind::List(element) => {
            return format!("a list whose elements are of type `{}`", element.kind.name());
        }
        _ => return format!("a value of type `{}`", kind.name()),
    };
    format!("a `{}` is written {example}", kind.name())
}
