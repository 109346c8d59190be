//! Expressions as structured conditions, where there is one.

use actra_model::{RawValue, write_json_string};
use actra_syntax::ast::{BinaryOp, Condition, ConditionKind, Expr, ExprKind, UnaryOp};
use actra_syntax::yaml;

/// The condition as a mapping in flow style; `None` if it is not an expression, or if structured conditions cannot
/// express it.
pub(super) fn print(condition: &Condition) -> Option<String> {
    match &condition.kind {
        ConditionKind::Expression(Expr { kind: ExprKind::Bool(_), .. }) => None,
        ConditionKind::Expression(expr) => convert(expr),
        _ => None,
    }
}

fn convert(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), .. } => {
            let mut parts = Vec::new();
            chain(expr, *op, &mut parts);
            let parts: Vec<String> = parts.into_iter().map(convert).collect::<Option<_>>()?;
            let word = if *op == BinaryOp::And { "all" } else { "any" };
            Some(format!("{{ {word}: [{}] }}", parts.join(", ")))
        }
        ExprKind::Unary { op: UnaryOp::Not, operand } => Some(format!("{{ not: {} }}", convert(operand)?)),
        ExprKind::Binary { op, left, right, .. } => comparison(*op, left, right),
        ExprKind::Call { target, function, args } => call(target.as_deref(), &function.value, args),
        _ => None,
    }
}

fn chain<'e>(expr: &'e Expr, wanted: BinaryOp, parts: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary { op, left, right, .. } if *op == wanted => {
            chain(left, wanted, parts);
            chain(right, wanted, parts);
        }
        _ => parts.push(expr),
    }
}

fn comparison(op: BinaryOp, left: &Expr, right: &Expr) -> Option<String> {
    if op == BinaryOp::In {
        return match path(left) {
            Some(subject) => atom(&subject, "in", Some(&value(right)?)),
            None => atom(&path(right)?, "contains", Some(&value(left)?)),
        };
    }
    let (plain, turned) = match op {
        BinaryOp::Equal => ("equals", "equals"),
        BinaryOp::NotEqual => ("not_equals", "not_equals"),
        BinaryOp::Less => ("less_than", "greater_than"),
        BinaryOp::LessOrEqual => ("less_or_equal", "greater_or_equal"),
        BinaryOp::Greater => ("greater_than", "less_than"),
        BinaryOp::GreaterOrEqual => ("greater_or_equal", "less_or_equal"),
        _ => return None,
    };
    match path(left) {
        Some(subject) => atom(&subject, plain, Some(&value(right)?)),
        None => atom(&path(right)?, turned, Some(&value(left)?)),
    }
}

fn call(target: Option<&Expr>, function: &str, args: &[Expr]) -> Option<String> {
    match (target, function, args) {
        (None, "has", [operand]) => atom(&path(operand)?, "exists", None),
        (Some(target), _, [argument]) => {
            let operator = match function {
                "startsWith" => "starts_with",
                "endsWith" => "ends_with",
                "contains" => "contains",
                "matches" => "matches",
                "within" => "within",
                _ => return None,
            };
            atom(&path(target)?, operator, Some(&value(argument)?))
        }
        _ => None,
    }
}

fn atom(subject: &str, operator: &str, value: Option<&str>) -> Option<String> {
    Some(match value {
        Some(value) => format!("{{ subject: {subject}, operator: {operator}, value: {value} }}"),
        None => format!("{{ subject: {subject}, operator: {operator} }}"),
    })
}

/// `{ domain, field }` of a field or a member of one.
fn path(expr: &Expr) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    let mut at = expr;
    while let ExprKind::Select { operand, field, optional: false } = &at.kind {
        names.push(&field.value);
        at = operand;
    }
    let ExprKind::Ident(record) = &at.kind else { return None };
    let known = matches!(record.as_str(), "action" | "actor" | "snapshot");
    if !known || names.is_empty() || names.iter().any(|name| name.contains('.')) {
        return None;
    }
    names.reverse();
    let field = RawValue::from(names.join(".").as_str()).to_json();
    let bare = names.iter().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        && names.first().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    let word = ["true", "false", "null"].contains(&names.join(".").as_str());
    let field = if bare && !word { names.join(".") } else { field };
    Some(format!("{{ domain: {record}, field: {field} }}"))
}

fn value(expr: &Expr) -> Option<String> {
    if let Some(subject) = path(expr) {
        return Some(format!("{{ subject: {subject} }}"));
    }
    if let ExprKind::Select { operand, field, optional: false } = &expr.kind
        && matches!(&operand.kind, ExprKind::Ident(name) if name == "constants")
    {
        return Some(format!("{{ constant: {} }}", field.value));
    }
    Some(format!("{{ literal: {} }}", literal(expr)?))
}

fn literal(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Null => Some("null".to_owned()),
        ExprKind::Bool(truth) => Some(truth.to_string()),
        ExprKind::Number(digits) => Some(digits.clone()),
        ExprKind::String(text) => {
            let mut quoted = String::new();
            write_json_string(&mut quoted, text);
            Some(yaml::escaped(&quoted).into_owned())
        }
        ExprKind::Unary { op: UnaryOp::Negate, operand } => match &operand.kind {
            ExprKind::Number(digits) => Some(format!("-{digits}")),
            _ => None,
        },
        ExprKind::List(items) => {
            let items: Vec<String> = items.iter().map(literal).collect::<Option<_>>()?;
            Some(format!("[{}]", items.join(", ")))
        }
        ExprKind::Call { target: None, function, args } => match (function.value.as_str(), args.as_slice()) {
            ("timestamp" | "duration" | "quantity", [Expr { kind: ExprKind::String(_), .. }]) => {
                literal(args.first()?)
            }
            _ => None,
        },
        _ => None,
    }
}
