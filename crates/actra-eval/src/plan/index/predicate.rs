//! Access predicates: the tests of a condition that must not be false for the rule to matter, so that the rule can be
//! filed under any of them.

use actra_ir::{Expr, ExprKind};
use actra_model::Value;
use smallvec::SmallVec;

use super::thresholds::{Interval, at_least, at_most};
use crate::plan::bytecode::Emitter;
use crate::plan::simple_atom::{FieldRef, OrderTest, SimpleAtom, TextTest};

/// How many alternatives a condition is divided into at most; a disjunction beyond that is not indexed.
const MAX_ALTERNATIVES: usize = 16;

/// Lists up to this length are always indexed; longer ones while the budget lasts.
const FREE_KEYS: usize = 8;

/// A test of one field that must not be false.
#[derive(Debug, Clone)]
pub(crate) struct AccessPredicate {
    pub(crate) slot: u16,
    pub(crate) kind: PredicateKind,
}

/// The kind of an access predicate.
#[derive(Debug, Clone)]
pub(crate) enum PredicateKind {
    /// One of these keys is the value, or in it, or its start.
    Keys(KeyKind, SmallVec<[u64; 2]>),
    /// An ordered value in an interval.
    Within(Interval),
    /// An optional field that is there.
    Present,
}

/// What the keys are: the emitter's numbers of texts or of numbers, or 0 and 1 for a boolean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum KeyKind {
    Text,
    Number,
    Flag,
    Holds,
    Prefix,
}

/// Tests that must all not be false.
pub(crate) type Conjunction = Vec<AccessPredicate>;

/// The alternatives of a condition: where it is not false, all tests of at least one of them are not false.
///
/// By Kleene's logic, in which conjunction distributes over disjunction as it does with two truths.
pub(crate) fn access_predicates<'p>(condition: &'p Expr, emitter: &mut Emitter<'p, '_>) -> Vec<Conjunction> {
    alternatives(condition, false, emitter)
}

fn alternatives<'p>(expr: &'p Expr, negated: bool, emitter: &mut Emitter<'p, '_>) -> Vec<Conjunction> {
    match (&expr.kind, negated) {
        (ExprKind::Not(operand), _) => alternatives(operand, !negated, emitter),
        (ExprKind::And(all), false) | (ExprKind::Or(all), true) => every(all, negated, emitter),
        (ExprKind::Or(all), false) | (ExprKind::And(all), true) => any(all, negated, emitter),
        (ExprKind::Literal(Value::Bool(truth)), _) if *truth == negated => Vec::new(),
        _ => {
            vec![SimpleAtom::of(expr).and_then(|atom| access(&atom, negated, emitter)).into_iter().collect()]
        }
    }
}

/// The alternatives of a conjunction; what would divide it too far is left out, which only finds more.
fn every<'p>(operands: &'p [Expr], negated: bool, emitter: &mut Emitter<'p, '_>) -> Vec<Conjunction> {
    let mut product: Vec<Conjunction> = vec![Vec::new()];
    for operand in operands {
        let factor = alternatives(operand, negated, emitter);
        if let [one] = factor.as_slice() {
            product.iter_mut().for_each(|conjunction| conjunction.extend_from_slice(one));
        } else if product.len() * factor.len() <= MAX_ALTERNATIVES {
            let joined = |left: &Conjunction| {
                factor.iter().map(|right| [left.as_slice(), right].concat()).collect::<Vec<_>>()
            };
            product = product.iter().flat_map(joined).collect();
        }
    }
    product
}

/// The alternatives of a disjunction. One without predicates may match any request, and so may the whole then.
fn any<'p>(operands: &'p [Expr], negated: bool, emitter: &mut Emitter<'p, '_>) -> Vec<Conjunction> {
    let mut union: Vec<Conjunction> = Vec::new();
    for operand in operands {
        for conjunction in alternatives(operand, negated, emitter) {
            if conjunction.is_empty() {
                return vec![Vec::new()];
            }
            if !merged_into_last(&mut union, &conjunction) {
                union.push(conjunction);
            }
        }
    }
    if union.len() > MAX_ALTERNATIVES { vec![Vec::new()] } else { union }
}

/// Whether a further alternative could be merged into the last one.
fn merged_into_last(union: &mut [Conjunction], conjunction: &[AccessPredicate]) -> bool {
    match (union.last_mut().map(Vec::as_mut_slice), conjunction) {
        (Some([last]), [one]) => last.merge_keys(one),
        _ => false,
    }
}

impl AccessPredicate {
    /// Adds the keys of another predicate, if both are of one kind on one field.
    fn merge_keys(&mut self, other: &AccessPredicate) -> bool {
        match (&mut self.kind, &other.kind) {
            (PredicateKind::Keys(kind, keys), PredicateKind::Keys(other_kind, more))
                if self.slot == other.slot && kind == other_kind =>
            {
                keys.extend_from_slice(more);
                true
            }
            _ => false,
        }
    }
}

fn access<'p>(
    atom: &SimpleAtom<'p>,
    negated: bool,
    emitter: &mut Emitter<'p, '_>,
) -> Option<AccessPredicate> {
    match atom {
        SimpleAtom::Flag(field) => keys(*field, KeyKind::Flag, [u64::from(!negated)], emitter),
        SimpleAtom::Compare(field, OrderTest::Equal, Value::Bool(truth)) => {
            keys(*field, KeyKind::Flag, [u64::from(*truth != negated)], emitter)
        }
        SimpleAtom::Compare(field, test, value) => compare(*field, *test, value, negated, emitter),
        _ if negated => None,
        SimpleAtom::In(field, _, values) => among(*field, values, emitter),
        SimpleAtom::Holds(field, Value::String(text)) => {
            let key = emitter.text(text)?.id();
            keys(*field, KeyKind::Holds, [key], emitter)
        }
        SimpleAtom::Text(field, TextTest::StartsWith, text) => {
            let key = emitter.text(text)?.id();
            keys(*field, KeyKind::Prefix, [key], emitter)
        }
        SimpleAtom::Has(field) => {
            Some(AccessPredicate { slot: emitter.slot(*field)?, kind: PredicateKind::Present })
        }
        SimpleAtom::CompareFields(..)
        | SimpleAtom::Holds(..)
        | SimpleAtom::Text(..)
        | SimpleAtom::Matches(..) => None,
    }
}

fn keys<'p>(
    field: FieldRef<'p>,
    kind: KeyKind,
    keys: impl IntoIterator<Item = u64>,
    emitter: &Emitter<'p, '_>,
) -> Option<AccessPredicate> {
    Some(AccessPredicate {
        slot: emitter.slot(field)?,
        kind: PredicateKind::Keys(kind, keys.into_iter().collect()),
    })
}

fn among<'p>(
    field: FieldRef<'p>,
    values: &[&'p Value],
    emitter: &mut Emitter<'p, '_>,
) -> Option<AccessPredicate> {
    let kind = match values.first()? {
        Value::String(_) => KeyKind::Text,
        Value::Number(_) => KeyKind::Number,
        _ => return None,
    };
    if values.len() > FREE_KEYS {
        emitter.key_budget = emitter.key_budget.checked_sub(values.len())?;
    }
    let mut keys_found = Vec::with_capacity(values.len());
    for value in values {
        keys_found.push(match value {
            Value::String(text) if kind == KeyKind::Text => emitter.text(text)?.id(),
            Value::Number(number) if kind == KeyKind::Number => emitter.number(*number),
            _ => return None,
        });
    }
    keys(field, kind, keys_found, emitter)
}

fn compare<'p>(
    field: FieldRef<'p>,
    test: OrderTest,
    value: &'p Value,
    negated: bool,
    emitter: &mut Emitter<'p, '_>,
) -> Option<AccessPredicate> {
    let interval = match (test, negated) {
        (OrderTest::Equal, true) => return None,
        (OrderTest::Equal, false) => match value {
            Value::String(_) | Value::Number(_) => return among(field, &[value], emitter),
            value => at_least(value)?.and(at_most(value)?),
        },
        (OrderTest::Less | OrderTest::LessOrEqual, false)
        | (OrderTest::Greater | OrderTest::GreaterOrEqual, true) => at_most(value)?,
        (OrderTest::Greater | OrderTest::GreaterOrEqual, false)
        | (OrderTest::Less | OrderTest::LessOrEqual, true) => at_least(value)?,
    };
    Some(AccessPredicate { slot: emitter.slot(field)?, kind: PredicateKind::Within(interval) })
}
