//! Comparisons: what both spellings are built from.

use std::sync::Arc;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::{Comparison, ExprKind};
use actra_model::{Constraints, RawValue, Type, TypeKind, Value, ValueState};
use actra_syntax::suggest;

use super::Checker;
use super::convert::{comparable, convert, convert_to_match, raw};
use super::typed::{ExprType, Typed};
use crate::constraint_check::violation;
use crate::shorten::shortened;

impl Checker<'_> {
    /// `left == right`
    pub(super) fn equal(&mut self, left: Typed, right: Typed, span: Span) -> Option<Typed> {
        match (&left.ty, &right.ty) {
            (ExprType::Null, _) => return self.is_null(right, span),
            (_, ExprType::Null) => return self.is_null(left, span),
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
                let message =
                    format!("`null` can only be compared with `any`, but this is `{}`", operand.ty.name());
                self.refuse(
                    codes::TYPE_MISMATCH,
                    span,
                    message,
                    "to test whether an optional field is there, write `has(...)`",
                )
            }
        }
    }

    /// Converts literals and values of type `any` to the type of the other side, for `==` and for an order.
    fn fit(&mut self, left: Typed, right: Typed, span: Span) -> Option<(Typed, Typed)> {
        if let (ExprType::Optional(_), _) | (_, ExprType::Optional(_)) = (&left.ty, &right.ty) {
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
        if let (ExprType::Null, _) | (_, ExprType::Null) = (&left.ty, &right.ty) {
            return self.mismatch(op.as_str(), &left, &right, span);
        }
        let (mut left, mut right) = self.fit(left, right, span)?;
        let (left_kind, right_kind) = (left.kind()?.clone(), right.kind()?.clone());
        if let TypeKind::Any = left_kind {
            left = convert_to_match(left, &right_kind);
        }
        if let TypeKind::Any = right_kind {
            right = convert_to_match(right, &left_kind);
        }
        let (left_kind, right_kind) = (left.kind()?, right.kind()?);
        if !ordered(left_kind) || !ordered(right_kind) || !comparable(left_kind, right_kind) {
            return self.mismatch(op.as_str(), &left, &right, span);
        }
        Some(compare(op, left, right, span))
    }

    fn mismatch(&mut self, op: &str, left: &Typed, right: &Typed, span: Span) -> Option<Typed> {
        let message =
            format!("`{}` and `{}` cannot be compared with `{op}`", left.ty.name(), right.ty.name());
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
        let (ExprType::Value(ty), ExprKind::Literal(value)) = (&operand.ty, &literal.expr.kind) else {
            return;
        };
        let Some(constraints) = ty.constraints() else { return };
        if let Some(reason) = violation(constraints, value) {
            let allowed =
                constraints.one_of.iter().flatten().take(12).map(|value| format!("`{}`", in_words(value)));
            let allowed: Vec<String> = allowed.collect();
            let close = closest_text(value, constraints, self.diagnostics.len());
            let mut diagnostic = Diagnostic::new(
                codes::IMPOSSIBLE_COMPARISON,
                literal.span(),
                format!("the field never has this value: {reason}"),
            );
            diagnostic = diagnostic.maybe_help(close.map(suggest::question));
            if !allowed.is_empty() {
                diagnostic = diagnostic.help(format!("it is one of {}", allowed.join(", ")));
            }
            self.push(diagnostic.also(operand.span(), "the field"));
        }
    }

    /// `element in container`
    pub(super) fn is_in(&mut self, element: Typed, container: Typed, span: Span) -> Option<Typed> {
        if let (ExprType::Null | ExprType::Optional(_), _) | (_, ExprType::Null | ExprType::Optional(_)) =
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
                Some(TypeKind::String) => {
                    "to test whether text contains other text, write `text.contains(other)`"
                }
                Some(TypeKind::Map(_)) => "the keys of a map must be strings",
                Some(TypeKind::List(_)) => "there is no coercion; both sides must be of the same type",
                _ => "`in` looks into lists and maps",
            };
            return self.refuse(codes::TYPE_MISMATCH, span, message, help);
        }
        self.check_members_possible(&element, &container);
        let kind = ExprKind::In { element: Arc::new(element.expr), container: Arc::new(container.expr) };
        Some(Typed::new(kind, span, TypeKind::Boolean))
    }

    fn check_members_possible(&mut self, element: &Typed, container: &Typed) {
        let (ExprType::Value(ty), ExprKind::Literal(Value::List(items))) =
            (&element.ty, &container.expr.kind)
        else {
            return;
        };
        let Some(constraints) = ty.constraints().filter(|_| !element.is_literal()) else { return };
        for item in items.iter() {
            let ValueState::Present(value) = item else { continue };
            if let Some(reason) = violation(constraints, value) {
                let message = format!("the field is never `{}`: {reason}", in_words(value));
                self.push(
                    Diagnostic::new(codes::IMPOSSIBLE_COMPARISON, container.span(), message)
                        .also(element.span(), "the field")
                        .help("remove the value from the list"),
                );
            }
        }
    }
}

fn compare(op: Comparison, left: Typed, right: Typed, span: Span) -> Typed {
    let kind = ExprKind::Compare { op, left: Arc::new(left.expr), right: Arc::new(right.expr) };
    Typed::new(kind, span, TypeKind::Boolean)
}

fn ordered(kind: &TypeKind) -> bool {
    use TypeKind::{Date, Duration, Integer, Number, Quantity, String, Timestamp};
    matches!(kind, Number | Integer | String | Timestamp | Date | Duration | Quantity)
}

/// Types whose literals are written as calls.
fn by_function(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Timestamp | TypeKind::Duration | TypeKind::Quantity)
}

/// A literal of the schema for a message.
fn in_words(value: &Value) -> String {
    match raw(value) {
        RawValue::String(text) => shortened(&text),
        RawValue::Number(number) => number.to_string(),
        RawValue::Bool(value) => value.to_string(),
        _ => "a list".to_owned(),
    }
}

/// Which text was probably meant, of those that the field can have.
fn closest_text<'v>(value: &Value, constraints: &'v Constraints, reports: usize) -> Option<&'v str> {
    let Value::String(text) = value else { return None };
    let texts = constraints.one_of.iter().flatten().filter_map(|value| match value {
        Value::String(text) => Some(text.as_ref()),
        _ => None,
    });
    suggest::closest_within_budget(reports, text, texts)
}
