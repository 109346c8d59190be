//! Converts an operand to the type of the other operand: a value of type `any` by a conversion, a literal by reading it
//! again.

use std::sync::Arc;

use actra_diagnostics::codes;
use actra_ir::ExprKind;
use actra_model::{RawValue, Type, TypeKind, Value, ValueState};

use super::Checker;
use super::typed::Typed;
use crate::literal;

impl Checker<'_> {
    /// Reads a literal as the type of the other operand, where text has no constructor of its own: `path`, `url`, `ip`,
    /// `date`, and objects and lists of these.
    pub(super) fn adapt(&mut self, typed: Typed, wanted: &TypeKind) -> Option<Typed> {
        let Some(own) = typed.kind() else { return Some(typed) };
        if !typed.is_literal() || comparable(own, wanted) || !adapts(own, wanted) {
            return Some(typed);
        }
        let ExprKind::Literal(value) = &typed.expr.kind else { return Some(typed) };
        match literal::read(wanted, &raw(value)) {
            Some(value) => Some(Typed::new(ExprKind::Literal(value), typed.span(), wanted.clone())),
            None => {
                let message = format!("this is not a value of type `{}`", wanted.name());
                self.refuse(codes::BAD_LITERAL, typed.span(), message, literal::literal_help(wanted))
            }
        }
    }
}

/// Converts a value of type `any` to the type that is expected.
pub(super) fn convert(typed: Typed, kind: TypeKind) -> Typed {
    let span = typed.span();
    Typed::new(ExprKind::Convert { operand: Arc::new(typed.expr), kind: kind.clone() }, span, kind)
}

/// Converts a value of type `any` to the type of the other operand. JSON has one kind of number, so an integer stands
/// for any number.
pub(super) fn convert_to_match(typed: Typed, kind: &TypeKind) -> Typed {
    convert(typed, json_kind(kind))
}

fn json_kind(kind: &TypeKind) -> TypeKind {
    let of = |of: &Type| Box::new(Type::plain(json_kind(&of.kind)));
    match kind {
        TypeKind::Integer => TypeKind::Number,
        TypeKind::List(item) => TypeKind::List(of(item)),
        TypeKind::Map(value) => TypeKind::Map(of(value)),
        kind => kind.clone(),
    }
}

/// Converts a value of type `any` to a list like the other operand. Elements that are not scalars are compared as they
/// are.
pub(super) fn convert_to_match_list(typed: Typed, kind: &TypeKind) -> Typed {
    let item = match kind {
        TypeKind::List(item) => json_kind(&item.kind),
        _ => TypeKind::Any,
    };
    let item = match item {
        TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Object(_) => TypeKind::Any,
        scalar => scalar,
    };
    convert(typed, TypeKind::List(Box::new(Type::plain(item))))
}

/// Whether values of two types can be equal.
pub(super) fn comparable(left: &TypeKind, right: &TypeKind) -> bool {
    use TypeKind::{Any, Integer, List, Map, Number, Object};
    match (left, right) {
        (Any, _) | (_, Any) => true,
        (Integer | Number, Integer | Number) => true,
        (List(left), List(right)) | (Map(left), Map(right)) => comparable(&left.kind, &right.kind),
        (Object(left), Object(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|((left_name, left), (right_name, right))| {
                    left_name == right_name && comparable(&left.ty.kind, &right.ty.kind)
                })
        }
        (left, right) => left == right,
    }
}

fn adapts(own: &TypeKind, wanted: &TypeKind) -> bool {
    match (own, wanted) {
        (TypeKind::String, TypeKind::Path | TypeKind::Url | TypeKind::Ip | TypeKind::Date) => true,
        (TypeKind::List(own), TypeKind::List(wanted)) => adapts(&own.kind, &wanted.kind),
        (TypeKind::Map(_), TypeKind::Object(_)) => true,
        (TypeKind::Map(own), TypeKind::Map(wanted)) => adapts(&own.kind, &wanted.kind),
        _ => false,
    }
}

/// A literal as untyped data, to be read again as another type.
pub(super) fn raw(value: &Value) -> RawValue {
    let state = |state: &ValueState| match state {
        ValueState::Present(value) => raw(value),
        ValueState::Absent | ValueState::Invalid(_) => RawValue::Null,
    };
    match value {
        Value::Bool(value) => RawValue::Bool(*value),
        Value::Number(value) => RawValue::Number(*value),
        Value::String(value) => RawValue::String(value.to_string()),
        Value::Timestamp(value) => RawValue::String(value.to_string()),
        Value::Date(value) => RawValue::String(value.to_string()),
        Value::Duration(value) => RawValue::String(value.to_string()),
        Value::Quantity(value) => RawValue::String(value.to_string()),
        Value::Ip(value) => RawValue::String(value.to_string()),
        Value::Path(value) => RawValue::String(value.to_string()),
        Value::Url(value) => RawValue::String(value.as_str().to_owned()),
        Value::List(items) => RawValue::List(items.iter().map(state).collect()),
        Value::Map(members) => {
            RawValue::Map(members.iter().map(|(key, value)| (key.to_string(), state(value))).collect())
        }
        Value::Object(record) => {
            RawValue::Map(record.fields.iter().map(|(key, value)| (key.to_string(), state(value))).collect())
        }
        Value::Any(raw) => raw.clone(),
    }
}
