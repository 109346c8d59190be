//! Prefix and infix operators, and `c ? a : b`.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::{ArithmeticOp, Expr, ExprKind};
use actra_model::{Type, TypeKind};
use actra_syntax::ast::{self, BinaryOp};

use super::Checker;
use super::convert::{convert, convert_to_match};
use super::logic::{all_of, any_of};
use super::typed::{ExprType, Typed};
use crate::literal;

impl Checker<'_> {
    pub(super) fn negate(&mut self, operand: &ast::Expr, span: Span) -> Option<Typed> {
        if let ast::ExprKind::Number(text) = &operand.kind {
            return self.number(text, true, span);
        }
        let typed = self.value(operand)?;
        let typed =
            if let Some(TypeKind::Any) = typed.kind() { convert(typed, TypeKind::Number) } else { typed };
        match typed.kind() {
            Some(kind @ (TypeKind::Number | TypeKind::Integer | TypeKind::Duration)) => {
                let kind = kind.clone();
                Some(Typed::new(ExprKind::Negate(Arc::new(typed.expr)), span, kind))
            }
            _ => {
                let message = format!("`-` cannot be used with `{}`", typed.ty.name());
                self.refuse(codes::TYPE_MISMATCH, span, message, "it works on numbers and durations")
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        expr: &ast::Expr,
        op: BinaryOp,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
    ) -> Option<Typed> {
        let span = expr.span;
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            let parts: Vec<Option<Typed>> =
                chain(expr, op).into_iter().map(|part| self.boolean(part)).collect();
            let parts: Vec<Typed> = parts.into_iter().collect::<Option<_>>()?;
            return Some(if op == BinaryOp::And { all_of(parts, span) } else { any_of(parts, span) });
        }
        let (left, right) = (self.expr(left), self.expr(right));
        let (left, right) = (left?, right?);
        match op {
            BinaryOp::Equal => self.equal(left, right, span),
            BinaryOp::NotEqual => self.equal(left, right, span).map(|typed| self.not(typed, span)),
            BinaryOp::Less => self.less(left, right, actra_ir::Comparison::Less, span),
            BinaryOp::LessOrEqual => self.less(left, right, actra_ir::Comparison::LessOrEqual, span),
            BinaryOp::Greater => self.less(right, left, actra_ir::Comparison::Less, span),
            BinaryOp::GreaterOrEqual => self.less(right, left, actra_ir::Comparison::LessOrEqual, span),
            BinaryOp::In => self.is_in(left, right, span),
            BinaryOp::Add => self.arithmetic(ArithmeticOp::Add, left, right, op_span, span),
            BinaryOp::Subtract => self.arithmetic(ArithmeticOp::Subtract, left, right, op_span, span),
            BinaryOp::Multiply => self.arithmetic(ArithmeticOp::Multiply, left, right, op_span, span),
            BinaryOp::And | BinaryOp::Or => None,
        }
    }

    fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        left: Typed,
        right: Typed,
        op_span: Span,
        span: Span,
    ) -> Option<Typed> {
        use ArithmeticOp::{Add, Multiply, Subtract};
        use TypeKind::{Any, Duration, Integer, List, Number, Timestamp};
        let (left, right) = (self.require_value(left), self.require_value(right));
        let (mut left, mut right) = (left?, right?);
        // An `any` takes the type that the other side suggests.
        let counterpart = |kind: Option<&TypeKind>| match kind {
            Some(Timestamp | Duration) => Duration,
            Some(list @ List(_)) => list.clone(),
            _ => Number,
        };
        if let Some(Any) = left.kind() {
            let kind = counterpart(right.kind());
            left = convert_to_match(left, &kind);
        }
        if let Some(Any) = right.kind() {
            let kind = counterpart(left.kind());
            right = convert_to_match(right, &kind);
        }
        let result = match (op, left.kind()?, right.kind()?) {
            (_, Integer, Integer) => Type::plain(Integer),
            (_, Integer | Number, Integer | Number) => Type::plain(Number),
            (Add, Timestamp, Duration) | (Add, Duration, Timestamp) | (Subtract, Timestamp, Duration) => {
                Type::plain(Timestamp)
            }
            (Subtract, Timestamp, Timestamp) | (Add | Subtract, Duration, Duration) => Type::plain(Duration),
            (Add, List(a), List(b)) if literal::join(a.kind.clone(), b.kind.clone()).is_some() => {
                let kind = literal::join(a.kind.clone(), b.kind.clone())?;
                Type::plain(List(Box::new(Type::plain(kind))))
            }
            _ => {
                let message = format!(
                    "`{}` cannot be used with `{}` and `{}`",
                    op.as_str(),
                    left.ty.name(),
                    right.ty.name()
                );
                let help = match (op, left.kind()) {
                    (Add, Some(TypeKind::String)) => "conditions cannot concatenate text; compare its parts",
                    (Multiply, _) => "`*` works on numbers",
                    _ => {
                        "`+` and `-` work on numbers, timestamps and durations, and `+` also on lists of the same type"
                    }
                };
                return self.refuse(codes::TYPE_MISMATCH, op_span, message, help);
            }
        };
        let kind = ExprKind::Arithmetic { op, left: Arc::new(left.expr), right: Arc::new(right.expr) };
        Some(Typed { expr: Expr { kind, span }, ty: ExprType::Value(result.into()) })
    }

    pub(super) fn conditional(
        &mut self,
        condition: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        span: Span,
    ) -> Option<Typed> {
        let (condition, then, otherwise) = (self.boolean(condition), self.value(then), self.value(otherwise));
        let (condition, mut then, mut otherwise) = (condition?, then?, otherwise?);
        match (then.kind()?.clone(), otherwise.kind()?.clone()) {
            (TypeKind::Any, TypeKind::Any) => {}
            (TypeKind::Any, kind) => then = convert_to_match(then, &kind),
            (kind, TypeKind::Any) => otherwise = convert_to_match(otherwise, &kind),
            _ => {}
        }
        let (branches, kind) = self.unify(vec![then, otherwise])?;
        let [then, otherwise] = <[Typed; 2]>::try_from(branches).ok()?;
        let kind_of = ExprKind::Conditional {
            condition: Arc::new(condition.expr),
            then: Arc::new(then.expr),
            otherwise: Arc::new(otherwise.expr),
        };
        Some(Typed::new(kind_of, span, kind))
    }
}

/// The operands of a chain of one operator, left to right, however it is nested.
fn chain(expr: &ast::Expr, wanted: BinaryOp) -> Vec<&ast::Expr> {
    let mut operands = Vec::new();
    let mut stack = vec![expr];
    while let Some(next) = stack.pop() {
        match &next.kind {
            ast::ExprKind::Binary { op, left, right, .. } if *op == wanted => {
                stack.push(right);
                stack.push(left);
            }
            _ => operands.push(next),
        }
    }
    operands
}
