//! Whether a field is there, and what is taken in its place: `has` and `orValue`.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::ExprKind;
use actra_model::{TypeKind, Value};
use actra_syntax::ast;

use crate::check::Checker;
use crate::check::convert::{comparable, convert_to_match};
use crate::check::typed::{ExprType, Typed};
use crate::literal;

impl Checker<'_> {
    pub(super) fn has_call(&mut self, arg: &ast::Expr, span: Span) -> Option<Typed> {
        let ast::ExprKind::Select { optional: false, .. } = &arg.kind else {
            let help = "write `has(record.field)`; for a key of a map, `\"key\" in m`";
            return self.refuse(codes::BAD_ARGUMENTS, arg.span, "`has` needs a field", help);
        };
        let typed = self.expr(arg)?;
        self.has(typed, span)
    }

    pub(in crate::check) fn has(&mut self, operand: Typed, span: Span) -> Option<Typed> {
        let place = operand.span();
        let looked_up = matches!(operand.expr.kind, ExprKind::Lookup { .. });
        if !looked_up && !matches!(operand.expr.kind, ExprKind::Field { .. } | ExprKind::Member { .. }) {
            let help = "write `has(record.field)`";
            return self.refuse(codes::BAD_ARGUMENTS, place, "`has` needs a field", help);
        }
        if let ExprType::Optional(_) = operand.ty {
            let help = "`has` and `.?` ask the same question; use one of them";
            return self.refuse(
                codes::BAD_ARGUMENTS,
                place,
                "`has` cannot be used on an optional value",
                help,
            );
        }
        if !looked_up && !self.notes.optional.contains(&place) {
            let help = "remove the test, or make the field optional in the schema";
            return self.refuse(codes::HAS_ON_REQUIRED, place, "this field is always there", help);
        }
        Some(Typed::new(ExprKind::Has(Arc::new(operand.expr)), span, TypeKind::Boolean))
    }

    pub(super) fn or_value(&mut self, operand: Typed, default: &ast::Expr, span: Span) -> Option<Typed> {
        let default = match (&operand.ty, &default.kind) {
            (ExprType::Optional(ty), ast::ExprKind::List(items)) if items.is_empty() => {
                empty_list(ty.kind(), default.span)
            }
            _ => None,
        }
        .or_else(|| self.value(default));
        let ExprType::Optional(ty) = &operand.ty else {
            let help = "write `x.?field.orValue(...)` or `m[?\"key\"].orValue(...)`";
            return self.refuse(codes::BAD_ARGUMENTS, span, "`orValue` needs an optional value", help);
        };
        let (ty, default) = (ty.clone(), default?);
        if *ty.kind() == TypeKind::Any {
            return self.or_value_any(operand, default, span);
        }
        let default = self.adapt(default, ty.kind())?;
        let default_kind = default.kind()?.clone();
        if default_kind == TypeKind::Any || !comparable(ty.kind(), &default_kind) {
            let message =
                format!("the default is `{}`, and the field is `{}`", default_kind.name(), ty.kind().name());
            return self.refuse(
                codes::TYPE_MISMATCH,
                default.span(),
                message,
                "give a default of the field's type",
            );
        }
        let result = literal::join(ty.kind().clone(), default_kind).unwrap_or(ty.kind().clone());
        let kind = ExprKind::OrValue { operand: Arc::new(operand.expr), default: Arc::new(default.expr) };
        Some(Typed::new(kind, span, result))
    }

    /// A value of type `any` that has a default takes the type of the default.
    fn or_value_any(&mut self, operand: Typed, default: Typed, span: Span) -> Option<Typed> {
        let kind = default.kind()?.clone();
        let or_value = ExprKind::OrValue { operand: Arc::new(operand.expr), default: Arc::new(default.expr) };
        let typed = Typed::new(or_value, span, TypeKind::Any);
        Some(if kind == TypeKind::Any { typed } else { convert_to_match(typed, &kind) })
    }
}

/// `[]` as the default of a list: an empty list of the same type.
fn empty_list(kind: &TypeKind, span: Span) -> Option<Typed> {
    let TypeKind::List(_) = kind else { return None };
    Some(Typed::new(ExprKind::Literal(Value::List([].into())), span, kind.clone()))
}
