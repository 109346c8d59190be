//! Operands that are always there: literals, containers, operators and arithmetic.

use std::collections::BTreeMap;

use actra_model::{Decimal, Reason};
use actra_syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

use super::{Eval, ReadResult, Variable};
use crate::kleene::{both, not};
use crate::produced::produced;
use crate::scalar_ops;
use crate::value::{EvalError, EvalResult, V, from_raw, like, sample};

impl<'a> Eval<'a> {
    pub(super) fn operand(&self, expr: &Expr, vars: &[Variable<'a>]) -> EvalResult {
        Ok(match &expr.kind {
            ExprKind::Null => V::Null,
            ExprKind::Bool(value) => V::Bool(*value),
            ExprKind::Number(text) => from_raw(&crate::number(text)),
            ExprKind::String(text) => V::Str(text.clone()),
            ExprKind::Ident(name) => match vars.iter().rfind(|variable| variable.name == *name) {
                Some(variable) => ReadResult::from(variable.item.clone()).item()?,
                None => V::Bool(self.truth(expr, vars)?),
            },
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.value(item, vars)).collect();
                produced(items).ok_or_else(|| self.not_representable(expr, vars))?
            }
            ExprKind::Map(entries) => V::Map(
                entries
                    .iter()
                    .map(|(key, value)| match &key.kind {
                        ExprKind::String(key) => (key.clone(), Some(self.value(value, vars))),
                        _ => unreachable!("the set compiles"),
                    })
                    .collect::<BTreeMap<_, _>>(),
            ),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => match self.value(operand, vars)? {
                V::Span(span) => {
                    scalar_ops::negate(span).ok_or_else(|| self.not_representable(expr, vars))?
                }
                other => match self.fit(other, &V::Num(Decimal::ZERO), &self.path(expr, vars))? {
                    V::Num(number) => V::Num(number.negate()),
                    _ => return Err(self.wrong(expr, vars)),
                },
            },
            ExprKind::Unary { .. } => V::Bool(self.truth(expr, vars)?),
            ExprKind::Binary { op, left, right, .. } => self.binary(expr, *op, left, right, vars)?,
            ExprKind::Call { target, function, args } => {
                self.call(expr, target.as_deref(), &function.value, args, vars)?
            }
            ExprKind::Select { .. } | ExprKind::Index { .. } | ExprKind::Conditional { .. } => {
                self.value(expr, vars)?
            }
        })
    }

    pub(super) fn wrong(&self, expr: &Expr, vars: &[Variable<'a>]) -> EvalError {
        EvalError { path: self.path(expr, vars), reason: Reason::WrongKind }
    }

    pub(super) fn not_representable(&self, expr: &Expr, vars: &[Variable<'a>]) -> EvalError {
        EvalError { path: self.path(expr, vars), reason: Reason::NotRepresentable }
    }

    pub(super) fn binary(
        &self,
        expr: &Expr,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        vars: &[Variable<'a>],
    ) -> EvalResult {
        let path = self.path(expr, vars);
        let pair = |first, second| self.pair(first, second, &path, vars);
        let equal = || {
            let (a, b) = both(self.value(left, vars), self.value(right, vars))?;
            self.equal(a, b, &path)
        };
        Ok(V::Bool(match op {
            BinaryOp::And | BinaryOp::Or => self.truth(expr, vars)?,
            BinaryOp::Equal => equal()?,
            BinaryOp::NotEqual => not(equal())?,

            BinaryOp::Less => pair(left, right).and_then(|(a, b)| self.less(a, b, &path))?,
            BinaryOp::LessOrEqual => pair(left, right).and_then(|(a, b)| self.at_most(a, b, &path))?,
            // The canonical tree has only `<` and `<=`, and leaves count from its left.
            BinaryOp::Greater => pair(right, left).and_then(|(a, b)| self.less(a, b, &path))?,
            BinaryOp::GreaterOrEqual => pair(right, left).and_then(|(a, b)| self.at_most(a, b, &path))?,
            BinaryOp::In => self.is_element(self.value(left, vars), self.value(right, vars), &path)?,
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply => {
                let (a, b) = pair(left, right)?;
                return self.arithmetic(op, a, b, &path);
            }
        }))
    }

    /// Both operands of an order or of arithmetic, the left one's fault first. An `any` that is of another kind than
    /// the right operand is declared has its fault before that operand is read.
    pub(super) fn pair(
        &self,
        left: &Expr,
        right: &Expr,
        path: &str,
        vars: &[Variable<'a>],
    ) -> Result<(V, V), EvalError> {
        let a = self.value(left, vars)?;
        let b = self.value(right, vars);
        if let (V::Any(..), Err(_), Some(ty)) = (&a, &b, self.declared(right, vars))
            && let Some(kind) = sample(&ty.kind)
        {
            self.fit(a.clone(), &kind, path)?;
        }
        Ok((a, b?))
    }

    /// An `any` takes the kind of its counterpart; a leaf names where the `any` was read.
    pub(super) fn fit(&self, value: V, other: &V, path: &str) -> EvalResult {
        let at = match &value {
            V::Any(_, at) => at.clone(),
            _ => path.to_owned(),
        };
        like(value, other)
            .map_err(|reason| EvalError { path: at, reason: reason.unwrap_or(Reason::WrongKind) })
    }

    pub(super) fn arithmetic(&self, op: BinaryOp, a: V, b: V, path: &str) -> EvalResult {
        let counterpart = |other: &V| match other {
            V::Time(_) | V::Span(_) => {
                V::Span(actra_model::Duration::from_nanos(0).unwrap_or_else(|| unreachable!()))
            }
            V::List(items) => V::List(items.clone()),
            _ => V::Num(Decimal::ZERO),
        };
        let (a, b) = (if let V::Any(..) = a { self.fit(a, &counterpart(&b), path)? } else { a }, b);
        let b = if let V::Any(..) = b { self.fit(b, &counterpart(&a), path)? } else { b };
        let result = match (op, a, b) {
            (BinaryOp::Add, V::List(a), V::List(b)) => produced(a.into_iter().chain(b).collect()),
            (op, a, b) => scalar_ops::arithmetic(op, &a, &b),
        };
        result.ok_or_else(|| EvalError { path: path.to_owned(), reason: Reason::NotRepresentable })
    }
}
