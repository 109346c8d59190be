//! Rules by the thresholds that ordered fields must reach.
//!
//! A rule is a point with one coordinate for each bound, upper bounds negated, and a request is a point of its values,
//! negated alike: a rule is of interest where no coordinate of its own exceeds that of the request. The rules are
//! halved again and again by one coordinate after the other, as in a k-d tree (Bentley, 1975), and each part knows the
//! least of each coordinate; parts that exceed the request are skipped. A field that cannot be read bounds nothing.
//!
//! Coordinates are floats near the exact bounds, always on the far side, so that a part is never skipped wrongly.

use actra_model::{BorrowedState, Decimal, Value};
use smallvec::SmallVec;

use super::NodeRef;

/// Rules that are not divided any more.
const MAX_LEAF_RULES: usize = 2;

/// An interval of numbers, which a predicate accepts at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Interval {
    /// The interval of all numbers.
    pub(crate) const ALL: Interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// The numbers that are in both intervals.
    pub(crate) fn and(self, other: Interval) -> Interval {
        Interval { low: self.low.max(other.low), high: self.high.min(other.high) }
    }

    /// Its coordinate on a side.
    pub(crate) fn on(self, side: BoundSide) -> f64 {
        match side {
            BoundSide::Low => self.low,
            BoundSide::High => -self.high,
        }
    }
}

/// A side of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BoundSide {
    Low,
    High,
}

/// A coordinate: a bound of a field.
#[derive(Debug)]
pub(crate) struct Axis {
    pub(crate) slot: u16,
    pub(crate) side: BoundSide,
    /// Whether every rule asks for the field's presence, so that none is left when it is absent.
    pub(crate) guarded: bool,
}

/// A rule with its coordinates, one for each axis.
#[derive(Debug, Clone)]
pub(crate) struct RulePoint {
    pub(crate) rule: u32,
    pub(crate) coordinates: SmallVec<[f64; 4]>,
}

/// Rules by their thresholds.
#[derive(Debug)]
pub(crate) struct ThresholdTree {
    axes: Box<[Axis]>,
    /// The first half of a part follows it at once.
    parts: Vec<KdNode>,
    /// For each part, the least of each coordinate.
    least: Vec<f64>,
}

#[derive(Debug)]
struct KdNode {
    /// The part behind all that this one is divided into.
    next: u32,
    /// Its rules, if it is not divided.
    rules: NodeRef,
}

impl ThresholdTree {
    /// Divides rules; `place` files those of an undivided part.
    pub(crate) fn new(
        axes: Box<[Axis]>,
        mut points: Vec<RulePoint>,
        place: &mut dyn FnMut(&[RulePoint]) -> NodeRef,
    ) -> Self {
        let mut divided = Self { axes, parts: Vec::new(), least: Vec::new() };
        divided.divide(&mut points, 0, place);
        divided.parts.shrink_to_fit();
        divided.least.shrink_to_fit();
        divided
    }

    fn divide(
        &mut self,
        points: &mut [RulePoint],
        level: usize,
        place: &mut dyn FnMut(&[RulePoint]) -> NodeRef,
    ) {
        let at = self.parts.len();
        for axis in 0..self.axes.len() {
            self.least.push(points.iter().map(|point| coordinate(point, axis)).fold(f64::INFINITY, f64::min));
        }
        self.parts.push(KdNode { next: 0, rules: NodeRef::default() });
        let axis = (points.len() > MAX_LEAF_RULES).then(|| self.dividing(points, level)).flatten();
        let rules = match axis {
            None => place(points),
            Some(axis) => {
                let middle = points.len() / 2;
                points.select_nth_unstable_by(middle, |left, right| {
                    coordinate(left, axis)
                        .total_cmp(&coordinate(right, axis))
                        .then(left.rule.cmp(&right.rule))
                });
                let (first, second) = points.split_at_mut(middle);
                self.divide(first, level + 1, place);
                self.divide(second, level + 1, place);
                NodeRef::default()
            }
        };
        let next = self.parts.len() as u32;
        if let Some(part) = self.parts.get_mut(at) {
            *part = KdNode { next, rules };
        }
    }

    /// The next axis in turn along which the points differ; none if all are the same.
    fn dividing(&self, points: &[RulePoint], level: usize) -> Option<usize> {
        let count = self.axes.len();
        let differ = |axis: &usize| {
            let mut coordinates = points.iter().map(|point| coordinate(point, *axis));
            let first = coordinates.next();
            coordinates.any(|coordinate| Some(coordinate) != first)
        };
        (0..count).map(|step| (level + step) % count).find(differ)
    }

    /// Hands out the rules of all parts that the request's values may reach.
    pub(crate) fn find(&self, slots: &[BorrowedState<'_>], mut each: impl FnMut(NodeRef)) {
        let mut request = SmallVec::<[f64; 8]>::new();
        for axis in &self.axes {
            let slot = slots.get(usize::from(axis.slot));
            if axis.guarded && matches!(slot, Some(BorrowedState::Absent)) {
                return;
            }
            let key = slot.and_then(cell_key);
            request.push(match axis.side {
                BoundSide::Low => key.unwrap_or(f64::INFINITY),
                BoundSide::High => key.map_or(f64::INFINITY, |key| -key),
            });
        }
        let mut at = 0;
        while let Some(part) = self.parts.get(at) {
            let start = at * request.len();
            let least = self.least.get(start..start + request.len()).unwrap_or_default();
            if least.iter().zip(&request).all(|(least, own)| least <= own) {
                if part.rules.len > 0 {
                    each(part.rules);
                }
                at += 1;
            } else {
                at = part.next as usize;
            }
        }
    }
}

fn coordinate(point: &RulePoint, axis: usize) -> f64 {
    point.coordinates.get(axis).copied().unwrap_or(f64::NEG_INFINITY)
}

/// A float near an ordered value; nearer values may share it.
///
/// At most a few roundings, so the error is a few units in the last place.
#[inline]
fn cell_key(slot: &BorrowedState<'_>) -> Option<f64> {
    match slot {
        BorrowedState::Number(number) => Some(number_key(*number)),
        BorrowedState::Value(value) => value_key(value),
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

#[inline]
fn number_key(number: Decimal) -> f64 {
    match number.to_i64() {
        Some(integer) => integer as f64,
        None => number.mantissa() as f64 / 10f64.powi(i32::from(number.scale())),
    }
}

/// Much more than the roundings of two keys together.
const MARGIN: f64 = 64.0 * f64::EPSILON;

/// The interval at or above a literal.
pub(crate) fn at_least(value: &Value) -> Option<Interval> {
    let key = value_key(value)?;
    Some(Interval { low: key - key.abs() * MARGIN, high: f64::INFINITY })
}

/// The interval at or below a literal.
pub(crate) fn at_most(value: &Value) -> Option<Interval> {
    let key = value_key(value)?;
    Some(Interval { low: f64::NEG_INFINITY, high: key + key.abs() * MARGIN })
}

#[cfg(test)]
mod tests;
