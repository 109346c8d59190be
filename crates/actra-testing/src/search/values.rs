//! Values of a type that are worth trying at a path: each literal and what is close to it, every member of an enum,
//! and plain ones.

use actra_engine::model::{Decimal, Narrowing, RawMap, RawValue, Slot, Type, TypeKind, Value};

use super::pool::{Pool, Seed};
use super::rng::Rng;
use super::text::matching;
use crate::mutate::{Side, step};

/// Values for one place.
const MOST: usize = 40;
/// Elements or characters that are written to reach a length.
const LONG: usize = 300;
/// How deep objects, lists and `any` are filled.
const DEEP: usize = 5;

/// Where values come from: the literals of the rule in question first, then those of all others.
pub(super) struct Sources<'p> {
    pub(super) own: &'p Pool,
    pub(super) all: &'p Pool,
}

impl Sources<'_> {
    fn seeds(&self, path: &str) -> Vec<Seed> {
        self.own.seeds(path).iter().chain(self.all.seeds(path).iter().take(16)).cloned().collect()
    }

    fn numbers(&self, path: &str) -> Vec<Decimal> {
        let seeds = self.seeds(path).into_iter().filter_map(|seed| match seed {
            Seed::Literal(Value::Number(number)) => Some(number),
            _ => None,
        });
        seeds.collect()
    }

    /// Texts at a path, those in lists too.
    fn texts(&self, path: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for seed in self.seeds(path) {
            match seed {
                Seed::Literal(value) => scalars(&value, &mut texts),
                Seed::Pattern(_) | Seed::Range(_) | Seed::Clock => {}
            }
        }
        texts
    }
}

/// Values to try, the most telling first; not all of them are valid.
pub(super) fn values(ty: &Type, path: &str, from: &Sources<'_>) -> Vec<RawValue> {
    let mut found = Found::default();
    fill(&mut found, ty, path, from, 0);
    found.values
}

/// Values in order, each once, not more than are worth trying.
#[derive(Default)]
struct Found {
    values: Vec<RawValue>,
}

impl Found {
    fn add(&mut self, value: RawValue) {
        if self.values.len() < MOST && !self.values.contains(&value) {
            self.values.push(value);
        }
    }

    fn text(&mut self, text: impl Into<String>) {
        self.add(RawValue::String(text.into()));
    }
}

fn fill(found: &mut Found, ty: &Type, path: &str, from: &Sources<'_>, depth: usize) {
    if depth > DEEP {
        return found.add(plain(&ty.kind));
    }
    narrowed(found, &ty.narrowing);
    let fixed = ty.narrowing.one_of.is_some();
    match &ty.kind {
        TypeKind::Boolean => [false, true].into_iter().for_each(|flag| found.add(RawValue::Bool(flag))),
        TypeKind::String if fixed => {}
        TypeKind::String => strings(found, path, from),
        TypeKind::Number | TypeKind::Integer => numbers(found, &from.numbers(path)),
        TypeKind::Timestamp => timestamps(found, path, from),
        TypeKind::Ip => addresses(found, path, from),
        TypeKind::Path => paths(found, path, from),
        TypeKind::Date | TypeKind::Duration | TypeKind::Quantity | TypeKind::Url => {
            neighbors(found, path, from);
        }
        TypeKind::List(item) => lists(found, item, path, from, depth),
        TypeKind::Map(item) => maps(found, item, path, from, depth),
        TypeKind::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, field)| {
                    let mut own = Found::default();
                    fill(&mut own, &field.ty, &format!("{path}.{name}"), from, depth + 1);
                    (name.to_string(), own.values, field.optional)
                })
                .collect();
            objects(found, &members);
        }
        TypeKind::Any => unknown(found, path, from, depth),
    }
    found.add(plain(&ty.kind));
}

/// The values that the schema itself names.
fn narrowed(found: &mut Found, narrowing: &Narrowing) {
    narrowing.one_of.iter().flatten().for_each(|value| found.add(raw(value)));
    for value in [&narrowing.min, &narrowing.max].into_iter().flatten() {
        found.add(raw(value));
    }
    if let Some(pattern) = &narrowing.pattern {
        let mut rng = Rng::new(0);
        (0..4).filter_map(|_| matching(pattern.source(), &mut rng)).for_each(|text| found.text(text));
    }
}

fn strings(found: &mut Found, path: &str, from: &Sources<'_>) {
    let texts = from.texts(path);
    texts.iter().for_each(|text| found.text(text.clone()));
    for seed in from.seeds(path) {
        if let Seed::Pattern(pattern) = seed {
            let mut rng = Rng::new(0);
            for text in (0..3).filter_map(|_| matching(&pattern, &mut rng)) {
                found.text(format!("~{text}"));
                found.text(format!("{text}~"));
                found.text(text);
            }
        }
    }
    found.text("plain");
    found.text("");
    for text in texts {
        let shorter = text.char_indices().next_back().and_then(|(end, _)| text.get(..end));
        found.text(format!("{text}~"));
        found.text(format!("x{text}"));
        found.text(format!("x{text}x"));
        found.text(shorter.unwrap_or_default());
        found.text(text.to_ascii_uppercase());
        found.text(text.to_ascii_lowercase());
    }
    for number in from.numbers(path) {
        for length in lengths(number) {
            found.text("x".repeat(length));
        }
        found.text(number.to_string());
    }
    ["x", "xplainx"].into_iter().for_each(|text| found.text(text));
}

fn numbers(found: &mut Found, seeds: &[Decimal]) {
    let number = |number: Decimal| RawValue::Number(number);
    for seed in seeds {
        found.add(number(*seed));
        for side in [Side::Below, Side::Above] {
            if let Some(Value::Number(near)) = step(&Value::Number(*seed), side) {
                found.add(number(near));
            }
        }
    }
    for (idx, seed) in seeds.iter().enumerate() {
        let tenth = Decimal::new(1, 1).unwrap_or(Decimal::ZERO);
        seed.checked_add(tenth).into_iter().for_each(|more| found.add(number(more)));
        for other in seeds.iter().skip(idx) {
            [seed.checked_add(*other), seed.checked_sub(*other)]
                .into_iter()
                .flatten()
                .for_each(|sum| found.add(number(sum)));
        }
    }
    for plain in [0, 1, -1, 2, 100, 1_000_000] {
        found.add(RawValue::from(plain));
    }
}

/// Whole lengths around a number.
fn lengths(number: Decimal) -> Vec<usize> {
    let around = number.to_i64().into_iter().flat_map(|length| [length, length - 1, length + 1]);
    around.filter_map(|length| usize::try_from(length).ok()).filter(|length| *length <= LONG).collect()
}

fn timestamps(found: &mut Found, path: &str, from: &Sources<'_>) {
    neighbors(found, path, from);
    if from.seeds(path).iter().any(|seed| matches!(seed, Seed::Clock)) {
        for hour in 0..24 {
            found.text(format!("2024-01-01T{hour:02}:00:00Z"));
        }
        for day in 2..8 {
            found.text(format!("2024-01-{day:02}T12:30:00Z"));
        }
        for month in 2..13 {
            found.text(format!("2024-{month:02}-01T12:00:00Z"));
        }
    }
}

/// The literals at a path and those right below and above.
fn neighbors(found: &mut Found, path: &str, from: &Sources<'_>) {
    for seed in from.seeds(path) {
        let Seed::Literal(value) = seed else { continue };
        let mut near = vec![value.clone()];
        near.extend([Side::Below, Side::Above].into_iter().filter_map(|side| step(&value, side)));
        near.iter().for_each(|value| found.add(raw(value)));
    }
}

fn addresses(found: &mut Found, path: &str, from: &Sources<'_>) {
    neighbors(found, path, from);
    for seed in from.seeds(path) {
        let Seed::Range(range) = seed else { continue };
        let (network, prefix) = (range.network().addr(), u32::from(range.prefix()));
        let texts = match network {
            std::net::IpAddr::V4(network) => {
                let first = u32::from(network);
                let last = first | u32::MAX.checked_shr(prefix).unwrap_or(0);
                let wider = first ^ 1u32.checked_shl(32 - prefix.min(32)).unwrap_or(0);
                let inner = last ^ ((last - first) / 2);
                [first, last, first.wrapping_sub(1), last.wrapping_add(1), wider, inner]
                    .map(|bits| std::net::Ipv4Addr::from(bits).to_string())
            }
            std::net::IpAddr::V6(network) => {
                let first = u128::from(network);
                let last = first | u128::MAX.checked_shr(prefix).unwrap_or(0);
                let wider = first ^ 1u128.checked_shl(128 - prefix.min(128)).unwrap_or(0);
                let inner = last ^ ((last - first) / 2);
                [first, last, first.wrapping_sub(1), last.wrapping_add(1), wider, inner]
                    .map(|bits| std::net::Ipv6Addr::from(bits).to_string())
            }
        };
        texts.into_iter().for_each(|text| found.text(text));
    }
    found.text("2001:db8::1");
}

fn paths(found: &mut Found, path: &str, from: &Sources<'_>) {
    for text in from.texts(path) {
        found.text(text.clone());
        found.text(format!("{}/x", text.trim_end_matches('/')));
        found.text(format!("{text}x"));
        found
            .text(text.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above }));
    }
    ["/x", "x", "../x"].into_iter().for_each(|text| found.text(text));
}

fn lists(found: &mut Found, item: &Type, path: &str, from: &Sources<'_>, depth: usize) {
    let mut items = Found::default();
    // What stands beside a list is often one of its elements.
    fill(&mut items, item, &format!("{path}[*]"), from, depth + 1);
    let mut elements = Found::default();
    fill(&mut elements, item, path, from, depth + 1);
    items.values.iter().take(12).for_each(|value| elements.add(value.clone()));
    let elements = elements.values;
    found.add(RawValue::List(Vec::new()));
    for seed in from.seeds(path) {
        if let Seed::Literal(Value::List(slots)) = &seed {
            let all: Vec<RawValue> = slots.iter().filter_map(present).map(raw).collect();
            for idx in 0..all.len().min(8) {
                let rest = all.iter().enumerate().filter(|(at, _)| *at != idx);
                found.add(RawValue::List(rest.map(|(_, value)| value.clone()).collect()));
            }
            found.add(RawValue::List(all));
        }
        if let Seed::Literal(Value::Number(number)) = &seed {
            for length in lengths(*number) {
                let elements = elements.iter().cycle().take(length).cloned().collect();
                found.add(RawValue::List(elements));
            }
        }
    }
    for element in elements.iter().take(12) {
        found.add(RawValue::List(vec![element.clone()]));
    }
    for (one, other) in elements.iter().zip(elements.iter().skip(1)).take(8) {
        found.add(RawValue::List(vec![one.clone(), other.clone()]));
    }
}

fn maps(found: &mut Found, item: &Type, path: &str, from: &Sources<'_>, depth: usize) {
    let mut keys = from.own.keys(path);
    keys.extend(from.all.keys(path).into_iter().take(6));
    keys.extend(from.texts(path).into_iter().take(6));
    // What the plain values of texts and numbers look like as keys.
    keys.extend(["plain".to_owned(), "0".to_owned()]);
    keys.dedup();
    found.add(RawValue::Map(RawMap::new()));
    let mut all = RawMap::new();
    for key in keys.into_iter().take(8) {
        let mut values = Found::default();
        fill(&mut values, item, &format!("{path}[\"{key}\"]"), from, depth + 1);
        let mut others = Found::default();
        fill(&mut others, item, &format!("{path}[*]"), from, depth + 1);
        others.values.into_iter().for_each(|value| values.add(value));
        for value in values.values.iter().take(10) {
            found.add(RawValue::Map(RawMap::from([(key.clone(), value.clone())])));
        }
        if let Some(first) = values.values.into_iter().next() {
            all.insert(key, first);
        }
    }
    found.add(RawValue::Map(all));
}

/// The value of a member, by its place, the values to try and whether it is optional; `None` leaves it out.
type Choose<'c> = dyn FnMut(usize, &[RawValue], bool) -> Option<RawValue> + 'c;

/// Objects that differ from a first one in one member, and some in several.
fn objects(found: &mut Found, members: &[(String, Vec<RawValue>, bool)]) {
    let build = |choose: &mut Choose<'_>| {
        let chosen = members.iter().enumerate();
        let chosen = chosen.filter_map(|(idx, (name, values, optional))| {
            Some((name.clone(), choose(idx, values, *optional)?))
        });
        RawValue::Map(chosen.collect())
    };
    found.add(build(&mut |_, values, _| values.first().cloned()));
    found.add(build(&mut |_, values, optional| if optional { None } else { values.last().cloned() }));
    for (left_out, _) in members.iter().enumerate().filter(|(_, (.., optional))| *optional) {
        found.add(build(&mut |idx, values, _| if idx == left_out { None } else { values.first().cloned() }));
    }
    let mut rng = Rng::new(0);
    for (varied, (_, options, _)) in members.iter().enumerate() {
        for option in options.iter().take(8) {
            found.add(build(&mut |idx, values, _| {
                if idx == varied { Some(option.clone()) } else { values.first().cloned() }
            }));
        }
    }
    for _ in 0..MOST {
        found.add(build(&mut |_, values, optional| {
            if optional && rng.below(4) == 0 { None } else { rng.pick(values).cloned() }
        }));
    }
}

/// JSON of every kind, with the members that the policy looks for.
fn unknown(found: &mut Found, path: &str, from: &Sources<'_>, depth: usize) {
    for seed in from.seeds(path) {
        if let Seed::Literal(value) = &seed {
            found.add(raw(value));
            found.add(RawValue::List(vec![raw(value)]));
        }
    }
    let any = Type::plain(TypeKind::Any);
    let mut members = from.own.members(path);
    members.extend(from.all.members(path).into_iter().take(6));
    for member in members.into_iter().take(6) {
        for place in [format!("{path}.{member}"), format!("{path}[\"{member}\"]")] {
            let mut values = Found::default();
            fill(&mut values, &any, &place, from, depth + 1);
            for value in values.values.into_iter().take(8) {
                found.add(RawValue::Map(RawMap::from([(member.clone(), value)])));
            }
        }
    }
    strings(found, path, from);
    numbers(found, &from.numbers(path));
    [RawValue::Bool(true), RawValue::Bool(false), RawValue::List(Vec::new()), RawValue::Map(RawMap::new())]
        .into_iter()
        .for_each(|value| found.add(value));
}

/// A value of a type that no policy asks for in particular.
pub(super) fn plain(kind: &TypeKind) -> RawValue {
    match kind {
        TypeKind::String | TypeKind::Any => RawValue::from("plain"),
        TypeKind::Number | TypeKind::Integer => RawValue::from(0),
        TypeKind::Boolean => RawValue::Bool(false),
        TypeKind::Timestamp => RawValue::from("2024-01-03T12:30:00Z"),
        TypeKind::Date => RawValue::from("2024-01-03"),
        TypeKind::Duration => RawValue::from("1s"),
        TypeKind::Quantity => RawValue::from("1"),
        TypeKind::Ip => RawValue::from("192.0.2.1"),
        TypeKind::Path => RawValue::from("/x"),
        TypeKind::Url => RawValue::from("https://plain.example/"),
        TypeKind::List(_) => RawValue::List(Vec::new()),
        TypeKind::Map(_) => RawValue::Map(RawMap::new()),
        TypeKind::Object(members) => {
            let required = members.iter().filter(|(_, field)| !field.optional);
            RawValue::Map(required.map(|(name, field)| (name.to_string(), plain(&field.ty.kind))).collect())
        }
    }
}

fn present(slot: &Slot) -> Option<&Value> {
    if let Slot::Present(value) = slot { Some(value) } else { None }
}

/// A value as a request writes it.
pub(super) fn raw(value: &Value) -> RawValue {
    let slot = |slot: &Slot| present(slot).map_or(RawValue::Null, raw);
    match value {
        Value::Bool(flag) => RawValue::Bool(*flag),
        Value::Number(number) => RawValue::Number(*number),
        Value::List(slots) => RawValue::List(slots.iter().map(slot).collect()),
        Value::Map(entries) => {
            RawValue::Map(entries.iter().map(|(key, entry)| (key.to_string(), slot(entry))).collect())
        }
        Value::Object(record) => {
            let members =
                record.slots.iter().filter_map(|(key, slot)| Some((key.to_string(), raw(present(slot)?))));
            RawValue::Map(members.collect())
        }
        Value::Any(json) => json.clone(),
        other => RawValue::String(other.to_text()),
    }
}

/// The scalars of a literal as texts.
fn scalars(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::List(slots) => slots.iter().filter_map(present).for_each(|value| scalars(value, texts)),
        Value::Map(entries) => texts.extend(entries.keys().map(ToString::to_string)),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        other => texts.push(other.to_text()),
    }
}
