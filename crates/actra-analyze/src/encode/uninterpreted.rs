//! Uninterpreted values: a part that is not looked into is an unknown value, the same one wherever the same expression
//! reads the same.
//!
//! So `x.trim() == "a"` and `x.trim() in ["a", "b"]` have to do with each other, though nobody says here what trimming
//! does. What holds of every value of such a part, such as that an hour lies between 0 and 23, is put in. A value may
//! be there or not, as is free; what is found this way is tried with the engine like everything else.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::{ArithmeticOp, Expr, ExprKind, Function, MacroKind, TimePart};
use actra_model::{Decimal, Field, Type, TypeKind, Value, ValueState};

use super::{Encoded, Encoder, Opaque, Side};
use crate::atom::Atom;
use crate::fields::collect_fields;
use crate::formula::Formula;
use crate::json_kind::is_plain;
use crate::symbolic_request::Content;
use crate::term::SymbolicValue;

impl Encoder<'_> {
    /// The value of a part that is not looked into; opaque if it is no plain value, or its type is not known here.
    pub(super) fn uninterpreted(&mut self, expr: &Expr) -> Encoded<SymbolicValue> {
        let kind = self.type_of(expr).filter(is_plain).ok_or(Opaque)?;
        self.has_uninterpreted = true;
        collect_fields(expr, &mut self.opaque_fields);
        self.memoized(expr, |this| {
            let (name, which) = this.identity(expr);
            let there = this.symbolic_request.atom(Atom::Opaque(Arc::clone(&name), Arc::clone(&which), true));
            let absent = if may_be_absent(expr) {
                let left_out =
                    this.symbolic_request.atom(Atom::Opaque(Arc::clone(&name), Arc::clone(&which), false));
                this.and([!there, left_out])
            } else {
                Formula::FALSE
            };
            let mut ty = Type::plain(kind);
            (ty.constraints.min, ty.constraints.max) = bounds(expr);
            let place = format!("{name} {which}");
            let id = this.symbolic_request.add_place(&place, &place, &ty, there, absent);
            if let Some(Content::Text(var)) = this.symbolic_request.get(id).map(|id| &id.content) {
                this.symbolic_request.computed.insert(*var);
            }
            Ok(this.symbolic_request.read(id))
        })
    }

    /// Whether both sides read these fields alike, so that the same words mean the same.
    pub(super) fn is_read_alike(&self, expr: &Expr) -> bool {
        let mut fields = BTreeSet::new();
        collect_fields(expr, &mut fields);
        fields.iter().all(|(record, name)| {
            (*record == actra_model::RecordName::Action && name.as_ref() == "type") || {
                let own = self.declared(Side::Own, *record, name);
                let earlier = self.declared(Side::Earlier, *record, name);
                own.zip(earlier).is_some_and(|(own, earlier)| {
                    own.ty.reads_like(&earlier.ty) && own.optional == earlier.optional
                })
            }
        })
    }

    fn declared(&self, side: Side, record: actra_model::RecordName, name: &str) -> Option<&Field> {
        let (own, action) = (self.space.schema, self.space.action);
        match side {
            Side::Own => own.field(record, action, name),
            Side::Earlier => {
                let earlier = self.space.earlier?.schema;
                earlier.field(record, earlier.action_id(&own.action(action)?.name)?, name)
            }
        }
    }

    /// The type of a part, as far as it is known without its variables.
    fn type_of(&self, expr: &Expr) -> Option<TypeKind> {
        Some(match &expr.kind {
            ExprKind::Literal(value) => kind_of(value)?,
            ExprKind::Field { record, name } => self.declared(self.side, *record, name)?.ty.kind.clone(),
            ExprKind::Member { operand, name, .. } => match self.type_of(operand)? {
                TypeKind::Object(fields) => fields.get(name)?.ty.kind.clone(),
                TypeKind::Map(value) => value.kind.clone(),
                _ => return None,
            },
            ExprKind::Lookup { operand, .. } => element(self.type_of(operand)?)?,
            // It may be the value of either.
            ExprKind::OrValue { operand: left, default: right }
            | ExprKind::Conditional { then: left, otherwise: right, .. } => {
                match [left, right].map(|side| is_empty_list(side)) {
                    [false, true] => self.type_of(left)?,
                    [true, false] => self.type_of(right)?,
                    _ => joined(self.type_of(left)?, self.type_of(right)?)?,
                }
            }
            ExprKind::List(parts) => {
                let kinds = parts.iter().map(|part| self.type_of(part));
                TypeKind::List(Box::new(Type::plain(all_joined(kinds)?)))
            }
            ExprKind::Negate(operand) | ExprKind::Macro { kind: MacroKind::Filter, range: operand, .. } => {
                self.type_of(operand)?
            }
            ExprKind::Convert { kind, .. } => kind.clone(),
            ExprKind::TimePart { .. } => TypeKind::Integer,
            ExprKind::Arithmetic { op, left, right } => {
                computed(*op, self.type_of(left)?, self.type_of(right)?)?
            }
            ExprKind::Call { function, args } => match function {
                Function::Size | Function::IndexOf | Function::LastIndexOf | Function::ToInt => {
                    TypeKind::Integer
                }
                Function::ToDouble => TypeKind::Number,
                Function::LowerAscii
                | Function::UpperAscii
                | Function::Trim
                | Function::Substring
                | Function::Replace
                | Function::ToString => TypeKind::String,
                Function::Distinct => self.type_of(args.first()?)?,
                Function::Sum | Function::Min | Function::Max => element(self.type_of(args.first()?)?)?,
                _ => return None,
            },
            _ => return None,
        })
    }
}

fn element(container: TypeKind) -> Option<TypeKind> {
    match container {
        TypeKind::List(element) | TypeKind::Map(element) => Some(element.kind),
        _ => None,
    }
}

fn kind_of(value: &Value) -> Option<TypeKind> {
    Some(match value {
        Value::Number(number) if number.scale() == 0 => TypeKind::Integer,
        Value::Number(_) => TypeKind::Number,
        Value::String(_) => TypeKind::String,
        Value::Timestamp(_) => TypeKind::Timestamp,
        Value::Duration(_) => TypeKind::Duration,
        Value::List(states) => {
            let kinds = states.iter().map(|state| match state {
                ValueState::Present(value) => kind_of(value),
                ValueState::Absent | ValueState::Invalid(_) => None,
            });
            TypeKind::List(Box::new(Type::plain(all_joined(kinds)?)))
        }
        _ => return None,
    })
}

/// The type of values of either type; integers are numbers. What narrows them is not looked at.
fn joined(left: TypeKind, right: TypeKind) -> Option<TypeKind> {
    use TypeKind::{Integer, List, Map, Number};
    let inner = |left: Type, right: Type| Some(Box::new(Type::plain(joined(left.kind, right.kind)?)));
    Some(match (left, right) {
        (Integer, Number) | (Number, Integer) => Number,
        (List(left), List(right)) => List(inner(*left, *right)?),
        (Map(left), Map(right)) => Map(inner(*left, *right)?),
        (left, right) if left == right => left,
        _ => return None,
    })
}

/// The type of all of these; `None` if there are none, or one is not known.
fn all_joined(kinds: impl Iterator<Item = Option<TypeKind>>) -> Option<TypeKind> {
    kinds.reduce(|left, right| joined(left?, right?)).flatten()
}

/// A list without elements has no type of its own, and adds no value.
fn is_empty_list(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::List(parts) => parts.is_empty(),
        ExprKind::Literal(Value::List(elements)) => elements.is_empty(),
        _ => false,
    }
}

/// The type of what arithmetic makes of values of these types.
fn computed(op: ArithmeticOp, left: TypeKind, right: TypeKind) -> Option<TypeKind> {
    use TypeKind::{Duration, Integer, Number, Timestamp};
    Some(match (op, left, right) {
        (_, Integer, Integer) => Integer,
        (_, Integer | Number, Integer | Number) => Number,
        (ArithmeticOp::Add, Timestamp, Duration)
        | (ArithmeticOp::Add, Duration, Timestamp)
        | (ArithmeticOp::Subtract, Timestamp, Duration) => Timestamp,
        (ArithmeticOp::Subtract, Timestamp, Timestamp)
        | (ArithmeticOp::Add | ArithmeticOp::Subtract, Duration, Duration) => Duration,
        _ => return None,
    })
}

/// What every value of a part is at least and at most.
fn bounds(expr: &Expr) -> (Option<Value>, Option<Value>) {
    let (least, most) = match &expr.kind {
        ExprKind::TimePart { part, .. } => match part {
            TimePart::FullYear => (None, None),
            TimePart::Month => (Some(0), Some(11)),
            TimePart::Date => (Some(1), Some(31)),
            TimePart::DayOfMonth => (Some(0), Some(30)),
            TimePart::DayOfWeek => (Some(0), Some(6)),
            TimePart::DayOfYear => (Some(0), Some(365)),
            TimePart::Hours => (Some(0), Some(23)),
            TimePart::Minutes | TimePart::Seconds => (Some(0), Some(59)),
            TimePart::Milliseconds => (Some(0), Some(999)),
        },
        ExprKind::Call { function: Function::Size, .. } => (Some(0), None),
        ExprKind::Call { function: Function::IndexOf | Function::LastIndexOf, .. } => (Some(-1), None),
        _ => (None, None),
    };
    let value = |bound: Option<i64>| bound.map(|bound| Value::Number(Decimal::from(bound)));
    (value(least), value(most))
}

/// Whether a part may lawfully not be there.
fn may_be_absent(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Member { .. } | ExprKind::Lookup { .. } => true,
        ExprKind::OrValue { default, .. } => may_be_absent(default),
        ExprKind::Conditional { then, otherwise, .. } => may_be_absent(then) || may_be_absent(otherwise),
        ExprKind::Convert { operand, .. } => may_be_absent(operand),
        _ => false,
    }
}
