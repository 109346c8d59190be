//! Conditions as their authors wrote them, where the canonical tree has turned them around.

use actra_engine::ir::print::print;
use actra_engine::ir::{Comparison, Expr, ExprKind};

/// A part as its author wrote it: `a > b` is kept as `b < a`, and the places of the operands tell.
pub(crate) fn source_text(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Compare { op: op @ (Comparison::Less | Comparison::LessOrEqual), left, right }
            if is_turned_around(left, right) =>
        {
            let op = if *op == Comparison::Less { ">" } else { ">=" };
            format!("{} {op} {}", print(right), print(left))
        }
        ExprKind::Not(operand) if matches!(operand.kind, ExprKind::Compare { op, .. } if op != Comparison::Equal) =>
        {
            format!("!({})", source_text(operand))
        }
        ExprKind::And(parts) => join(parts, " && "),
        ExprKind::Or(parts) => join(parts, " || "),
        _ => print(expr),
    }
}

fn join(parts: &[Expr], separator: &str) -> String {
    let part = |part: &Expr| match part.kind {
        ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Conditional { .. } => {
            format!("({})", source_text(part))
        }
        _ => source_text(part),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(separator)
}

/// Whether the right operand was written first, or is the subject of a structured condition.
fn is_turned_around(left: &Expr, right: &Expr) -> bool {
    let literal = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(_));
    (right.span.file, right.span.start) < (left.span.file, left.span.start)
        || (right.span == left.span && literal(left) && !literal(right))
}
