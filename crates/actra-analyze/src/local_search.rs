//! Concrete requests near those that a model describes.
//!
//! Where parts of a condition are not looked into, a model says what they should be and not which request makes them
//! so. Then values that the conditions themselves name, and what lies next to them, are tried in the fields that those
//! parts read: this finds what is near, and says nothing where it finds nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::{Expr, ExprKind, operands};
use actra_model::{
    Date, Decimal, Duration, RawRequest, RawValue, RecordName, Timestamp, Type, TypeKind, Value, ValueState,
};

/// Requests that are tried for one question.
const REQUESTS: usize = 4_000;
/// Values of one field.
const MAX_CANDIDATES: usize = 220;
/// Fields that are changed together.
const MAX_CHANGED_FIELDS: usize = 2;

/// A field of a request with the values that are worth trying in it.
pub(crate) struct FieldCandidates {
    record: RecordName,
    name: Arc<str>,
    values: Vec<RawValue>,
}

impl FieldCandidates {
    /// Values for a field of this type: those that conditions name, their neighbors, and ordinary ones.
    pub(crate) fn new(record: RecordName, name: Arc<str>, ty: &Type, literals: &[Value]) -> Self {
        let mut values = Vec::new();
        for value in of_type(&ty.kind, literals) {
            if values.len() < MAX_CANDIDATES && !values.contains(&value) && is_valid(ty, &value) {
                values.push(value);
            }
        }
        Self { record, name, values }
    }
}

fn is_valid(ty: &Type, value: &RawValue) -> bool {
    matches!(ty.check(value), ValueState::Present(_))
}

/// The literals of conditions, each once, in the order in which they stand there.
pub(crate) fn literals<'e>(conditions: impl Iterator<Item = &'e Expr>) -> Vec<Value> {
    fn collect(expr: &Expr, found: &mut Vec<Value>) {
        match &expr.kind {
            ExprKind::Literal(Value::List(elements)) => {
                found.extend(elements.iter().filter_map(|element| match element {
                    ValueState::Present(value) => Some(value.clone()),
                    ValueState::Absent | ValueState::Invalid(_) => None,
                }));
            }
            ExprKind::Literal(value) if !found.contains(value) => found.push(value.clone()),
            _ => operands(expr).into_iter().for_each(|operand| collect(operand, found)),
        }
    }
    let mut found = Vec::new();
    conditions.for_each(|condition| collect(condition, &mut found));
    found.truncate(MAX_CANDIDATES);
    found
}

/// What a test says of a request.
pub(crate) enum Evaluation<T> {
    /// It is what is looked for.
    Accepted(T),
    /// It is not; how many goals it misses.
    Refused(usize),
}

/// Hill climbing: goes from each base to requests that miss fewer goals, by other values for one or two of the fields
/// at a time, until a test accepts one.
pub(crate) fn search<T>(
    bases: &[RawRequest],
    fields: &[FieldCandidates],
    mut test: impl FnMut(&RawRequest) -> Evaluation<T>,
) -> Option<T> {
    let mut left = REQUESTS;
    for base in bases {
        let mut current = base.clone();
        let mut against = usize::MAX;
        while let Some(next) = better(&current, fields, &mut left, &mut |request| match test(request) {
            Evaluation::Refused(count) if count >= against => None,
            other => Some(other),
        }) {
            match next {
                (_, Evaluation::Accepted(found)) => return Some(found),
                (request, Evaluation::Refused(count)) => (current, against) = (request, count),
            }
        }
    }
    None
}

/// The first request for which a test has an answer among those that differ in few fields.
fn better<A>(
    base: &RawRequest,
    fields: &[FieldCandidates],
    left: &mut usize,
    test: &mut impl FnMut(&RawRequest) -> Option<A>,
) -> Option<(RawRequest, A)> {
    (1..=MAX_CHANGED_FIELDS)
        .flat_map(|count| subsets(fields, count))
        .find_map(|chosen| product(base, &chosen, left, test))
}

/// All choices of `count` fields, in order.
fn subsets(fields: &[FieldCandidates], count: usize) -> Vec<Vec<&FieldCandidates>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for (idx, first) in fields.iter().enumerate() {
        for mut rest in subsets(fields.get(idx + 1..).unwrap_or_default(), count - 1) {
            rest.insert(0, first);
            found.push(rest);
        }
    }
    found
}

fn product<A>(
    base: &RawRequest,
    fields: &[&FieldCandidates],
    left: &mut usize,
    test: &mut impl FnMut(&RawRequest) -> Option<A>,
) -> Option<(RawRequest, A)> {
    let Some((first, rest)) = fields.split_first() else {
        *left = left.checked_sub(1)?;
        return test(base).map(|answer| (base.clone(), answer));
    };
    first.values.iter().find_map(|value| {
        let request = with(base, first.record, &first.name, value.clone());
        product(&request, rest, left, test)
    })
}

/// The request with another value for one field.
fn with(request: &RawRequest, record_name: RecordName, name: &str, value: RawValue) -> RawRequest {
    let mut changed = request.clone();
    let record = match record_name {
        RecordName::Action => &mut changed.action,
        RecordName::Actor => &mut changed.actor,
        RecordName::Snapshot => &mut changed.snapshot,
    };
    if let Some(RawValue::Map(members)) = record {
        members.insert(name.to_owned(), value);
    }
    changed
}

fn of_type(kind: &TypeKind, literals: &[Value]) -> Vec<RawValue> {
    match kind {
        TypeKind::Boolean => vec![RawValue::Bool(false), RawValue::Bool(true)],
        TypeKind::Number | TypeKind::Integer => numbers(literals),
        TypeKind::String => texts(literals),
        TypeKind::Timestamp => timestamps(literals),
        TypeKind::Date => dates(literals),
        TypeKind::Duration => durations(literals),
        TypeKind::List(element) => {
            let elements = of_type(&element.kind, literals);
            let pairs = elements.iter().zip(elements.iter().skip(1));
            let pairs = pairs.map(|(left, right)| RawValue::List(vec![left.clone(), right.clone()]));
            let single = elements.iter().map(|element| RawValue::List(vec![element.clone()]));
            std::iter::once(RawValue::List(Vec::new())).chain(single).chain(pairs).collect()
        }
        TypeKind::Quantity
        | TypeKind::Ip
        | TypeKind::Path
        | TypeKind::Url
        | TypeKind::Map(_)
        | TypeKind::Object(_)
        | TypeKind::Any => written(literals),
    }
}

fn numbers(literals: &[Value]) -> Vec<RawValue> {
    let one = Decimal::from(1);
    let named = literals.iter().filter_map(|literal| match literal {
        Value::Number(number) => Some(*number),
        _ => None,
    });
    let near = named.flat_map(|number| {
        [Some(number), number.checked_add(one), number.checked_sub(one)].into_iter().flatten()
    });
    let mut all: Vec<Decimal> = near.collect();
    // Sums with it have more digits than a number may have.
    all.extend(Decimal::new(1, 34));
    all.extend([0, 1, 2, 3, 5, -1, 10, 100, 1_000, 10_000].map(Decimal::from));
    all.into_iter().map(RawValue::Number).collect()
}

fn texts(literals: &[Value]) -> Vec<RawValue> {
    let named: Vec<&str> = literals
        .iter()
        .filter_map(|literal| match literal {
            Value::String(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    let mut all: Vec<String> = named.iter().map(|text| (*text).to_owned()).collect();
    for text in named {
        all.extend([format!(" {text} "), format!("{text}x"), format!("x{text}"), format!("x{text}x")]);
        all.extend([text.to_uppercase(), text.to_lowercase(), format!("{text}{text}")]);
    }
    all.extend(["", " ", "x", "0", "1"].map(str::to_owned));
    all.into_iter().map(RawValue::String).collect()
}

/// An hour of each day of one week, all hours of one day of it, and the ends of all months: whatever is asked of the
/// calendar, some of them answer it.
fn timestamps(literals: &[Value]) -> Vec<RawValue> {
    const HOUR: i128 = 3_600_000_000_000;
    const MONDAY: i128 = 1_767_571_200_000_000_000;
    let named = literals.iter().filter_map(|literal| match literal {
        Value::Timestamp(time) => Some(time.nanos()),
        _ => None,
    });
    let mut all: Vec<i128> = named.flat_map(|nanos| [nanos, nanos - 1, nanos + 1]).collect();
    all.extend((0..24 * 7).map(|hour| MONDAY + hour * HOUR));
    all.extend((0..24).map(|half| MONDAY + half * 15 * 24 * HOUR + 12 * HOUR));
    let text = |nanos| Some(RawValue::String(Timestamp::from_nanos(nanos)?.to_string()));
    all.into_iter().filter_map(text).collect()
}

fn dates(literals: &[Value]) -> Vec<RawValue> {
    let named = literals.iter().filter_map(|literal| match literal {
        Value::Date(date) => Some(date.days()),
        _ => None,
    });
    let mut all: Vec<i32> = named.flat_map(|days| [days, days - 1, days + 1]).collect();
    all.push(20_458);
    all.into_iter().filter_map(|days| Some(RawValue::String(Date::from_days(days)?.to_string()))).collect()
}

fn durations(literals: &[Value]) -> Vec<RawValue> {
    let named = literals.iter().filter_map(|literal| match literal {
        Value::Duration(duration) => Some(duration.nanos()),
        _ => None,
    });
    let mut all: Vec<i128> = named.flat_map(|nanos| [nanos, nanos - 1, nanos + 1]).collect();
    all.push(0);
    let text = |nanos| Some(RawValue::String(Duration::from_nanos(nanos)?.to_string()));
    all.into_iter().filter_map(text).collect()
}

/// Literals as texts, for types whose values are written so.
fn written(literals: &[Value]) -> Vec<RawValue> {
    let text = |literal: &Value| match literal {
        Value::String(text) => Some(text.to_string()),
        Value::Ip(address) => Some(address.to_string()),
        Value::Path(path) => Some(path.to_string()),
        Value::Url(url) => Some(url.as_str().to_owned()),
        Value::Quantity(quantity) => Some(quantity.value().to_string()),
        _ => None,
    };
    literals.iter().filter_map(text).map(RawValue::String).collect()
}

/// The fields whose values may be tried: those that a question leaves open.
pub(crate) fn open(
    fields: &BTreeSet<(RecordName, Arc<str>)>,
    is_fixed: impl Fn(&(RecordName, Arc<str>)) -> bool,
) -> impl Iterator<Item = &(RecordName, Arc<str>)> {
    fields.iter().filter(move |field| !is_fixed(field) && field.1.as_ref() != "type")
}
