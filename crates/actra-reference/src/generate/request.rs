//! Requests of a schema: mostly valid and at the boundaries of the literals that policies use.

use actra_model::{
    Decimal, Field, Fields, RawMap, RawRequest, RawValue, Reason, RecordName, Schema, Type, TypeKind,
};

use super::{AMOUNTS, DATES, ENUM, IPS, NUMBERS, PATHS, Rng, SPANS, STRINGS, TIMES, URLS};
use crate::number;

const UNREADABLE: RawValue = RawValue::Unreadable(Reason::UnrepresentableNumber);

/// A request: faults in about one of three.
pub fn request(schema: &Schema, rng: &mut Rng) -> RawRequest {
    let faulty = rng.one_in(3);
    let action = schema.actions.get(rng.below(schema.actions.len()));
    let mut arguments = action.map_or_else(RawMap::new, |action| record(&action.fields, rng, faulty));
    let name = action.map_or("", |action| action.name.as_ref());
    let name = if rng.one_in(200) { "undeclared" } else { name };
    if !rng.one_in(300) {
        arguments.insert("type".to_owned(), RawValue::from(name));
    }
    let mut side = |fields: &Fields| match rng.below(if faulty { 20 } else { 10_000 }) {
        0 => None,
        1 => Some(RawValue::List(Vec::new())),
        _ => Some(RawValue::Map(record(fields, rng, faulty))),
    };
    let (actor, snapshot) = (side(&schema.actor), side(&schema.snapshot));
    let mut request = RawRequest { actor, snapshot, ..RawRequest::default() };
    request.action = Some(RawValue::Map(arguments));
    if rng.one_in(6) {
        for _ in 0..1 + rng.below(2) {
            say_unknown(schema, &mut request, rng);
        }
    }
    request
}

/// Says of some fact that it is unknown; mostly one that is not there, or is then taken away.
fn say_unknown(schema: &Schema, request: &mut RawRequest, rng: &mut Rng) {
    if rng.one_in(20) {
        let wrong = ["actor", "action.type", "snapshot.nothing", "actor.a b", "", "snapshot.x[*]"];
        return request.unknown.push(wrong[rng.below(wrong.len())].to_owned());
    }
    let (record_name, fields, record) = match rng.one_in(2) {
        true => (RecordName::Actor, &schema.actor, &mut request.actor),
        false => (RecordName::Snapshot, &schema.snapshot, &mut request.snapshot),
    };
    let Some(RawValue::Map(members)) = record else { return };
    if let Some(path) = take_out(record_name.as_str(), fields, members, rng) {
        request.unknown.push(path);
    }
}

/// Takes a field, or a member inside of it, out of a record; gives its path.
fn take_out(place: &str, fields: &Fields, members: &mut RawMap, rng: &mut Rng) -> Option<String> {
    let (name, field) = fields.iter().nth(rng.below(fields.len()))?;
    let path = format!("{place}.{name}");
    if let TypeKind::Object(inner) = &field.ty.kind
        && rng.one_in(2)
    {
        return match members.get_mut(name) {
            Some(RawValue::Map(members)) => take_out(&path, inner, members, rng),
            _ => Some(format!("{path}.{}", inner.keys().nth(rng.below(inner.len()))?)),
        };
    }
    match rng.below(8) {
        // It stays.
        0 => {}
        1 => drop(members.insert(name.to_string(), RawValue::Null)),
        _ => drop(members.remove(name)),
    }
    Some(path)
}

fn record(fields: &Fields, rng: &mut Rng, faulty: bool) -> RawMap {
    let mut members = RawMap::new();
    for (name, field) in fields {
        if let Some(value) = member(field, rng, faulty) {
            members.insert(name.to_string(), value);
        }
    }
    if rng.one_in(20) {
        members.insert("b c".to_owned(), RawValue::Null);
    }
    if rng.one_in(12) {
        members.insert("extra".to_owned(), RawValue::from("extra"));
    }
    members
}

fn member(field: &Field, rng: &mut Rng, faulty: bool) -> Option<RawValue> {
    if field.optional && rng.one_in(3) {
        return rng.one_in(2).then_some(RawValue::Null);
    }
    if faulty && rng.one_in(8) {
        return broken(rng);
    }
    Some(valid(&field.ty, rng, faulty))
}

/// Nothing, null, or a value that hardly fits.
fn broken(rng: &mut Rng) -> Option<RawValue> {
    match rng.below(6) {
        0 => None,
        1 => Some(RawValue::Null),
        _ => Some(nonsense(rng)),
    }
}

fn nonsense(rng: &mut Rng) -> RawValue {
    match rng.below(7) {
        5 => RawValue::Map(RawMap::from([("a".to_owned(), RawValue::from("a"))])),
        6 => RawValue::from(rng.pick(&["9", "2026-02-30", "10.0.0.1/8", "https://u@a.example/", "a\\b"])),
        0 => RawValue::Unreadable(Reason::UnrepresentableNumber),
        1 => RawValue::from("\u{0}nonsense"),
        2 => RawValue::Bool(true),
        3 => RawValue::List(vec![RawValue::Null]),
        _ => RawValue::Number(Decimal::from(7)),
    }
}

fn valid(ty: &Type, rng: &mut Rng, faulty: bool) -> RawValue {
    let text = |options: &[&str], rng: &mut Rng| RawValue::from(options[rng.below(options.len())]);
    match &ty.kind {
        TypeKind::String if ty.constraints.one_of.is_some() => text(&ENUM, rng),
        TypeKind::String if rng.one_in(12) => RawValue::from(rng.pick(&["ab\u{10348}b", "A\n", "\u{e9}a b"])),
        TypeKind::String => text(&STRINGS, rng),
        TypeKind::Number if rng.one_in(12) => {
            number(rng.pick(&["0.10", "1e2", "1e400", "-0", "1e-34", "-3", "101"]))
        }
        TypeKind::Number => number(NUMBERS[rng.below(NUMBERS.len())]),
        TypeKind::Integer => RawValue::from(i64::try_from(rng.below(6)).unwrap_or(0) - 2),
        TypeKind::Boolean => RawValue::Bool(rng.one_in(2)),
        TypeKind::Timestamp if rng.one_in(12) => RawValue::from(rng.pick(&[
            "1960-02-29T23:59:59Z",
            "9999-12-31T23:59:59.999999999Z",
            "2026-10-25T02:30:00+01:00",
        ])),
        TypeKind::Timestamp => text(&TIMES, rng),
        TypeKind::Date if rng.one_in(12) => RawValue::from(rng.pick(&["2026-12-31", "9999-12-31"])),
        TypeKind::Date => text(&DATES, rng),
        TypeKind::Duration if rng.one_in(12) => RawValue::from(rng.pick(&["-2.000000001s", "87600h", "25h"])),
        TypeKind::Duration => text(&SPANS, rng),
        TypeKind::Quantity if rng.one_in(12) => RawValue::from(rng.pick(&["1Ei", "0", "-1", "2e3"])),
        TypeKind::Quantity => text(&AMOUNTS, rng),
        TypeKind::Ip => text(&IPS, rng),
        TypeKind::Path if rng.one_in(6) => RawValue::from(rng.pick(&["../x", "/../y", "a/../.."])),
        TypeKind::Path => text(&PATHS, rng),
        TypeKind::Url => text(&URLS, rng),
        TypeKind::List(of) => {
            let most = if faulty && rng.one_in(10) { 9 } else { 4 };
            let item =
                |rng: &mut Rng| if faulty && rng.one_in(6) { nonsense(rng) } else { valid(of, rng, faulty) };
            RawValue::List((0..rng.below(most)).map(|_| item(rng)).collect())
        }
        TypeKind::Map(of) => {
            let keys = ["a", "b", "", "c", "a.b", "q\"", "1"];
            let keys = keys.into_iter().filter(|_| rng.one_in(3)).collect::<Vec<_>>();
            let entry = |key: &str| {
                let value = if faulty && rng.one_in(6) { nonsense(rng) } else { valid(of, rng, faulty) };
                (key.to_owned(), value)
            };
            RawValue::Map(keys.into_iter().map(entry).collect())
        }
        TypeKind::Object(fields) => RawValue::Map(record(fields, rng, faulty)),
        TypeKind::Any => json(rng, 2),
    }
}

fn json(rng: &mut Rng, depth: usize) -> RawValue {
    match rng.below(if depth == 0 { 5 } else { 8 }) {
        0 => RawValue::Null,
        1 => RawValue::Bool(rng.one_in(2)),
        2 => RawValue::from(STRINGS[rng.below(STRINGS.len())]),
        3 | 4 => RawValue::from(i64::try_from(rng.below(4)).unwrap_or(0)),
        5 => RawValue::List((0..rng.below(4)).map(|_| json(rng, depth - 1)).collect()),
        6 => RawValue::Unreadable(Reason::UnrepresentableNumber),
        _ => {
            let keys: Vec<&str> = ["a", "b"].into_iter().filter(|_| rng.one_in(2)).collect();
            RawValue::Map(keys.into_iter().map(|key| (key.to_owned(), json(rng, depth - 1))).collect())
        }
    }
}

/// A request that knows less, in one place: a required field deleted or null, a declared value, element or container
/// replaced by an invalid one, or a record deleted. Optional fields, elements, map entries and members of an `any`
/// are never deleted, since that would state another fact.
pub fn know_less(schema: &Schema, request: &RawRequest, rng: &mut Rng) -> RawRequest {
    let mut less = request.clone();
    // To take away a value that is said to be unknown would repair what is wrong.
    if request.apply_unknown(schema).is_err() {
        return less;
    }
    if rng.one_in(4) {
        forget_fact(schema, &mut less, rng);
        return less;
    }
    let record_name = RecordName::ALL[rng.below(3)];
    let action = match &request.action {
        Some(RawValue::Map(members)) => match members.get("type") {
            Some(RawValue::String(name)) => schema.action_id(name).and_then(|id| schema.action(id)),
            _ => None,
        },
        _ => None,
    };
    let nothing = Fields::new();
    let (record, fields) = match record_name {
        RecordName::Action => (&mut less.action, action.map_or(&nothing, |action| &action.fields)),
        RecordName::Actor => (&mut less.actor, &schema.actor),
        RecordName::Snapshot => (&mut less.snapshot, &schema.snapshot),
    };
    match record {
        Some(RawValue::Map(members)) if !rng.one_in(12) => forget(members, fields, rng),
        record => *record = rng.one_in(2).then_some(RawValue::Bool(false)),
    }
    less
}

/// Says of a fact, whatever it is, that it could not be found out.
fn forget_fact(schema: &Schema, request: &mut RawRequest, rng: &mut Rng) {
    let (record_name, fields, record) = match rng.one_in(2) {
        true => (RecordName::Actor, &schema.actor, &mut request.actor),
        false => (RecordName::Snapshot, &schema.snapshot, &mut request.snapshot),
    };
    let Some(RawValue::Map(members)) = record else { return };
    let mut path = record_name.as_str().to_owned();
    let (mut fields, mut members) = (fields, members);
    while let Some((name, field)) = fields.iter().nth(rng.below(fields.len())) {
        path = format!("{path}.{name}");
        let inside = rng.one_in(2) && matches!(members.get(name), Some(RawValue::Map(_)));
        match (&field.ty.kind, inside) {
            (TypeKind::Object(inner), true) if !inner.is_empty() => fields = inner,
            _ => {
                members.remove(name);
                break;
            }
        }
        let Some(RawValue::Map(inner)) = members.get_mut(name) else { return };
        members = inner;
    }
    request.unknown.push(path);
}

fn forget(members: &mut RawMap, fields: &Fields, rng: &mut Rng) {
    let Some((name, field)) = fields.iter().nth(rng.below(fields.len())) else { return };
    let there = members.get(name.as_ref()).is_some_and(|value| *value != RawValue::Null);
    if !field.optional && rng.one_in(3) {
        if rng.one_in(2) {
            members.remove(name.as_ref());
        } else {
            members.insert(name.to_string(), RawValue::Null);
        }
        return;
    }
    // Replacing what is absent would state that something was there: that is another fact only if it was optional.
    if there && let Some(value) = members.get_mut(name.as_ref()) {
        blur(value, &field.ty, rng);
    }
}

/// Makes a value, or something inside it, invalid.
fn blur(value: &mut RawValue, ty: &Type, rng: &mut Rng) {
    let whole = rng.one_in(2);
    match (&ty.kind, &mut *value) {
        (TypeKind::List(of), RawValue::List(items)) if !whole && !items.is_empty() => {
            let idx = rng.below(items.len());
            blur(&mut items[idx], of, rng);
        }
        (TypeKind::Map(of), RawValue::Map(members)) if !whole && !members.is_empty() => {
            let idx = rng.below(members.len());
            if let Some(value) = members.values_mut().nth(idx) {
                blur(value, of, rng);
            }
        }
        (TypeKind::Object(fields), RawValue::Map(members)) if !whole => forget(members, fields, rng),
        // Nothing but an unreadable number is invalid as an `any`.
        (TypeKind::Any, value) => *value = UNREADABLE,
        (TypeKind::String, value) => *value = if rng.one_in(2) { RawValue::Bool(true) } else { UNREADABLE },
        (_, value) if rng.one_in(2) => *value = RawValue::from("\u{0}nonsense"),
        (_, value) => *value = UNREADABLE,
    }
}
