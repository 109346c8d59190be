//! What is left of a condition where some records are known.
//!
//! What is left compiles again where the condition did: what is known stands in it as a value where it can be written
//! as one, and where it cannot, the guards of what is read stay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::{Comparison, Expr, ExprKind, operands, operands_mut};
use actra_model::{
    ActionId, Constraints, RawValue, Reason, RecordName, Request, Schema, Type, TypeKind, Value, ValueState,
};

use crate::fields::collect_fields;

/// The records that are known.
pub(crate) struct KnownRecords<'a> {
    /// They, and nothing else of account.
    pub(crate) request: &'a Request,
    /// What they were typed under.
    pub(crate) schema: &'a Schema,
    pub(crate) action: ActionId,
    /// The fields that are known.
    pub(crate) fields: &'a BTreeMap<(RecordName, Arc<str>), ValueState>,
}

/// What is left of a condition; `None` if it is false.
pub(crate) fn residual(expr: &Expr, known: &KnownRecords<'_>) -> Option<Expr> {
    let mut rest = known.reduce(expr);
    if constant(&rest) == Some(false) {
        return None;
    }
    known.fill_in(&mut rest);
    Some(rest)
}

impl KnownRecords<'_> {
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
            _ => match self.evaluated(expr) {
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
    fn evaluated(&self, expr: &Expr) -> Option<bool> {
        let mut fields = BTreeSet::new();
        collect_fields(expr, &mut fields);
        let is_known = |field: &(RecordName, Arc<str>)| {
            self.fields.contains_key(field) || (field.0 == RecordName::Action && field.1.as_ref() == "type")
        };
        if !fields.iter().all(is_known) {
            return None;
        }
        match actra_eval::evaluate_condition(expr, self.request) {
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
        let before = match &expr.kind {
            ExprKind::Compare { op: Comparison::Equal, left, right }
            | ExprKind::In { element: left, container: right } => Some((Arc::clone(left), Arc::clone(right))),
            _ => None,
        };
        operands_mut(expr).into_iter().for_each(|operand| self.fill_in(operand));
        if let (
            Some(before),
            ExprKind::Compare { left, right, .. } | ExprKind::In { element: left, container: right },
        ) = (before, &mut expr.kind)
        {
            self.keep_possible(before, left, right);
        }
    }

    /// Takes a value back that the other side of a comparison is declared never to be: a comparison with it does not
    /// compile.
    fn keep_possible(&self, before: (Arc<Expr>, Arc<Expr>), left: &mut Arc<Expr>, right: &mut Arc<Expr>) {
        if self.is_never(left, right) {
            *right = before.1;
        } else if self.is_never(right, left) {
            *left = before.0;
        }
    }

    /// Whether an operand may be declared never to be a value, or one of a list of them.
    fn is_never(&self, operand: &Expr, literal: &Expr) -> bool {
        let ExprKind::Literal(value) = &literal.kind else { return false };
        match (&operand.kind, self.declared(operand), value) {
            (_, Some(ty), Value::List(items)) => items.iter().any(|item| match item {
                ValueState::Present(value) => excludes(ty, value),
                ValueState::Absent | ValueState::Invalid(_) => false,
            }),
            (_, Some(ty), value) => excludes(ty, value),
            // What they hold can be narrowed, too.
            (ExprKind::Variable(_) | ExprKind::Member { .. } | ExprKind::Lookup { .. }, None, _)
            | (ExprKind::OrValue { .. } | ExprKind::Conditional { .. }, None, _) => {
                !matches!(value, Value::Bool(_))
            }
            _ => false,
        }
    }

    /// What the schema says of a read; `None` for what it is not known of.
    fn declared(&self, expr: &Expr) -> Option<&Type> {
        match &expr.kind {
            ExprKind::Field { record, name } => {
                Some(&self.schema.field(*record, self.action, name.as_ref())?.ty)
            }
            ExprKind::Member { operand, name, .. } => match &self.declared(operand)?.kind {
                TypeKind::Object(fields) => Some(&fields.get(name)?.ty),
                _ => None,
            },
            ExprKind::Lookup { operand, .. } => match &self.declared(operand)?.kind {
                TypeKind::List(of) | TypeKind::Map(of) => Some(of),
                _ => None,
            },
            _ => None,
        }
    }

    /// The value of a known field, if it can be written and may be shown.
    fn value(&self, expr: &Expr) -> Option<Value> {
        let ExprKind::Field { record, name } = &expr.kind else { return None };
        let field = self.schema.field(*record, self.action, name)?;
        if field.sensitive {
            return None;
        }
        match self.fields.get(&(*record, Arc::clone(name)))? {
            ValueState::Present(value) => is_written(value).then(|| value.clone()),
            ValueState::Absent | ValueState::Invalid(_) => None,
        }
    }
}

/// Whether values of a type are never this one, by what the schema says of them besides their type.
fn excludes(ty: &Type, value: &Value) -> bool {
    let raw = match value {
        Value::String(text) => RawValue::from(text.as_ref()),
        Value::Number(number) => RawValue::Number(*number),
        _ => return ty.constraints != Constraints::default(),
    };
    matches!(
        ty.check(&raw),
        ValueState::Invalid(
            Reason::NotOneOf
                | Reason::BelowMin
                | Reason::AboveMax
                | Reason::TooLong
                | Reason::PatternMismatch
        )
    )
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
            .all(|element| matches!(element, ValueState::Present(Value::String(_) | Value::Number(_)))),
        _ => false,
    }
}

/// Whether a part says that something is there.
fn is_guard(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Has(_) | ExprKind::In { .. }) || operands(expr).into_iter().any(is_guard)
}
