//! Minimizes a change: values move as close to the former ones as the outcome allows.

use actra_model::{Decimal, RawMap, RawValue};

/// Values that are tried for one field.
const MAX_VALUES_TRIED: usize = 400;
/// Lists of which each element is tried to be the only one that goes.
const MAX_LIST_TRIED: usize = 100;

/// A value that helps and is as close to a former one as is found: members stay, numbers are moved, and of a list one
/// element goes.
///
/// `fits` says which values help; `value` does. Numbers have at most so many digits behind the point.
pub(super) fn nearer(
    former: &RawValue,
    value: &RawValue,
    digits: u8,
    mut fits: impl FnMut(&RawValue) -> bool,
) -> RawValue {
    let mut left = MAX_VALUES_TRIED;
    let mut fits = |tried: &RawValue| {
        left = left.saturating_sub(1);
        left > 0 && fits(tried)
    };
    near(former, value, digits, &mut fits)
}

/// Depth: that of values, which is bounded.
fn near(
    former: &RawValue,
    value: &RawValue,
    digits: u8,
    fits: &mut dyn FnMut(&RawValue) -> bool,
) -> RawValue {
    match (former, value) {
        (RawValue::Number(former), RawValue::Number(number)) => {
            RawValue::Number(edge(*former, *number, digits, fits).unwrap_or(*number))
        }
        (RawValue::Map(former), RawValue::Map(members)) => {
            RawValue::Map(members_near(former, members.clone(), digits, fits))
        }
        (RawValue::List(former), RawValue::List(_)) if former.len() <= MAX_LIST_TRIED => {
            let without = (0..former.len()).map(|gone| {
                let kept = former.iter().enumerate().filter(|(idx, _)| *idx != gone);
                RawValue::List(kept.map(|(_, element)| element.clone()).collect())
            });
            without.into_iter().find(|list| fits(list)).unwrap_or_else(|| value.clone())
        }
        _ => value.clone(),
    }
}

/// Members that need not differ are as they were.
fn members_near(
    former: &RawMap,
    mut members: RawMap,
    digits: u8,
    fits: &mut dyn FnMut(&RawValue) -> bool,
) -> RawMap {
    let names: Vec<String> = former.keys().chain(members.keys()).cloned().collect();
    for name in names {
        let was = former.get(&name);
        if was == members.get(&name) {
            continue;
        }
        let with = |value: Option<&RawValue>, mut members: RawMap| {
            match value {
                Some(value) => drop(members.insert(name.clone(), value.clone())),
                None => drop(members.remove(&name)),
            }
            members
        };
        let kept = with(was, members.clone());
        if fits(&RawValue::Map(kept.clone())) {
            members = kept;
        } else if let (Some(was), Some(is)) = (was, members.get(&name)) {
            let near =
                near(was, is, digits, &mut |value| fits(&RawValue::Map(with(Some(value), members.clone()))));
            members = with(Some(&near), members.clone());
        }
    }
    members
}

/// Halves the way between a number that helps and one that does not, so it ends at an edge, if not always at the
/// nearest one: first in steps of their own last digit, since a field may hold integers alone, then of the finest one.
/// `None` where the numbers have too many digits for that.
fn edge(bad: Decimal, good: Decimal, digits: u8, fits: &mut dyn FnMut(&RawValue) -> bool) -> Option<Decimal> {
    let own = bad.scale().max(good.scale());
    let (bad, best) = halved(bad, good, own, fits)?;
    if digits <= own {
        return Some(best);
    }
    Some(halved(bad, best, digits, fits).map_or(best, |(_, best)| best))
}

/// Two neighbors of so many digits, of which one helps.
fn halved(
    bad: Decimal,
    good: Decimal,
    digits: u8,
    fits: &mut dyn FnMut(&RawValue) -> bool,
) -> Option<(Decimal, Decimal)> {
    let scaled = |number: Decimal| {
        number.mantissa().checked_mul(10_i128.checked_pow(u32::from(digits - number.scale()))?)
    };
    let (mut bad, mut best) = (scaled(bad)?, scaled(good)?);
    while best.abs_diff(bad) > 1 {
        let middle = best + (bad - best) / 2;
        let number = Decimal::new(middle, digits)?;
        if fits(&RawValue::Number(number)) { best = middle } else { bad = middle }
    }
    Some((Decimal::new(bad, digits)?, Decimal::new(best, digits)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> RawValue {
        match json {
            "one" => RawValue::List(["a", "evil", "b"].map(RawValue::from).into()),
            "none" => RawValue::List(Vec::new()),
            number => RawValue::Number(Decimal::parse_json(number).unwrap()),
        }
    }

    fn object(n: &str, note: &str) -> RawValue {
        RawValue::Map([("n".to_owned(), value(n)), ("note".to_owned(), note.into())].into())
    }

    #[test]
    fn integers_stay_close_to_a_bound_between_them() {
        let limit = Decimal::parse_json("1.5").unwrap();
        let fits = |value: &RawValue| matches!(value, RawValue::Number(number) if *number <= limit && number.scale() == 0);
        assert_eq!(nearer(&value("100"), &value("0"), 1, fits), value("1"));
        let fits = |value: &RawValue| matches!(value, RawValue::Number(number) if *number <= limit);
        assert_eq!(nearer(&value("100"), &value("0"), 1, fits), value("1.5"));
    }

    #[test]
    fn values_stay_close() {
        let limit = Decimal::parse_json("5.5").unwrap();
        let small = move |value: &RawValue| matches!(value, RawValue::Number(number) if *number <= limit);
        assert_eq!(nearer(&value("9"), &value("0"), 1, small), value("5.5"));
        let inside = move |value: &RawValue| match value {
            RawValue::Map(members) => members.get("n").is_some_and(small),
            _ => false,
        };
        assert_eq!(nearer(&object("9", "kept"), &object("0", "a"), 1, inside), object("5.5", "kept"));
        let clean = |value: &RawValue| !value.to_json().contains("evil");
        let expected = RawValue::List(["a", "b"].map(RawValue::from).into());
        assert_eq!(nearer(&value("one"), &value("none"), 0, clean), expected);
    }
}
