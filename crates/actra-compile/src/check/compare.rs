//! Comparisons: what both spellings are built from.

use std::sync::Arc;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::{Comparison, ExprKind};
use actra_model::{Narrowing, RawValue, Slot, Type, TypeKind, Value};
use actra_syntax::suggest;

use super::expr::convert;
use super::{Checker, Ty, Typed, breach};
use crate::{literal, schema};

impl Checker<'_> {
    /// `left == right`
    pub(super) fn equal(&mut self, left: Typed, right: Typed, span: Span) -> Option<Typed> {
        match (&left.ty, &right.ty) {
            (Ty::Null, _) => return self.is_null(right, span),
            (_, Ty::Null) => return self.is_null(left, span),
            _ => {}
        }
        let (left, right) = self.fit(left, right, span)?;
        let (left_kind, right_kind) = (left.kind()?, right.kind()?);
        if !comparable(left_kind, right_kind) {
            return self.mismatch("==", &left, &right, span);
        }
        self.check_possible(&left, &right);
        self.check_possible(&right, &left);
        Some(compare(Comparison::Equal, left, right, span))
    }

    fn is_null(&mut self, operand: Typed, span: Span) -> Option<Typed> {
        match operand.kind() {
            Some(TypeKind::Any) => {
                Some(Typed::new(ExprKind::IsNull(Arc::new(operand.expr)), span, TypeKind::Boolean))
            }
            _ => {
                let message = format!("`null` compares only with `any`, and this is `{}`", operand.ty.name());
                self.refuse(
                    codes::TYPE_MISMATCH,
                    span,
                    message,
                    "whether an optional field is there is `has(...)`",
                )
            }
        }
    }

    /// Brings literals and `any` to the type of the other side, for `==` and order.
    fn fit(&mut self, left: Typed, right: Typed, span: Span) -> Option<(Typed, Typed)> {
        if let (Ty::Optional(_), _) | (_, Ty::Optional(_)) = (&left.ty, &right.ty) {
            let help = "add `.orValue(...)`";
            return self.refuse(codes::TYPE_MISMATCH, span, "an optional value cannot be compared", help);
        }
        let (left_kind, right_kind) = (left.kind()?.clone(), right.kind()?.clone());
        let left = self.adapt(left, &right_kind)?;
        let right = self.adapt(right, &left_kind)?;
        Some((left, right))
    }

    /// `left < right`, `left <= right`
    pub(super) fn less(&mut self, left: Typed, right: Typed, op: Comparison, span: Span) -> Option<Typed> {
        if let (Ty::Null, _) | (_, Ty::Null) = (&left.ty, &right.ty) {
            return self.mismatch(op.as_str(), &left, &right, span);
        }
        let (mut left, mut right) = self.fit(left, right, span)?;
        let (left_kind, right_kind) = (left.kind()?.clone(), right.kind()?.clone());
        if let TypeKind::Any = left_kind {
            left = read_beside(left, &right_kind);
        }
        if let TypeKind::Any = right_kind {
            right = read_beside(right, &left_kind);
        }
        let (left_kind, right_kind) = (left.kind()?, right.kind()?);
        if !ordered(left_kind) || !ordered(right_kind) || !comparable(left_kind, right_kind) {
            return self.mismatch(op.as_str(), &left, &right, span);
        }
        Some(compare(op, left, right, span))
    }

    fn mismatch(&mut self, op: &str, left: &Typed, right: &Typed, span: Span) -> Option<Typed> {
        let message = format!("`{}` and `{}` do not compare with `{op}`", left.ty.name(), right.ty.name());
        let help = match (left.kind(), right.kind()) {
            (Some(TypeKind::Any), Some(TypeKind::Any)) => {
                "only `==` and `!=` compare two values of unknown type; compare each with a literal"
                    .to_owned()
            }
            (Some(TypeKind::Boolean), Some(_)) if op != "==" => {
                "a chain such as `a < b < c` is written `a < b && b < c`".to_owned()
            }
            (Some(kind), Some(TypeKind::String)) | (Some(TypeKind::String), Some(kind))
                if by_function(kind) =>
            {
                format!("text is not read as a `{0}` by itself; write `{0}(\"...\")`", kind.name())
            }
            (Some(kind), Some(other)) if ordered(kind) || op == "==" => format!(
                "there is no coercion: compare with a `{}` or a `{}`, or change a type in the schema",
                kind.name(),
                other.name()
            ),
            _ => {
                "only numbers, strings, timestamps, dates, durations and quantities have an order".to_owned()
            }
        };
        self.refuse(codes::TYPE_MISMATCH, span, message, help)
    }

    /// Reports a comparison with a literal that the other side can never equal.
    fn check_possible(&mut self, operand: &Typed, literal: &Typed) {
        let (Ty::Value(ty), ExprKind::Literal(value)) = (&operand.ty, &literal.expr.kind) else { return };
        let Some(narrowing) = ty.narrowing() else { return };
        if let Some(reason) = breach(narrowing, value) {
            let allowed =
                narrowing.one_of.iter().flatten().take(12).map(|value| format!("`{}`", plain(value)));
            let allowed: Vec<String> = allowed.collect();
            let close = closest_text(value, narrowing, self.diagnostics.len());
            let mut diagnostic = Diagnostic::new(
                codes::IMPOSSIBLE_COMPARISON,
                literal.span(),
                format!("the field never has this value: {reason}"),
            );
            diagnostic = diagnostic.maybe_help(close.map(|close| format!("did you mean `{close}`?")));
            if !allowed.is_empty() {
                diagnostic = diagnostic.help(format!("it is one of {}", allowed.join(", ")));
            }
            self.push(diagnostic.also(operand.span(), "the field"));
        }
    }

    /// `element in container`
    pub(super) fn is_in(&mut self, element: Typed, container: Typed, span: Span) -> Option<Typed> {
        if let (Ty::Null | Ty::Optional(_), _) | (_, Ty::Null | Ty::Optional(_)) =
            (&element.ty, &container.ty)
        {
            return self.mismatch("in", &element, &container, span);
        }
        let (element_kind, container_kind) = (element.kind()?.clone(), container.kind()?.clone());
        let (element, container) = match &container_kind {
            TypeKind::List(item) => {
                let element = self.adapt(element, &item.kind)?;
                let wanted = TypeKind::List(Box::new(Type::plain(element_kind)));
                let container = self.adapt(container, &wanted)?;
                (element, container)
            }
            TypeKind::Map(_) if element_kind == TypeKind::Any => {
                (convert(element, TypeKind::String), container)
            }
            _ => (element, container),
        };
        let fits = match (element.kind()?, container.kind()?) {
            (element, TypeKind::List(item)) => comparable(element, &item.kind),
            (element, TypeKind::Map(_)) => *element == TypeKind::String,
            (_, TypeKind::Any) => true,
            _ => false,
        };
        if !fits {
            let message = format!("`{}` is not an element of `{}`", element.ty.name(), container.ty.name());
            let help = match container.kind() {
                Some(TypeKind::String) => "whether text holds other text is `text.contains(other)`",
                Some(TypeKind::Map(_)) => "the keys of a map are strings",
                Some(TypeKind::List(_)) => "there is no coercion; both sides must be of one type",
                _ => "`in` looks into lists and maps",
            };
            return self.refuse(codes::TYPE_MISMATCH, span, message, help);
        }
        self.check_members_possible(&element, &container);
        let kind = ExprKind::In { element: Arc::new(element.expr), container: Arc::new(container.expr) };
        Some(Typed::new(kind, span, TypeKind::Boolean))
    }

    fn check_members_possible(&mut self, element: &Typed, container: &Typed) {
        let (Ty::Value(ty), ExprKind::Literal(Value::List(items))) = (&element.ty, &container.expr.kind)
        else {
            return;
        };
        let Some(narrowing) = ty.narrowing().filter(|_| !element.is_literal()) else { return };
        for item in items.iter() {
            let Slot::Present(value) = item else { continue };
            if let Some(reason) = breach(narrowing, value) {
                let message = format!("the field is never `{}`: {reason}", plain(value));
                self.push(
                    Diagnostic::new(codes::IMPOSSIBLE_COMPARISON, container.span(), message)
                        .also(element.span(), "the field")
                        .help("take the value out of the list"),
                );
            }
        }
    }

    /// Reads a literal as the type that it stands next to, where text has no constructor of its own:
    /// `path`, `url`, `ip`, `date`, and objects and lists of such.
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
                self.refuse(codes::BAD_LITERAL, typed.span(), message, schema::literal_help(wanted))
            }
        }
    }
}

fn compare(op: Comparison, left: Typed, right: Typed, span: Span) -> Typed {
    let kind = ExprKind::Compare { op, left: Arc::new(left.expr), right: Arc::new(right.expr) };
    Typed::new(kind, span, TypeKind::Boolean)
}

/// A value of unknown type, read as what stands beside it: JSON has one kind of number.
pub(super) fn read_beside(typed: Typed, kind: &TypeKind) -> Typed {
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

/// A value of unknown type, read as a list beside another one: elements that are no scalars are compared as they are.
pub(super) fn list_beside(typed: Typed, kind: &TypeKind) -> Typed {
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

fn ordered(kind: &TypeKind) -> bool {
    use TypeKind::{Date, Duration, Integer, Number, Quantity, String, Timestamp};
    matches!(kind, Number | Integer | String | Timestamp | Date | Duration | Quantity)
}

/// Types whose literals are written with a function.
fn by_function(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Timestamp | TypeKind::Duration | TypeKind::Quantity)
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
fn raw(value: &Value) -> RawValue {
    let slot = |slot: &Slot| match slot {
        Slot::Present(value) => raw(value),
        Slot::Absent | Slot::Invalid(_) => RawValue::Null,
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
        Value::List(items) => RawValue::List(items.iter().map(slot).collect()),
        Value::Map(members) => {
            RawValue::Map(members.iter().map(|(key, value)| (key.to_string(), slot(value))).collect())
        }
        Value::Object(record) => {
            RawValue::Map(record.slots.iter().map(|(key, value)| (key.to_string(), slot(value))).collect())
        }
        Value::Any(raw) => raw.clone(),
    }
}

/// A literal of the schema for a message.
fn plain(value: &Value) -> String {
    match raw(value) {
        RawValue::String(text) => schema::shown(&text),
        RawValue::Number(number) => number.to_string(),
        RawValue::Bool(value) => value.to_string(),
        _ => "a list".to_owned(),
    }
}

/// The text that was probably meant, of those that a field can have.
fn closest_text<'v>(value: &Value, narrowing: &'v Narrowing, reports: usize) -> Option<&'v str> {
    let Value::String(text) = value else { return None };
    let texts = narrowing.one_of.iter().flatten().filter_map(|value| match value {
        Value::String(text) => Some(text.as_ref()),
        _ => None,
    });
    suggest::closest_behind(reports, text, texts)
}
