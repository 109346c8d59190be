//! What a rule can be filed under: the tests that it cannot do without.

use actra_ir::{Expr, ExprKind};
use actra_model::Value;
use smallvec::SmallVec;

use super::thresholds::{Interval, at_least, at_most};
use crate::plan::atom::{Atom, FieldRef, Test, TextTest};
use crate::plan::code::Writer;

/// Alternatives that a condition is divided into at most; beyond, a disjunction is no way to a rule.
const ALTERNATIVES: usize = 16;

/// Lists up to this length are always a way to a rule; longer ones while there is room.
const FREE_KEYS: usize = 8;

/// A test of one field that must not be false.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) slot: u16,
    pub(crate) kind: AccessKind,
}

/// What is tested.
#[derive(Debug, Clone)]
pub(crate) enum AccessKind {
    /// One of these keys is the value, or in it, or its start.
    Keys(KeyKind, SmallVec<[u64; 2]>),
    /// An ordered value in an interval.
    Within(Interval),
    /// An optional field that is there.
    Present,
}

/// What keys are; by writer's number of a text or number, or 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum KeyKind {
    Text,
    Number,
    Flag,
    Holds,
    Prefix,
}

/// Tests that must all not be false.
pub(crate) type Conjunction = Vec<Access>;

/// The alternatives of a condition: where it is not false, all tests of at least one of them are not false.
///
/// By Kleene's logic, in which conjunction distributes over disjunction as it does with two truths.
pub(crate) fn accesses<'p>(condition: &'p Expr, writer: &mut Writer<'p, '_>) -> Vec<Conjunction> {
    alternatives(condition, false, writer)
}

fn alternatives<'p>(expr: &'p Expr, negated: bool, writer: &mut Writer<'p, '_>) -> Vec<Conjunction> {
    match (&expr.kind, negated) {
        (ExprKind::Not(operand), _) => alternatives(operand, !negated, writer),
        (ExprKind::And(all), false) | (ExprKind::Or(all), true) => every(all, negated, writer),
        (ExprKind::Or(all), false) | (ExprKind::And(all), true) => any(all, negated, writer),
        (ExprKind::Literal(Value::Bool(truth)), _) if *truth == negated => Vec::new(),
        _ => vec![Atom::of(expr).and_then(|atom| access(&atom, negated, writer)).into_iter().collect()],
    }
}

/// The alternatives of a conjunction; what would divide it too far is left out, which only finds more.
fn every<'p>(operands: &'p [Expr], negated: bool, writer: &mut Writer<'p, '_>) -> Vec<Conjunction> {
    let mut product: Vec<Conjunction> = vec![Vec::new()];
    for operand in operands {
        let factor = alternatives(operand, negated, writer);
        if let [one] = factor.as_slice() {
            product.iter_mut().for_each(|conjunction| conjunction.extend_from_slice(one));
        } else if product.len() * factor.len() <= ALTERNATIVES {
            let joined = |left: &Conjunction| {
                factor.iter().map(|right| [left.as_slice(), right].concat()).collect::<Vec<_>>()
            };
            product = product.iter().flat_map(joined).collect();
        }
    }
    product
}

/// The alternatives of a disjunction; one that says nothing makes the whole say nothing.
fn any<'p>(operands: &'p [Expr], negated: bool, writer: &mut Writer<'p, '_>) -> Vec<Conjunction> {
    let mut union: Vec<Conjunction> = Vec::new();
    for operand in operands {
        for conjunction in alternatives(operand, negated, writer) {
            if conjunction.is_empty() {
                return vec![Vec::new()];
            }
            if !taken(&mut union, &conjunction) {
                union.push(conjunction);
            }
        }
    }
    if union.len() > ALTERNATIVES { vec![Vec::new()] } else { union }
}

/// Whether the last alternative took in the keys of a further one.
fn taken(union: &mut [Conjunction], conjunction: &[Access]) -> bool {
    match (union.last_mut().map(Vec::as_mut_slice), conjunction) {
        (Some([last]), [one]) => last.take_keys(one),
        _ => false,
    }
}

impl Access {
    /// Makes this one hold the keys of another, if both are of one kind on one field.
    fn take_keys(&mut self, other: &Access) -> bool {
        match (&mut self.kind, &other.kind) {
            (AccessKind::Keys(kind, keys), AccessKind::Keys(other_kind, more))
                if self.slot == other.slot && kind == other_kind =>
            {
                keys.extend_from_slice(more);
                true
            }
            _ => false,
        }
    }
}

fn access<'p>(atom: &Atom<'p>, negated: bool, writer: &mut Writer<'p, '_>) -> Option<Access> {
    match atom {
        Atom::Flag(field) => keys(*field, KeyKind::Flag, [u64::from(!negated)], writer),
        Atom::Compare(field, Test::Equal, Value::Bool(truth)) => {
            keys(*field, KeyKind::Flag, [u64::from(*truth != negated)], writer)
        }
        Atom::Compare(field, test, value) => compare(*field, *test, value, negated, writer),
        _ if negated => None,
        Atom::In(field, _, values) => among(*field, values, writer),
        Atom::Holds(field, Value::String(text)) => {
            let key = writer.text(text)?.id();
            keys(*field, KeyKind::Holds, [key], writer)
        }
        Atom::Text(field, TextTest::StartsWith, text) => {
            let key = writer.text(text)?.id();
            keys(*field, KeyKind::Prefix, [key], writer)
        }
        Atom::Has(field) => Some(Access { slot: writer.slot(*field)?, kind: AccessKind::Present }),
        Atom::CompareFields(..) | Atom::Holds(..) | Atom::Text(..) | Atom::Matches(..) => None,
    }
}

fn keys<'p>(
    field: FieldRef<'p>,
    kind: KeyKind,
    keys: impl IntoIterator<Item = u64>,
    writer: &Writer<'p, '_>,
) -> Option<Access> {
    Some(Access { slot: writer.slot(field)?, kind: AccessKind::Keys(kind, keys.into_iter().collect()) })
}

fn among<'p>(field: FieldRef<'p>, values: &[&'p Value], writer: &mut Writer<'p, '_>) -> Option<Access> {
    let kind = match values.first()? {
        Value::String(_) => KeyKind::Text,
        Value::Number(_) => KeyKind::Number,
        _ => return None,
    };
    if values.len() > FREE_KEYS {
        writer.key_room = writer.key_room.checked_sub(values.len())?;
    }
    let mut found = Vec::with_capacity(values.len());
    for value in values {
        found.push(match value {
            Value::String(text) if kind == KeyKind::Text => writer.text(text)?.id(),
            Value::Number(number) if kind == KeyKind::Number => writer.number(*number),
            _ => return None,
        });
    }
    keys(field, kind, found, writer)
}

fn compare<'p>(
    field: FieldRef<'p>,
    test: Test,
    value: &'p Value,
    negated: bool,
    writer: &mut Writer<'p, '_>,
) -> Option<Access> {
    let interval = match (test, negated) {
        (Test::Equal, true) => return None,
        (Test::Equal, false) => match value {
            Value::String(_) | Value::Number(_) => return among(field, &[value], writer),
            value => at_least(value)?.and(at_most(value)?),
        },
        (Test::Less | Test::LessOrEqual, false) | (Test::Greater | Test::GreaterOrEqual, true) => {
            at_most(value)?
        }
        (Test::Greater | Test::GreaterOrEqual, false) | (Test::Less | Test::LessOrEqual, true) => {
            at_least(value)?
        }
    };
    Some(Access { slot: writer.slot(field)?, kind: AccessKind::Within(interval) })
}
