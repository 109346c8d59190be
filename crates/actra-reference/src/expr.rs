//! The shape of expressions as parsed: macros, their variables, and operands.

use actra_syntax::ast::{Expr, ExprKind};

/// Whether an absence of this operand is passed on: it is behind `.?` or `[?`.
pub(crate) fn chained(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Select { optional: true, .. } | ExprKind::Index { optional: true, .. } => true,
        ExprKind::Select { operand, .. } | ExprKind::Index { operand, .. } => chained(operand),
        _ => false,
    }
}

pub(crate) fn is_macro(name: &str) -> bool {
    matches!(name, "all" | "exists" | "exists_one" | "filter" | "map")
}

/// The arguments of a macro that name its variables.
pub(crate) fn variable_names<'e>(name: &str, args: &'e [Expr]) -> &'e [Expr] {
    if name == "map" || args.len() < 3 { &args[..1] } else { &args[..2] }
}

pub(crate) fn is_sets(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Ident(name) if name == "sets")
}

pub(crate) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::List(items) => items.iter().collect(),
        ExprKind::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        ExprKind::Unary { operand, .. } | ExprKind::Select { operand, .. } => vec![operand],
        ExprKind::Index { operand, index, .. } => vec![operand, index],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Conditional { condition, then, otherwise } => vec![condition, then, otherwise],
        ExprKind::Call { target, args, .. } => target.as_deref().into_iter().chain(args).collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn key_text(key: &Expr) -> &str {
    match &key.kind {
        ExprKind::String(text) => text,
        _ => unreachable!("the set compiles"),
    }
}
