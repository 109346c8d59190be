//! Functions and methods on lists, and the size of anything that has one.

use actra_diagnostics::{Span, codes};
use actra_ir::Function;
use actra_model::{Type, TypeKind};
use actra_syntax::ast::{self, Name};

use super::call_of;
use crate::check::Checker;
use crate::check::convert::{comparable, convert_to_match_list};
use crate::check::typed::Typed;

impl Checker<'_> {
    pub(super) fn size(&mut self, typed: Typed, span: Span) -> Option<Typed> {
        match typed.kind() {
            Some(TypeKind::String | TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Any) => {
                Some(call_of(Function::Size, vec![typed], TypeKind::Integer, span))
            }
            _ => {
                let message = format!("a `{}` has no size", typed.ty.name());
                self.refuse(codes::BAD_ARGUMENTS, typed.span(), message, "strings, lists and maps have one")
            }
        }
    }

    pub(super) fn sets_call(&mut self, name: &Name, args: &[ast::Expr], span: Span) -> Option<Typed> {
        let function = match name.value.as_str() {
            "contains" => Function::SetsContains,
            "intersects" => Function::SetsIntersects,
            "equivalent" => Function::SetsEquivalent,
            _ => return self.unknown_function(name, &["contains", "intersects", "equivalent"]),
        };
        let [left, right] = self.arguments(name, args)?;
        let (left, right) = (self.value(left), self.value(right));
        self.sets(function, left?, right?, span)
    }

    pub(in crate::check) fn sets(
        &mut self,
        function: Function,
        left: Typed,
        right: Typed,
        span: Span,
    ) -> Option<Typed> {
        let (left_kind, right_kind) = (left.kind()?.clone(), right.kind()?.clone());
        let left = if left_kind == TypeKind::Any {
            convert_to_match_list(left, &right_kind)
        } else {
            self.adapt(left, &right_kind)?
        };
        let right = if right_kind == TypeKind::Any {
            convert_to_match_list(right, &left_kind)
        } else {
            self.adapt(right, &left_kind)?
        };
        match (left.kind()?, right.kind()?) {
            (TypeKind::List(a), TypeKind::List(b)) if comparable(&a.kind, &b.kind) => {
                Some(call_of(function, vec![left, right], TypeKind::Boolean, span))
            }
            (left_kind, right_kind) => {
                let message = format!(
                    "`{}` cannot be used with `{}` and `{}`",
                    function.as_str(),
                    left_kind.name(),
                    right_kind.name()
                );
                self.refuse(codes::TYPE_MISMATCH, span, message, "it compares two lists of the same type")
            }
        }
    }

    pub(super) fn aggregate(&mut self, receiver: Typed, name: &Name, span: Span) -> Option<Typed> {
        use TypeKind::{Any, Date, Duration, Integer, List, Number, Quantity, String, Timestamp};
        let Some(List(element)) = receiver.kind() else {
            let message =
                format!("`{}` must be called on a list, but this is `{}`", name.value, receiver.ty.name());
            return self.refuse(codes::BAD_ARGUMENTS, span, message, "write `xs.sum()`");
        };
        let element = element.kind.clone();
        let fits = match name.value.as_str() {
            "sum" => matches!(element, Number | Integer),
            "distinct" => element != Any,
            _ => matches!(element, Number | Integer | String | Timestamp | Date | Duration | Quantity),
        };
        if !fits {
            let message =
                format!("`{}` cannot be used with elements of type `{}`", name.value, element.name());
            return self.refuse(
                codes::BAD_ARGUMENTS,
                span,
                message,
                "`sum` adds numbers; `min` and `max` need an order",
            );
        }
        Some(match name.value.as_str() {
            "sum" => call_of(Function::Sum, vec![receiver], element, span),
            "min" => call_of(Function::Min, vec![receiver], element, span),
            "max" => call_of(Function::Max, vec![receiver], element, span),
            _ => {
                let ty = TypeKind::List(Box::new(Type::plain(element)));
                call_of(Function::Distinct, vec![receiver], ty, span)
            }
        })
    }
}
