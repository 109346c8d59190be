//! `&&`, `||` and `!` in the canonical tree: flattened, in order, and without a double negation.

use std::sync::Arc;

use actra_diagnostics::Span;
use actra_ir::{Expr, ExprKind};

use super::typed::{ExprType, Typed, exprs};

pub(super) fn all_of(parts: Vec<Typed>, span: Span) -> Typed {
    Typed { expr: conjunction(exprs(parts), span), ty: ExprType::boolean() }
}

pub(super) fn any_of(parts: Vec<Typed>, span: Span) -> Typed {
    Typed { expr: disjunction(exprs(parts), span), ty: ExprType::boolean() }
}

/// `a && b && ...`, flattened, order kept.
pub(crate) fn conjunction(parts: Vec<Expr>, span: Span) -> Expr {
    if !parts.iter().any(|part| matches!(part.kind, ExprKind::And(_))) {
        return single_or(parts, span, ExprKind::And);
    }
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part.kind {
            ExprKind::And(inner) => flat.extend(inner),
            _ => flat.push(part),
        }
    }
    single_or(flat, span, ExprKind::And)
}

fn disjunction(parts: Vec<Expr>, span: Span) -> Expr {
    if !parts.iter().any(|part| matches!(part.kind, ExprKind::Or(_))) {
        return single_or(parts, span, ExprKind::Or);
    }
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part.kind {
            ExprKind::Or(inner) => flat.extend(inner),
            _ => flat.push(part),
        }
    }
    single_or(flat, span, ExprKind::Or)
}

fn single_or(mut parts: Vec<Expr>, span: Span, many: fn(Vec<Expr>) -> ExprKind) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            parts.shrink_to_fit();
            Expr { kind: many(parts), span }
        }
    }
}

/// `!x`, where `!!x` is `x`. What remains of `!(a != b)` has the span of the whole, since it means the opposite of the
/// text `a != b`.
pub(crate) fn negation(expr: Expr, span: Span) -> Expr {
    let is_test = is_negated_test(&expr);
    match expr.kind {
        ExprKind::Not(inner) if is_test => Expr { span, ..Arc::unwrap_or_clone(inner) },
        ExprKind::Not(inner) => Arc::unwrap_or_clone(inner),
        _ => Expr { kind: ExprKind::Not(Arc::new(expr)), span },
    }
}

/// A test with a negated operator, such as `a != b`.
pub(crate) fn is_negated_test(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Not(inner) if inner.span == expr.span)
}
