//! Every rule whose thresholds a request reaches is found.

use super::*;

/// A sequence that looks random; the same each time.
fn numbers(mut state: u64) -> impl Iterator<Item = u64> {
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 40
    })
}

const RULES: u32 = 4_000;
const QUERIES: usize = 500;

#[test]
fn every_rule_that_a_request_reaches_is_found_and_few_others() {
    let mut random = numbers(7);
    let mut next = |bound: u64| random.next().unwrap_or_default() % bound;
    let intervals: Vec<[Interval; 2]> = (0..RULES)
        .map(|_| {
            [0, 1].map(|_| {
                let low = next(100_000);
                Interval { low: low as f64, high: (low + next(300)) as f64 }
            })
        })
        .collect();
    let sides = [(0, BoundSide::Low), (0, BoundSide::High), (1, BoundSide::Low), (1, BoundSide::High)];
    let point = |(rule, intervals): (u32, &[Interval; 2])| RulePoint {
        rule,
        coordinates: sides.iter().map(|(slot, side)| intervals[usize::from(*slot)].on(*side)).collect(),
    };
    let mut lists: Vec<Vec<u32>> = Vec::new();
    let axes = sides.map(|(slot, side)| Axis { slot, side, guarded: false });
    let points = (0..).zip(&intervals).map(point).collect();
    let thresholds = ThresholdTree::new(Box::new(axes), points, &mut |part| {
        lists.push(part.iter().map(|point| point.rule).collect());
        NodeRef { start: lists.len() as u32 - 1, len: 1 }
    });
    let mut looked_at = 0;
    for _ in 0..QUERIES {
        let request = [0, 1].map(|_| (next(8) > 0).then(|| next(100_000)));
        let slots = request.map(|key| match key {
            Some(key) => BorrowedState::Number(Decimal::from(key as i64)),
            None => BorrowedState::Invalid(actra_model::Reason::Missing),
        });
        let mut found = Vec::new();
        thresholds.find(&slots, |part| found.extend_from_slice(&lists[part.start as usize]));
        for (rule, intervals) in (0..).zip(&intervals) {
            let inside = |(key, interval): (&Option<u64>, &Interval)| {
                key.is_none_or(|key| interval.low <= key as f64 && key as f64 <= interval.high)
            };
            if request.iter().zip(intervals).all(inside) {
                assert!(found.contains(&rule), "{request:?} is in {intervals:?}");
            }
        }
        if request.iter().all(Option::is_some) {
            looked_at += found.len();
        }
    }
    assert!(looked_at < QUERIES * 20, "{looked_at} rules of {} were looked at", QUERIES * RULES as usize);
}

#[test]
fn bounds_err_on_the_far_side() {
    for text in ["0.1", "0.3", "-0.7", "1e33", "-123456789012345678901234567890.1234", "1e-34", "0"] {
        let number = Decimal::parse_json(text).unwrap();
        let key = number_key(number);
        let value = Value::Number(number);
        assert!(at_least(&value).unwrap().low <= key && key <= at_most(&value).unwrap().high, "{text}");
    }
}
