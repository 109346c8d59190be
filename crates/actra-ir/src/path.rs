//! Static paths: where in a request an expression reads, without any index or key of the request.
//!
//! `action.amount`, `snapshot.user.name`; list elements and keys that are no literals are `[*]`, literal keys
//! `["k"]`.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_model::Value;

use crate::{Expr, ExprKind, Variables};

/// The static path of the leftmost field that an expression reads; empty if it reads none.
///
/// `bindings` holds, by slot, the path of what each bound macro variable ranges over (already with `[*]`).
pub fn static_path(expr: &Expr, bindings: &[String]) -> String {
    let mut bindings = bindings.to_vec();
    leftmost(expr, &mut bindings)
}

/// The static paths that an expression mentions: the longest chain of members and look-ups of each read.
pub fn mentions(expr: &Expr) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(expr, &mut Vec::new(), &mut found);
    found
}

/// The path of a read such as `a.b["k"]`; `None` for anything else and for a chain that starts at no field.
fn chain(expr: &Expr, bindings: &[String]) -> Option<String> {
    match &expr.kind {
        ExprKind::Field { record, name } => Some(format!("{record}.{name}")),
        ExprKind::Variable(variable) => bindings.get(variable.slot).filter(|path| !path.is_empty()).cloned(),
        ExprKind::Member { operand, name, .. } => Some(format!("{}.{name}", chain(operand, bindings)?)),
        ExprKind::Lookup { operand, key, .. } => {
            Some(format!("{}{}", chain(operand, bindings)?, key_segment(key)))
        }
        ExprKind::Convert { operand, .. } => chain(operand, bindings),
        _ => None,
    }
}

fn key_segment(key: &Expr) -> String {
    match &key.kind {
        ExprKind::Literal(Value::String(text)) => {
            format!("[\"{}\"]", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        _ => "[*]".to_owned(),
    }
}

fn leftmost(expr: &Expr, bindings: &mut Vec<String>) -> String {
    if let Some(path) = chain(expr, bindings) {
        return path;
    }
    if let ExprKind::Macro { range, variables, filter, body, .. } = &expr.kind {
        let path = leftmost(range, bindings);
        if !path.is_empty() {
            return path;
        }
        let outer = bind(bindings, &path, variables);
        let inner = filter.iter().chain([body]).map(|part| leftmost(part, bindings));
        let found = inner.into_iter().find(|path| !path.is_empty()).unwrap_or_default();
        *bindings = outer;
        return found;
    }
    operands(expr)
        .into_iter()
        .map(|operand| leftmost(operand, bindings))
        .find(|path| !path.is_empty())
        .unwrap_or_default()
}

fn collect(expr: &Expr, bindings: &mut Vec<String>, found: &mut BTreeSet<String>) {
    if let Some(path) = chain(expr, bindings) {
        found.insert(path);
        return collect_keys(expr, bindings, found);
    }
    let ExprKind::Macro { range, variables, filter, body, .. } = &expr.kind else {
        operands(expr).into_iter().for_each(|operand| collect(operand, bindings, found));
        return;
    };
    collect(range, bindings, found);
    let path = leftmost(range, bindings);
    let outer = bind(bindings, &path, variables);
    filter.iter().chain([body]).for_each(|part| collect(part, bindings, found));
    *bindings = outer;
}

/// The mentions in the keys of a chain; the chain itself is one mention.
fn collect_keys(expr: &Expr, bindings: &mut Vec<String>, found: &mut BTreeSet<String>) {
    match &expr.kind {
        ExprKind::Member { operand, .. } | ExprKind::Convert { operand, .. } => {
            collect_keys(operand, bindings, found);
        }
        ExprKind::Lookup { operand, key, .. } => {
            collect_keys(operand, bindings, found);
            collect(key, bindings, found);
        }
        _ => {}
    }
}

/// Binds the variables of a macro over the range with this path; gives the bindings around it.
fn bind(bindings: &mut Vec<String>, range: &str, variables: &Variables) -> Vec<String> {
    let outer = bindings.clone();
    let element = if range.is_empty() { String::new() } else { format!("{range}[*]") };
    for variable in [Some(&variables.first), variables.second.as_ref()].into_iter().flatten() {
        bindings.resize(variable.slot, String::new());
        bindings.push(element.clone());
    }
    outer
}

/// The operands of an expression from left to right; of a macro, without what its variables stand for.
pub fn operands(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Field { .. } | ExprKind::Variable(_) => Vec::new(),
        ExprKind::Member { operand, .. }
        | ExprKind::Has(operand)
        | ExprKind::Not(operand)
        | ExprKind::IsNull(operand)
        | ExprKind::InCidr { operand, .. }
        | ExprKind::Matches { operand, .. }
        | ExprKind::Negate(operand)
        | ExprKind::TimePart { operand, .. }
        | ExprKind::Convert { operand, .. } => vec![operand],
        ExprKind::Lookup { operand: left, key: right, .. }
        | ExprKind::OrValue { operand: left, default: right }
        | ExprKind::Compare { left, right, .. }
        | ExprKind::In { element: left, container: right }
        | ExprKind::Within { operand: left, base: right }
        | ExprKind::Arithmetic { left, right, .. } => vec![left, right],
        ExprKind::Conditional { condition, then, otherwise } => vec![condition, then, otherwise],
        ExprKind::And(all) | ExprKind::Or(all) | ExprKind::List(all) | ExprKind::Call { args: all, .. } => {
            all.iter().collect()
        }
        ExprKind::Map(entries) => entries.iter().map(|(_, entry)| entry).collect(),
        ExprKind::Macro { range, filter, body, .. } => {
            [range].into_iter().chain(filter).chain([body]).map(AsRef::as_ref).collect()
        }
    }
}

/// The operands that [`operands`] gives, mutably. The caller keeps the invariants of [`Expr`].
pub fn operands_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    match &mut expr.kind {
        ExprKind::Literal(_) | ExprKind::Field { .. } | ExprKind::Variable(_) => Vec::new(),
        ExprKind::Member { operand, .. }
        | ExprKind::Has(operand)
        | ExprKind::Not(operand)
        | ExprKind::IsNull(operand)
        | ExprKind::InCidr { operand, .. }
        | ExprKind::Matches { operand, .. }
        | ExprKind::Negate(operand)
        | ExprKind::TimePart { operand, .. }
        | ExprKind::Convert { operand, .. } => vec![Arc::make_mut(operand)],
        ExprKind::Lookup { operand: left, key: right, .. }
        | ExprKind::OrValue { operand: left, default: right }
        | ExprKind::Compare { left, right, .. }
        | ExprKind::In { element: left, container: right }
        | ExprKind::Within { operand: left, base: right }
        | ExprKind::Arithmetic { left, right, .. } => vec![Arc::make_mut(left), Arc::make_mut(right)],
        ExprKind::Conditional { condition, then, otherwise } => {
            [condition, then, otherwise].map(Arc::make_mut).into()
        }
        ExprKind::And(all) | ExprKind::Or(all) | ExprKind::List(all) | ExprKind::Call { args: all, .. } => {
            all.iter_mut().collect()
        }
        ExprKind::Map(entries) => entries.iter_mut().map(|(_, entry)| entry).collect(),
        ExprKind::Macro { range, filter, body, .. } => {
            [range].into_iter().chain(filter).chain([body]).map(Arc::make_mut).collect()
        }
    }
}
