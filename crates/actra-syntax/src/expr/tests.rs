//! Expressions: what parses, what is refused and how it is printed.

mod accepts;
mod against_cel;
mod generated;
mod refuses;

use actra_diagnostics::{Diagnostic, FileId};

use super::ast::{BinaryOp, Expr, ExprKind};
use super::parse;
use crate::yaml::ScalarSourceMap;

fn read(text: &str) -> (Option<Expr>, Vec<Diagnostic>) {
    let map = ScalarSourceMap::verbatim(FileId(0), 0, text.len() as u32);
    let mut diagnostics = Vec::new();
    let expr = parse(text, &map, &mut diagnostics);
    (expr, diagnostics)
}

fn accepted(text: &str) -> Expr {
    let (expr, diagnostics) = read(text);
    assert_eq!(diagnostics, [], "{text}");
    expr.expect(text)
}

/// The tree without places, fully bracketed, chains of `&&` and of `||` flat.
fn shape(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Number(digits) => digits.clone(),
        ExprKind::String(value) => format!("{value:?}"),
        ExprKind::Ident(name) => name.clone(),
        ExprKind::Select { operand, field, optional } => {
            format!("{}{}<{}>", shape(operand), if *optional { ".?" } else { "." }, field.value)
        }
        ExprKind::Index { operand, index, optional } => {
            format!("{}{}{}]", shape(operand), if *optional { "[?" } else { "[" }, shape(index))
        }
        ExprKind::Call { target, function, args } => {
            let target = target.as_ref().map_or(String::new(), |target| format!("{} ", shape(target)));
            format!("call({target}<{}> {})", function.value, joined(args, " "))
        }
        ExprKind::List(elements) => format!("list({})", joined(elements, " ")),
        ExprKind::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(k, v)| format!("{}={}", shape(k), shape(v))).collect();
            format!("map({})", entries.join(" "))
        }
        ExprKind::Unary { op, operand } => format!("({op:?} {})", shape(operand)),
        ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
            let mut terms = Vec::new();
            flatten(expr, *op, &mut terms);
            format!("({})", terms.join(&format!(" {} ", op.as_str())))
        }
        ExprKind::Binary { op, left, right, .. } => {
            format!("({} {} {})", shape(left), op.as_str(), shape(right))
        }
        ExprKind::Conditional { condition, then, otherwise } => {
            format!("({} ? {} : {})", shape(condition), shape(then), shape(otherwise))
        }
    }
}

fn joined(exprs: &[Expr], separator: &str) -> String {
    exprs.iter().map(shape).collect::<Vec<_>>().join(separator)
}

fn flatten(expr: &Expr, chain: BinaryOp, terms: &mut Vec<String>) {
    match &expr.kind {
        ExprKind::Binary { op, left, right, .. } if *op == chain => {
            flatten(left, chain, terms);
            flatten(right, chain, terms);
        }
        _ => terms.push(shape(expr)),
    }
}

fn height(expr: &Expr) -> usize {
    let parts: Vec<&Expr> = match &expr.kind {
        ExprKind::Select { operand, .. } | ExprKind::Unary { operand, .. } => vec![operand],
        ExprKind::Index { operand, index, .. } => vec![operand, index],
        ExprKind::Call { target, args, .. } => target.iter().map(AsRef::as_ref).chain(args).collect(),
        ExprKind::List(elements) => elements.iter().collect(),
        ExprKind::Map(entries) => entries.iter().flat_map(|(k, v)| [k, v]).collect(),
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Conditional { condition, then, otherwise } => vec![condition, then, otherwise],
        _ => vec![],
    };
    parts.into_iter().map(height).max().map_or(0, |most| most + 1)
}
