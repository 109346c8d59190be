use std::sync::Arc;

use actra_engine::ir::Expr;
use actra_engine::ir::ExprKind;
use actra_engine::model::{Date, Decimal, Duration, Quantity, Slot, Timestamp, Value};

/// To which side a literal moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Below,
    Above,
}

/// The nearest value that an author would write: one in the last place, one second, one day.
///
/// `None` for values that have no neighbors.
pub(crate) fn step(value: &Value, side: Side) -> Option<Value> {
    Some(match value {
        Value::Number(number) => Value::Number(step_decimal(*number, side)?),
        Value::Quantity(quantity) => {
            Value::Quantity(Quantity::parse(&step_decimal(quantity.value(), side)?.to_string())?)
        }
        Value::Duration(duration) => {
            Value::Duration(Duration::from_nanos(step_nanos(duration.nanos(), side))?)
        }
        Value::Timestamp(time) => Value::Timestamp(Timestamp::from_nanos(step_nanos(time.nanos(), side))?),
        Value::Date(date) => Value::Date(step_date(*date, side)?),
        _ => return None,
    })
}

fn step_decimal(number: Decimal, side: Side) -> Option<Decimal> {
    let one = Decimal::new(1, number.scale())?;
    match side {
        Side::Below => number.checked_sub(one),
        Side::Above => number.checked_add(one),
    }
}

const SECOND: i128 = 1_000_000_000;

/// A second, or a nanosecond for what is no number of seconds.
fn step_nanos(nanos: i128, side: Side) -> i128 {
    let one = if nanos % SECOND == 0 { SECOND } else { 1 };
    match side {
        Side::Below => nanos.saturating_sub(one),
        Side::Above => nanos.saturating_add(one),
    }
}

fn step_date(date: Date, side: Side) -> Option<Date> {
    let days = i128::from(date.days()) + if side == Side::Below { -1 } else { 1 };
    let midnight = Timestamp::from_nanos(days * 86_400 * SECOND)?.to_string();
    Date::parse(midnight.get(..10)?)
}

/// A literal that is close to this one but another; `None` for those whose change says no more than a negation.
pub(super) fn changed(expr: &Expr) -> Option<Expr> {
    let ExprKind::Literal(value) = &expr.kind else { return None };
    let value = match value {
        Value::String(text) => Value::String(Arc::from(format!("{text}~"))),
        value => step(value, Side::Above)?,
    };
    Some(Expr { kind: ExprKind::Literal(value), span: expr.span })
}

/// The text without its last character, for a part that a longer text must hold.
pub(super) fn shortened(expr: &Expr) -> Option<Expr> {
    let ExprKind::Literal(Value::String(text)) = &expr.kind else { return None };
    let (end, _) = text.char_indices().next_back().filter(|(end, _)| *end > 0)?;
    let value = Value::String(Arc::from(text.get(..end)?));
    Some(Expr { kind: ExprKind::Literal(value), span: expr.span })
}

/// A list of at least two literals, once without each.
pub(super) fn dropped(expr: &Expr) -> Vec<(Expr, Expr)> {
    let slots = match &expr.kind {
        ExprKind::Literal(Value::List(slots)) if slots.len() > 1 => slots,
        _ => return Vec::new(),
    };
    let without = |idx: usize| {
        let kept = slots.iter().enumerate().filter(|(at, _)| *at != idx).map(|(_, slot)| slot.clone());
        Expr { kind: ExprKind::Literal(Value::List(kept.collect())), span: expr.span }
    };
    let element = |slot: &Slot| match slot {
        Slot::Present(value) => Some(Expr { kind: ExprKind::Literal(value.clone()), span: expr.span }),
        Slot::Absent | Slot::Invalid(_) => None,
    };
    slots.iter().enumerate().filter_map(|(idx, slot)| Some((element(slot)?, without(idx)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_values_are_one_in_the_last_place_away() {
        let number = |text: &str| Value::Number(Decimal::parse_json(text).unwrap());
        for (value, below, above) in [
            (number("1000"), number("999"), number("1001")),
            (number("0.05"), number("0.04"), number("0.06")),
            (
                Value::Date(Date::parse("2024-02-29").unwrap()),
                Value::Date(Date::parse("2024-02-28").unwrap()),
                Value::Date(Date::parse("2024-03-01").unwrap()),
            ),
            (
                Value::Duration(Duration::parse("1h").unwrap()),
                Value::Duration(Duration::parse("3599s").unwrap()),
                Value::Duration(Duration::parse("3601s").unwrap()),
            ),
        ] {
            assert_eq!(step(&value, Side::Below), Some(below));
            assert_eq!(step(&value, Side::Above), Some(above));
        }
        assert_eq!(step(&Value::Bool(true), Side::Above), None);
    }
}
