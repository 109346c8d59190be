//! Values close to a literal, which only tests at its boundary tell from it.

use std::sync::Arc;

use actra_engine::ir::Expr;
use actra_engine::ir::ExprKind;
use actra_engine::model::{Date, Decimal, Duration, Quantity, Timestamp, Value, ValueState};

/// Which neighbor of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Neighbor {
    Below,
    Above,
}

/// The nearest value that an author would write: it differs by one in the last place, one second, or one day.
///
/// `None` for values that have no neighbors.
pub(crate) fn neighbor(value: &Value, which: Neighbor) -> Option<Value> {
    Some(match value {
        Value::Number(number) => Value::Number(decimal_neighbor(*number, which)?),
        Value::Quantity(quantity) => {
            Value::Quantity(Quantity::parse(&decimal_neighbor(quantity.value(), which)?.to_string())?)
        }
        Value::Duration(duration) => {
            Value::Duration(Duration::from_nanos(nanos_neighbor(duration.nanos(), which))?)
        }
        Value::Timestamp(time) => {
            Value::Timestamp(Timestamp::from_nanos(nanos_neighbor(time.nanos(), which))?)
        }
        Value::Date(date) => Value::Date(date_neighbor(*date, which)?),
        _ => return None,
    })
}

fn decimal_neighbor(number: Decimal, which: Neighbor) -> Option<Decimal> {
    let one = Decimal::new(1, number.scale())?;
    match which {
        Neighbor::Below => number.checked_sub(one),
        Neighbor::Above => number.checked_add(one),
    }
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// A second away, or a nanosecond if it is not a whole number of seconds.
fn nanos_neighbor(nanos: i128, which: Neighbor) -> i128 {
    let one = if nanos % NANOS_PER_SECOND == 0 { NANOS_PER_SECOND } else { 1 };
    match which {
        Neighbor::Below => nanos.saturating_sub(one),
        Neighbor::Above => nanos.saturating_add(one),
    }
}

fn date_neighbor(date: Date, which: Neighbor) -> Option<Date> {
    let days = i128::from(date.days()) + if which == Neighbor::Below { -1 } else { 1 };
    let midnight = Timestamp::from_nanos(days * 86_400 * NANOS_PER_SECOND)?.to_string();
    Date::parse(midnight.get(..10)?)
}

/// Another literal close to this one; `None` for those whose change would say no more than a negation.
pub(super) fn changed(expr: &Expr) -> Option<Expr> {
    let ExprKind::Literal(value) = &expr.kind else { return None };
    let value = match value {
        Value::String(text) => Value::String(Arc::from(format!("{text}~"))),
        value => neighbor(value, Neighbor::Above)?,
    };
    Some(Expr { kind: ExprKind::Literal(value), span: expr.span })
}

/// The text without its last character: a weaker demand on what must start with, end with or contain it.
pub(super) fn shortened(expr: &Expr) -> Option<Expr> {
    let ExprKind::Literal(Value::String(text)) = &expr.kind else { return None };
    let (end, _) = text.char_indices().next_back().filter(|(end, _)| *end > 0)?;
    let value = Value::String(Arc::from(text.get(..end)?));
    Some(Expr { kind: ExprKind::Literal(value), span: expr.span })
}

/// For a list of at least two literals, each element with the list without it.
pub(super) fn without_each(expr: &Expr) -> Vec<(Expr, Expr)> {
    let states = match &expr.kind {
        ExprKind::Literal(Value::List(states)) if states.len() > 1 => states,
        _ => return Vec::new(),
    };
    let without = |idx: usize| {
        let kept =
            states.iter().enumerate().filter(|(other, _)| *other != idx).map(|(_, state)| state.clone());
        Expr { kind: ExprKind::Literal(Value::List(kept.collect())), span: expr.span }
    };
    let element = |state: &ValueState| match state {
        ValueState::Present(value) => Some(Expr { kind: ExprKind::Literal(value.clone()), span: expr.span }),
        ValueState::Absent | ValueState::Invalid(_) => None,
    };
    states.iter().enumerate().filter_map(|(idx, state)| Some((element(state)?, without(idx)))).collect()
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
            assert_eq!(neighbor(&value, Neighbor::Below), Some(below));
            assert_eq!(neighbor(&value, Neighbor::Above), Some(above));
        }
        assert_eq!(neighbor(&Value::Bool(true), Neighbor::Above), None);
    }
}
