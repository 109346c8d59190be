//! Which numbers an operand can be, by its type alone.

use actra_ir::{Comparison, Expr, ExprKind, Function, Rule, TimePart};
use actra_model::{ActionId, Decimal, RecordName, Schema, Type, TypeKind, Value};

/// From the least to the greatest value; `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumberRange {
    low: Option<Decimal>,
    high: Option<Decimal>,
    whole: bool,
}

impl NumberRange {
    const ANY: NumberRange = NumberRange { low: None, high: None, whole: false };

    fn whole(low: i64, high: Option<i64>) -> NumberRange {
        NumberRange { low: Some(low.into()), high: high.map(Decimal::from), whole: true }
    }

    fn point(value: Decimal) -> NumberRange {
        NumberRange { low: Some(value), high: Some(value), whole: value.is_integer() }
    }

    fn or(self, other: NumberRange) -> NumberRange {
        NumberRange {
            low: self.low.zip(other.low).map(|(left, right)| left.min(right)),
            high: self.high.zip(other.high).map(|(left, right)| left.max(right)),
            whole: self.whole && other.whole,
        }
    }

    fn single(self) -> Option<Decimal> {
        self.low.filter(|low| Some(*low) == self.high)
    }

    fn is_fraction(self) -> bool {
        self.single().is_some_and(|value| !value.is_integer())
    }

    /// Whether every value of this one is less than every value of the other.
    fn below(self, other: NumberRange) -> bool {
        self.high.zip(other.low).is_some_and(|(high, low)| high < low)
    }

    fn at_most(self, other: NumberRange) -> bool {
        self.high.zip(other.low).is_some_and(|(high, low)| high <= low)
    }

    /// Whether no value of the range equals a number.
    pub(super) fn is_never(self, value: Decimal) -> bool {
        NumberRange::compared(Comparison::Equal, self, NumberRange::point(value)) == Some(false)
    }

    /// The truth of a comparison, if it is the same for all values; otherwise `None`.
    pub(super) fn compared(op: Comparison, left: NumberRange, right: NumberRange) -> Option<bool> {
        match op {
            Comparison::Less if left.below(right) => Some(true),
            Comparison::Less if right.at_most(left) => Some(false),
            Comparison::LessOrEqual if left.at_most(right) => Some(true),
            Comparison::LessOrEqual if right.below(left) => Some(false),
            Comparison::Equal if left.below(right) || right.below(left) => Some(false),
            Comparison::Equal if left.whole && right.is_fraction() => Some(false),
            Comparison::Equal if right.whole && left.is_fraction() => Some(false),
            Comparison::Equal => left.single().zip(right.single()).map(|(left, right)| left == right),
            _ => None,
        }
    }
}

/// The numbers that an operand can be in a rule; `None` if it is not a number.
pub(super) fn of(operand: &Expr, rule: &Rule, schema: &Schema) -> Option<NumberRange> {
    match &operand.kind {
        ExprKind::Literal(Value::Number(value)) => Some(NumberRange::point(*value)),
        ExprKind::Field { record, name } => {
            let mut ranges = types(*record, name, rule, schema).map(of_type);
            let first = ranges.next()??;
            ranges.try_fold(first, |all, range| Some(all.or(range?)))
        }
        ExprKind::Call { function: Function::Size, args } => Some(size(args.first()?, rule, schema)),
        ExprKind::Call { function: Function::IndexOf | Function::LastIndexOf, .. } => {
            Some(NumberRange::whole(-1, None))
        }
        ExprKind::TimePart { part, .. } => Some(match part {
            TimePart::FullYear => return None,
            TimePart::Month => NumberRange::whole(0, Some(11)),
            TimePart::Date => NumberRange::whole(1, Some(31)),
            TimePart::DayOfMonth => NumberRange::whole(0, Some(30)),
            TimePart::DayOfWeek => NumberRange::whole(0, Some(6)),
            TimePart::DayOfYear => NumberRange::whole(0, Some(365)),
            TimePart::Hours => NumberRange::whole(0, Some(23)),
            TimePart::Minutes | TimePart::Seconds => NumberRange::whole(0, Some(59)),
            TimePart::Milliseconds => NumberRange::whole(0, Some(999)),
        }),
        _ => None,
    }
}

/// The sizes that something can have.
fn size(of: &Expr, rule: &Rule, schema: &Schema) -> NumberRange {
    let most = match &of.kind {
        ExprKind::Field { record, name } => types(*record, name, rule, schema)
            .map(|ty| ty.constraints.max_items.or(ty.constraints.max_length))
            .collect::<Option<Vec<_>>>()
            .and_then(|all| all.into_iter().max()),
        _ => None,
    };
    NumberRange::whole(0, most.and_then(|most| i64::try_from(most).ok()))
}

fn of_type(ty: &Type) -> Option<NumberRange> {
    let bound = |value: &Option<Value>| match value {
        Some(Value::Number(value)) => Some(*value),
        _ => None,
    };
    let (low, high) = (bound(&ty.constraints.min), bound(&ty.constraints.max));
    match ty.kind {
        TypeKind::Integer => Some(NumberRange { low, high, whole: true }),
        TypeKind::Number => Some(NumberRange { low, high, ..NumberRange::ANY }),
        _ => None,
    }
}

/// The type of a field in each action that a rule covers.
pub(super) fn types<'s>(
    record: RecordName,
    name: &'s str,
    rule: &'s Rule,
    schema: &'s Schema,
) -> impl Iterator<Item = &'s Type> {
    // The fields of other records are the same for every action.
    let actions: &[ActionId] = match record {
        RecordName::Action => &rule.actions,
        RecordName::Actor | RecordName::Snapshot => rule.actions.get(..1).unwrap_or_default(),
    };
    actions.iter().filter_map(move |action| schema.field(record, *action, name)).map(|field| &field.ty)
}
