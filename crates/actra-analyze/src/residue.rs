//! What is left of a condition where some records are known.
//!
//! What is left compiles again where the condition did: what is known stands in it as a value where it can be written
//! as one, and where it cannot, the guards of what is read stay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::{Expr, ExprKind, operands, operands_mut};
use actra_model::{ActionId, Domain, Request, Schema, Slot, Value};

use crate::diff::collect_fields;

/// The records that are known.
pub(crate) struct Known<'a> {
    /// They, and nothing else of account.
    pub(crate) request: &'a Request,
    /// What they were admitted under.
    pub(crate) schema: &'a Schema,
    pub(crate) action: ActionId,
    /// The fields that are known.
    pub(crate) fields: &'a BTreeMap<(Domain, Arc<str>), Slot>,
}

/// What is left of a condition; `None` if it is false.
pub(crate) fn residue(expr: &Expr, known: &Known<'_>) -> Option<Expr> {
    let mut rest = known.reduce(expr);
    if constant(&rest) == Some(false) {
        return None;
    }
    known.fill_in(&mut rest);
    Some(rest)
}

impl Known<'_> {
    fn reduce(&self, expr: &Expr) -> Expr {
        let of = |kind| Expr { kind, span: expr.span };
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => {
                let deciding = matches!(expr.kind, ExprKind::Or(_));
                let reduced: Vec<Expr> = parts.iter().map(|part| self.reduce(part)).collect();
                if reduced.iter().any(|part| constant(part) == Some(deciding)) {
                    return of(flag(deciding));
                }
                let mut kept = self.kept(parts, reduced);
                match (kept.len(), kept.pop()) {
                    (_, None) => of(flag(!deciding)),
                    (1, Some(only)) => only,
                    (_, Some(last)) => {
                        kept.push(last);
                        of(if deciding { ExprKind::Or(kept) } else { ExprKind::And(kept) })
                    }
                }
            }
            ExprKind::Not(operand) => {
                let operand = self.reduce(operand);
                of(match constant(&operand) {
                    Some(known) => flag(!known),
                    None => ExprKind::Not(Arc::new(operand)),
                })
            }
            _ => match self.settled(expr) {
                Some(known) => of(flag(known)),
                None => expr.clone(),
            },
        }
    }

    /// The parts that are not settled, with the guards of what they read.
    fn kept(&self, parts: &[Expr], reduced: Vec<Expr>) -> Vec<Expr> {
        let mut read = BTreeSet::new();
        for part in reduced.iter().filter(|part| constant(part).is_none()) {
            let mut part = part.clone();
            self.fill_in(&mut part);
            collect_fields(&part, &mut read);
        }
        let is_needed = |part: &Expr| {
            let mut guarded = BTreeSet::new();
            collect_fields(part, &mut guarded);
            is_guard(part) && !guarded.is_disjoint(&read)
        };
        let keep = |(part, reduced): (&Expr, Expr)| match constant(&reduced) {
            None => Some(reduced),
            Some(_) => is_needed(part).then(|| part.clone()),
        };
        parts.iter().zip(reduced).filter_map(keep).collect()
    }

    /// What a condition is that reads nothing else.
    fn settled(&self, expr: &Expr) -> Option<bool> {
        let mut fields = BTreeSet::new();
        collect_fields(expr, &mut fields);
        let is_known = |field: &(Domain, Arc<str>)| {
            self.fields.contains_key(field) || (field.0 == Domain::Action && field.1.as_ref() == "type")
        };
        if !fields.iter().all(is_known) {
            return None;
        }
        match actra_eval::truth(expr, self.request) {
            actra_eval::Truth::True => Some(true),
            actra_eval::Truth::False => Some(false),
            actra_eval::Truth::Undetermined(_) => None,
        }
    }

    /// Puts values in the place of known fields. Recursion is bounded by the nesting of conditions.
    fn fill_in(&self, expr: &mut Expr) {
        if matches!(expr.kind, ExprKind::Has(_)) {
            return;
        }
        let read = match &expr.kind {
            ExprKind::OrValue { operand, .. } => operand,
            _ => &*expr,
        };
        if let Some(value) = self.value(read) {
            expr.kind = ExprKind::Literal(value);
            return;
        }
        // A default stands behind a read, which stays one.
        if let ExprKind::OrValue { default, .. } = &mut expr.kind {
            return self.fill_in(Arc::make_mut(default));
        }
        operands_mut(expr).into_iter().for_each(|operand| self.fill_in(operand));
    }

    /// The value of a known field, if it can be written and may be shown.
    fn value(&self, expr: &Expr) -> Option<Value> {
        let ExprKind::Field { domain, name } = &expr.kind else { return None };
        let field = self.schema.field(*domain, self.action, name)?;
        if field.sensitive {
            return None;
        }
        match self.fields.get(&(*domain, Arc::clone(name)))? {
            Slot::Present(value) => is_written(value).then(|| value.clone()),
            Slot::Absent | Slot::Invalid(_) => None,
        }
    }
}

fn flag(known: bool) -> ExprKind {
    ExprKind::Literal(Value::Bool(known))
}

fn constant(expr: &Expr) -> Option<bool> {
    match expr.kind {
        ExprKind::Literal(Value::Bool(known)) => Some(known),
        _ => None,
    }
}

/// Whether a value is a literal of an expression wherever a field of its type may stand.
fn is_written(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Timestamp(_) | Value::Duration(_) => {
            true
        }
        // A list without elements has no type of its own.
        Value::List(elements) if !elements.is_empty() => elements
            .iter()
            .all(|element| matches!(element, Slot::Present(Value::String(_) | Value::Number(_)))),
        _ => false,
    }
}

/// Whether a part says that something is there.
fn is_guard(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Has(_) | ExprKind::In { .. }) || operands(expr).into_iter().any(is_guard)
}
