//! (e) N global rules that only compare numbers with thresholds, of four kinds in turn: one-sided on one field,
//! intervals on one field, two one-sided comparisons on two fields, and boxes of two intervals.
//!
//! For the two last kinds no single comparison is selective: half of the rules hold on the one side of a pair,
//! and the root of their number shares each interval of a box.

use super::whole;
use crate::random::Random;
use crate::request::Request;
use crate::rule::{Condition, Order, Rule};
use crate::workload::{Plan, Schema};

const KINDS: usize = 4;
/// From here, up and down, the one-sided rules begin.
const TOTAL: i64 = 1_000_000;
/// How far intervals are apart, and how long they are.
const INTERVAL: (i64, i64) = (20, 15);
/// How far the thresholds of pairs are apart, and how far the second is above the first.
const PAIR: (i64, i64) = (10, 15);
/// The width of a box.
const BOX: i64 = 10;

pub fn plan(size: usize) -> Plan {
    let fields = vec![("amount", "number"), ("price", "number"), ("weight", "number")];
    Plan {
        schema: Schema {
            actions: vec![("refund".to_owned(), fields.clone()), ("order".to_owned(), fields)],
            actor: vec![("id", "string")],
            snapshot: vec![("total", "number"), ("balance", "number"), ("load", "number")],
        },
        rules: (0..size).map(|number| rule(number, size)).collect(),
        complete: Box::new(move |random| Numbers::complete(random, size).request(random)),
        missing: Box::new(move |random| missing(random, size)),
    }
}

/// How many of `size` rules are of a kind.
fn count(kind: usize, size: usize) -> usize {
    (size + KINDS - 1 - kind) / KINDS
}

fn rule(number: usize, size: usize) -> Rule {
    let place = number / KINDS;
    let condition = match number % KINDS {
        0 => one_sided(place),
        1 => interval(place, count(1, size)),
        2 => pair(place),
        _ => cell(place, count(3, size)),
    };
    Rule { id: format!("rule_{number}"), action: None, condition }
}

fn one_sided(place: usize) -> Condition {
    let beyond = TOTAL + 10 * whole(place);
    if place.is_multiple_of(2) {
        Condition::Compare("snapshot.total", Order::Greater, beyond)
    } else {
        Condition::Compare("snapshot.total", Order::Less, -beyond)
    }
}

/// The first interval covers all others, which are disjoint.
fn interval(place: usize, count: usize) -> Condition {
    let (step, length) = INTERVAL;
    let low = step * whole(place);
    let high = if place == 0 { step * whole(count) } else { low + length };
    Condition::between("action.amount", low, high)
}

fn pair(place: usize) -> Condition {
    let (step, above) = PAIR;
    let low = step * whole(place);
    Condition::Compare("action.price", Order::Greater, low).and(Condition::Compare(
        "snapshot.balance",
        Order::Less,
        low + above,
    ))
}

fn cell(place: usize, count: usize) -> Condition {
    let (column, row) = corner(place, count);
    Condition::between("action.weight", column, column + BOX).and(Condition::between(
        "snapshot.load",
        row,
        row + BOX,
    ))
}

/// Where a box begins: they fill a square, but the last one has a column and a row of its own.
fn corner(place: usize, count: usize) -> (i64, i64) {
    let side = count.isqrt() + 1;
    let (column, row) = if place + 1 == count { (side, side) } else { (place % side, place / side) };
    (BOX * whole(column), BOX * whole(row))
}

/// What a request says; no rule matches the start.
struct Numbers {
    amount: i64,
    price: i64,
    weight: i64,
    total: i64,
    balance: i64,
    load: i64,
}

impl Numbers {
    fn unmatched(random: &mut Random, size: usize) -> Self {
        let price = random.between(1, PAIR.0 * whole(count(2, size)) + 1);
        Self {
            amount: random.between(-100, 0),
            price,
            weight: random.between(0, BOX * whole(count(3, size).isqrt() + 1)),
            total: random.between(-TOTAL, TOTAL + 1),
            balance: price + PAIR.1 + 5,
            load: random.between(-100, 0),
        }
    }

    /// One in five matches nothing, the others one or two rules of one kind.
    fn complete(random: &mut Random, size: usize) -> Self {
        let mut numbers = Self::unmatched(random, size);
        match random.below(5) {
            0 => numbers.total = TOTAL + random.between(1, 25),
            1 => numbers.amount = random.between(0, INTERVAL.0 * whole(count(1, size))),
            2 => numbers.balance = numbers.price + 3,
            3 => {
                let count = count(3, size);
                let (column, row) = corner(random.below(count), count);
                (numbers.weight, numbers.load) =
                    (column + random.between(0, BOX), row + random.between(0, BOX));
            }
            _ => {}
        }
        numbers
    }

    fn request(&self, random: &mut Random) -> Request {
        let action = if random.below(2) == 0 { "refund" } else { "order" };
        Request::new(vec![
            ("action.type", action.into()),
            ("action.amount", self.amount.into()),
            ("action.price", self.price.into()),
            ("action.weight", self.weight.into()),
            ("actor.id", "u-17".into()),
            ("snapshot.total", self.total.into()),
            ("snapshot.balance", self.balance.into()),
            ("snapshot.load", self.load.into()),
        ])
    }
}

/// Leaves out one field of two, where the other one leaves at most two rules open.
fn missing(random: &mut Random, size: usize) -> (Request, &'static str) {
    let mut numbers = Numbers::unmatched(random, size);
    let field = match random.below(4) {
        0 => {
            let last = PAIR.0 * (whole(count(2, size)) - 1) + PAIR.1;
            numbers.balance = last - random.between(1, 2 * PAIR.0);
            "action.price"
        }
        1 => {
            numbers.price = random.between(1, 2 * PAIR.0 + 1);
            "snapshot.balance"
        }
        2 => {
            numbers.load = corner(count(3, size) - 1, count(3, size)).1 + random.between(0, BOX);
            "action.weight"
        }
        _ => {
            numbers.weight = corner(count(3, size) - 1, count(3, size)).0 + random.between(0, BOX);
            "snapshot.load"
        }
    };
    (numbers.request(random), field)
}
