//! Expressions by their form, and checks that they are values or booleans.

use actra_diagnostics::{Span, codes};
use actra_ir::ExprKind;
use actra_model::{Decimal, RawValue, TypeKind, Value};
use actra_syntax::ast::{self, UnaryOp};

use super::Checker;
use super::convert::convert;
use super::typed::{ExprType, Typed};
use crate::literal;
use crate::shorten::shortened;

impl Checker<'_> {
    /// An expression that must be a boolean.
    pub(super) fn boolean(&mut self, expr: &ast::Expr) -> Option<Typed> {
        let typed = self.expr(expr)?;
        match typed.kind() {
            Some(TypeKind::Boolean) => Some(typed),
            Some(TypeKind::Any) => Some(convert(typed, TypeKind::Boolean)),
            _ => {
                let message = format!("a condition must be a boolean, but this is `{}`", typed.ty.name());
                self.refuse(
                    codes::NOT_BOOLEAN,
                    expr.span,
                    message,
                    "compare it with something, such as `x == \"y\"`",
                )
            }
        }
    }

    /// An expression that must be a value.
    pub(super) fn value(&mut self, expr: &ast::Expr) -> Option<Typed> {
        let typed = self.expr(expr)?;
        self.require_value(typed)
    }

    pub(super) fn require_value(&mut self, typed: Typed) -> Option<Typed> {
        match &typed.ty {
            ExprType::Value(_) => Some(typed),
            ExprType::Null => self.refuse(
                codes::TYPE_MISMATCH,
                typed.span(),
                "`null` is not allowed here",
                "`null` is compared with fields of type `any`; to test whether an optional field is there, write `has(...)`",
            ),
            ExprType::Optional(_) => self.refuse(
                codes::TYPE_MISMATCH,
                typed.span(),
                "an optional value must be given a default before it is used",
                "add `.orValue(...)`",
            ),
        }
    }

    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Option<Typed> {
        self.enter(expr.span)?;
        let typed = self.form(expr);
        self.leave();
        typed
    }

    fn form(&mut self, expr: &ast::Expr) -> Option<Typed> {
        let span = expr.span;
        let literal = |value: Value, kind: TypeKind| Some(Typed::new(ExprKind::Literal(value), span, kind));
        match &expr.kind {
            ast::ExprKind::Null => {
                let value = ExprKind::Literal(Value::Any(RawValue::Null));
                Some(Typed { ty: ExprType::Null, ..Typed::new(value, span, TypeKind::Any) })
            }
            ast::ExprKind::Bool(value) => literal(Value::Bool(*value), TypeKind::Boolean),
            ast::ExprKind::Number(text) => self.number(text, false, span),
            ast::ExprKind::String(text) => literal(literal::text(text), TypeKind::String),
            ast::ExprKind::Ident(name) => self.name(name, span),
            ast::ExprKind::Select { operand, field, optional } => {
                self.select(operand, field, *optional, span)
            }
            ast::ExprKind::Index { operand, index, optional } => self.index(operand, index, *optional, span),
            ast::ExprKind::Call { target, function, args } => {
                self.call(target.as_deref(), function, args, span)
            }
            ast::ExprKind::List(items) => self.list(items, span),
            ast::ExprKind::Map(entries) => self.map(entries, span),
            ast::ExprKind::Unary { op: UnaryOp::Not, operand } => {
                self.boolean(operand).map(|typed| self.not(typed, span))
            }
            ast::ExprKind::Unary { op: UnaryOp::Negate, operand } => self.negate(operand, span),
            ast::ExprKind::Binary { op, left, right, op_span } => {
                self.binary(expr, *op, *op_span, left, right)
            }
            ast::ExprKind::Conditional { condition, then, otherwise } => {
                self.conditional(condition, then, otherwise, span)
            }
        }
    }

    pub(super) fn number(&mut self, text: &str, negative: bool, span: Span) -> Option<Typed> {
        match Decimal::parse_json(text) {
            Ok(number) => {
                let number = if negative { number.negate() } else { number };
                let kind = if number.is_integer() { TypeKind::Integer } else { TypeKind::Number };
                Some(Typed::new(ExprKind::Literal(Value::Number(number)), span, kind))
            }
            Err(error) => {
                let message = format!("`{}` is not an exact number: {error}", shortened(text));
                self.refuse(codes::BAD_NUMBER, span, message, literal::NUMBER_HELP)
            }
        }
    }
}
