//! Rules by the intervals that ordered fields must lie in: a bounding volume hierarchy.
//!
//! A rule is a box with one interval a field, and a request is a point, unbounded where a field cannot be read. The
//! boxes are halved again and again by the coordinate that their corners differ most in, as a k-d tree does (Bentley,
//! 1975), and each part knows the intervals that all of its boxes lie in; parts that cannot hold the point are skipped.
//!
//! Bounds are floats near the exact ones, always on the far side, so that a part is never skipped wrongly.

use actra_model::{Cell, Decimal, Value};

use super::Target;

/// Rules that are not divided any more.
const LEAF: usize = 4;

/// An interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Interval {
    /// Everything.
    pub(crate) const ALL: Interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// Both at once.
    pub(crate) fn and(self, other: Interval) -> Interval {
        Interval { low: self.low.max(other.low), high: self.high.min(other.high) }
    }

    fn hull(self, other: Interval) -> Interval {
        Interval { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn holds(self, key: f64) -> bool {
        self.low <= key && key <= self.high
    }
}

/// A field that bounds rules.
#[derive(Debug)]
pub(crate) struct Dimension {
    pub(crate) slot: u16,
    /// Whether every rule asks for its presence, so that none is left when it is absent.
    pub(crate) guarded: bool,
}

/// A rule with its box: one interval for each dimension.
#[derive(Debug, Clone)]
pub(crate) struct Boxed {
    pub(crate) rule: u32,
    pub(crate) intervals: Box<[Interval]>,
}

/// Rules by their boxes.
#[derive(Debug)]
pub(crate) struct Boxes {
    dimensions: Box<[Dimension]>,
    /// The first half of a part follows it at once.
    parts: Vec<Part>,
    /// For each part, the hull of its boxes.
    hulls: Vec<Interval>,
}

#[derive(Debug)]
struct Part {
    /// Where the other half is; zero where the part is not divided.
    other: u32,
    rules: Target,
}

impl Boxes {
    /// Divides boxes; `place` files the rules of an undivided part.
    pub(crate) fn new(
        dimensions: Box<[Dimension]>,
        mut boxes: Vec<Boxed>,
        place: &mut dyn FnMut(&[Boxed]) -> Target,
    ) -> Self {
        let mut divided = Self { dimensions, parts: Vec::new(), hulls: Vec::new() };
        divided.divide(&mut boxes, 0, place);
        divided
    }

    fn divide(&mut self, boxes: &mut [Boxed], level: usize, place: &mut dyn FnMut(&[Boxed]) -> Target) {
        let at = self.parts.len();
        for dimension in 0..self.dimensions.len() {
            let intervals = boxes.iter().filter_map(|one| one.intervals.get(dimension)).copied();
            self.hulls.push(intervals.reduce(Interval::hull).unwrap_or(Interval::ALL));
        }
        self.parts.push(Part { other: 0, rules: Target::default() });
        let coordinate = (boxes.len() > LEAF).then(|| self.dividing(boxes, level)).flatten();
        let Some(coordinate) = coordinate else {
            let rules = place(boxes);
            return self.set(at, Part { other: 0, rules });
        };
        let middle = boxes.len() / 2;
        boxes.select_nth_unstable_by(middle, |left, right| {
            corner(left, coordinate).total_cmp(&corner(right, coordinate)).then(left.rule.cmp(&right.rule))
        });
        let (first, second) = boxes.split_at_mut(middle);
        self.divide(first, level + 1, place);
        let other = self.parts.len() as u32;
        self.divide(second, level + 1, place);
        self.set(at, Part { other, rules: Target::default() });
    }

    fn set(&mut self, at: usize, part: Part) {
        if let Some(place) = self.parts.get_mut(at) {
            *place = part;
        }
    }

    /// The next coordinate in turn in which the corners differ; none if all boxes are the same.
    fn dividing(&self, boxes: &[Boxed], level: usize) -> Option<usize> {
        let count = 2 * self.dimensions.len();
        let differ = |coordinate: &usize| {
            let mut corners = boxes.iter().map(|one| corner(one, *coordinate));
            let first = corners.next();
            corners.any(|corner| Some(corner) != first)
        };
        (0..count).map(|step| (level + step) % count).find(differ)
    }

    /// Hands out the rules of all parts that the request's values may lie in.
    pub(crate) fn find(&self, cells: &[Cell<'_>], mut each: impl FnMut(Target)) {
        let mut point = smallvec::SmallVec::<[Option<f64>; 4]>::new();
        for dimension in &self.dimensions {
            let cell = cells.get(usize::from(dimension.slot));
            if dimension.guarded && matches!(cell, Some(Cell::Absent)) {
                return;
            }
            point.push(cell.and_then(cell_key));
        }
        self.find_in(0, &point, &mut each);
    }

    fn find_in(&self, at: usize, point: &[Option<f64>], each: &mut impl FnMut(Target)) {
        let start = at * point.len();
        let hulls = self.hulls.get(start..start + point.len()).unwrap_or_default();
        let inside = |(hull, key): (&Interval, &Option<f64>)| key.is_none_or(|key| hull.holds(key));
        let Some(part) = self.parts.get(at).filter(|_| hulls.iter().zip(point).all(inside)) else { return };
        if part.other == 0 {
            return each(part.rules);
        }
        self.find_in(at + 1, point, each);
        self.find_in(part.other as usize, point, each);
    }
}

fn corner(boxed: &Boxed, coordinate: usize) -> f64 {
    let interval = boxed.intervals.get(coordinate / 2).copied().unwrap_or(Interval::ALL);
    if coordinate.is_multiple_of(2) { interval.low } else { interval.high }
}

/// A float near an ordered value; nearer values may share it.
///
/// At most three roundings, so the error is below four units in the last place.
fn cell_key(cell: &Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Number(number) => Some(number_key(*number)),
        Cell::Value(value) => value_key(value),
        _ => None,
    }
}

fn value_key(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number_key(*number)),
        Value::Timestamp(time) => Some(time.nanos() as f64),
        Value::Duration(duration) => Some(duration.nanos() as f64),
        Value::Date(date) => Some(f64::from(date.days())),
        _ => None,
    }
}

fn number_key(number: Decimal) -> f64 {
    let mantissa = number.mantissa() as f64;
    if number.scale() == 0 { mantissa } else { mantissa / 10f64.powi(i32::from(number.scale())) }
}

/// Much more than the roundings of two keys together.
const MARGIN: f64 = 64.0 * f64::EPSILON;

/// What lies at or above a literal.
pub(crate) fn at_least(value: &Value) -> Option<Interval> {
    let key = value_key(value)?;
    Some(Interval { low: key - key.abs() * MARGIN, high: f64::INFINITY })
}

/// What lies at or below a literal.
pub(crate) fn at_most(value: &Value) -> Option<Interval> {
    let key = value_key(value)?;
    Some(Interval { low: f64::NEG_INFINITY, high: key + key.abs() * MARGIN })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence that looks random; the same each time.
    fn numbers(mut state: u64) -> impl Iterator<Item = u64> {
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 40
        })
    }

    fn cells(point: [Option<u64>; 2]) -> [Cell<'static>; 2] {
        point.map(|key| match key {
            Some(key) => Cell::Number(Decimal::from(key as i64)),
            None => Cell::Invalid(actra_model::Reason::Missing),
        })
    }

    fn found(boxes: &Boxes, lists: &[Vec<u32>], point: [Option<u64>; 2]) -> Vec<u32> {
        let mut found = Vec::new();
        boxes.find(&cells(point), |part| found.extend_from_slice(&lists[part.start as usize]));
        found
    }

    #[test]
    fn every_box_that_holds_a_point_is_found_and_few_others() {
        let mut random = numbers(7);
        let mut next = |bound: u64| random.next().unwrap_or_default() % bound;
        let boxed: Vec<Boxed> = (0..4_000)
            .map(|rule| {
                let intervals = [0, 1].map(|_| {
                    let low = next(100_000);
                    Interval { low: low as f64, high: (low + next(300)) as f64 }
                });
                Boxed { rule, intervals: Box::new(intervals) }
            })
            .collect();
        let mut lists = Vec::new();
        let dimensions = [0, 1].map(|slot| Dimension { slot, guarded: false });
        let boxes = Boxes::new(Box::new(dimensions), boxed.clone(), &mut |part| {
            lists.push(part.iter().map(|boxed| boxed.rule).collect::<Vec<_>>());
            Target { start: lists.len() as u32 - 1, len: 0 }
        });
        let mut visited = 0;
        for _ in 0..500 {
            let point = [0, 1].map(|_| (next(8) > 0).then(|| next(100_000)));
            let found = found(&boxes, &lists, point);
            let holds = |boxed: &&Boxed| {
                let inside = |(key, interval): (&Option<u64>, &Interval)| {
                    key.is_none_or(|key| interval.holds(key as f64))
                };
                point.iter().zip(&*boxed.intervals).all(inside)
            };
            for boxed in boxed.iter().filter(holds) {
                assert!(found.contains(&boxed.rule), "{point:?} is in {boxed:?}");
            }
            if point.iter().all(Option::is_some) {
                visited += found.len();
            }
        }
        assert!(visited < 500 * 100, "{visited} of {} boxes were looked at", 500 * 4_000);
    }

    #[test]
    fn bounds_err_on_the_far_side() {
        for text in ["0.1", "0.3", "-0.7", "1e33", "-123456789012345678901234567890.1234", "1e-34", "0"] {
            let number = Decimal::parse_json(text).unwrap();
            let key = number_key(number);
            let value = Value::Number(number);
            assert!(at_least(&value).unwrap().holds(key) && at_most(&value).unwrap().holds(key), "{text}");
        }
    }
}
