//! Values of a type that are worth trying at a path: each literal and what is close to it, every member of an enum,
//! and plain ones.

use std::sync::Arc;

use actra_engine::model::{Constraints, Decimal, Field, RawMap, RawValue, Type, TypeKind, Value, ValueState};

use super::literals::{Boundary, LiteralPool};
use super::pattern_text::matching;
use super::rng::Rng;
use crate::mutant::{Neighbor, neighbor};

/// The most values for one path.
const MAX_VALUES: usize = 40;
/// The most elements or characters that are written to reach a length.
const MAX_LENGTH: usize = 300;
/// How deep objects, lists and `any` are filled.
const MAX_DEPTH: usize = 5;

/// Where values come from: the literals of the rule in question first, then those of all others.
pub(super) struct LiteralSources<'p> {
    pub(super) own: &'p LiteralPool,
    pub(super) all: &'p LiteralPool,
}

impl LiteralSources<'_> {
    fn boundaries(&self, path: &str) -> Vec<Boundary> {
        self.own.boundaries(path).iter().chain(self.all.boundaries(path).iter().take(16)).cloned().collect()
    }

    fn numbers(&self, path: &str) -> Vec<Decimal> {
        let numbers = self.boundaries(path).into_iter().filter_map(|boundary| match boundary {
            Boundary::Literal(Value::Number(number)) => Some(number),
            _ => None,
        });
        numbers.collect()
    }

    /// The texts at a path, also those in lists.
    fn texts(&self, path: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for boundary in self.boundaries(path) {
            match boundary {
                Boundary::Literal(value) => collect_texts(&value, &mut texts),
                Boundary::Pattern(_) | Boundary::Range(_) | Boundary::TimePart => {}
            }
        }
        texts
    }
}

/// Values to try, the most telling first. Not all of them are valid.
pub(super) fn values(ty: &Type, path: &str, sources: &LiteralSources<'_>) -> Vec<RawValue> {
    let mut found = ValueList::default();
    fill(&mut found, ty, path, sources, 0);
    found.values
}

/// Values in order, each once, and at most [`MAX_VALUES`].
#[derive(Default)]
struct ValueList {
    values: Vec<RawValue>,
}

impl ValueList {
    fn add(&mut self, value: RawValue) {
        if self.values.len() < MAX_VALUES && !self.values.contains(&value) {
            self.values.push(value);
        }
    }

    fn text(&mut self, text: impl Into<String>) {
        self.add(RawValue::String(text.into()));
    }
}

fn fill(found: &mut ValueList, ty: &Type, path: &str, sources: &LiteralSources<'_>, depth: usize) {
    if depth > MAX_DEPTH {
        return found.add(plain(&ty.kind));
    }
    named_by_schema(found, &ty.constraints);
    let fixed = ty.constraints.one_of.is_some();
    match &ty.kind {
        TypeKind::Boolean => [false, true].into_iter().for_each(|flag| found.add(RawValue::Bool(flag))),
        TypeKind::String if fixed => {}
        TypeKind::String => strings(found, path, sources),
        TypeKind::Number | TypeKind::Integer => numbers(found, &sources.numbers(path)),
        TypeKind::Timestamp => timestamps(found, path, sources),
        TypeKind::Ip => addresses(found, path, sources),
        TypeKind::Path => paths(found, path, sources),
        TypeKind::Date | TypeKind::Duration | TypeKind::Quantity | TypeKind::Url => {
            neighbors_of_literals(found, path, sources);
        }
        TypeKind::List(item) => lists(found, item, path, sources, depth),
        TypeKind::Map(item) => maps(found, item, path, sources, depth),
        TypeKind::Object(members) => {
            let member = |(name, field): (&Arc<str>, &Field)| {
                let mut own = ValueList::default();
                fill(&mut own, &field.ty, &format!("{path}.{name}"), sources, depth + 1);
                MemberValues { name: name.to_string(), values: own.values, optional: field.optional }
            };
            objects(found, &members.iter().map(member).collect::<Vec<_>>());
        }
        TypeKind::Any => json(found, path, sources, depth),
    }
    found.add(plain(&ty.kind));
}

/// The values that the schema itself names.
fn named_by_schema(found: &mut ValueList, constraints: &Constraints) {
    constraints.one_of.iter().flatten().for_each(|value| found.add(raw(value)));
    for value in [&constraints.min, &constraints.max].into_iter().flatten() {
        found.add(raw(value));
    }
    if let Some(pattern) = &constraints.pattern {
        let mut rng = Rng::new(0);
        (0..4).filter_map(|_| matching(pattern.source(), &mut rng)).for_each(|text| found.text(text));
    }
}

fn strings(found: &mut ValueList, path: &str, sources: &LiteralSources<'_>) {
    let texts = sources.texts(path);
    texts.iter().for_each(|text| found.text(text.clone()));
    for boundary in sources.boundaries(path) {
        if let Boundary::Pattern(pattern) = boundary {
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
    for number in sources.numbers(path) {
        for length in lengths(number) {
            found.text("x".repeat(length));
        }
        found.text(number.to_string());
    }
    ["x", "xplainx"].into_iter().for_each(|text| found.text(text));
}

fn numbers(found: &mut ValueList, literals: &[Decimal]) {
    let number = |number: Decimal| RawValue::Number(number);
    for literal in literals {
        found.add(number(*literal));
        for which in [Neighbor::Below, Neighbor::Above] {
            if let Some(Value::Number(near)) = neighbor(&Value::Number(*literal), which) {
                found.add(number(near));
            }
        }
    }
    for (idx, literal) in literals.iter().enumerate() {
        let tenth = Decimal::new(1, 1).unwrap_or(Decimal::ZERO);
        literal.checked_add(tenth).into_iter().for_each(|more| found.add(number(more)));
        for other in literals.iter().skip(idx) {
            [literal.checked_add(*other), literal.checked_sub(*other)]
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
    around.filter_map(|length| usize::try_from(length).ok()).filter(|length| *length <= MAX_LENGTH).collect()
}

fn timestamps(found: &mut ValueList, path: &str, sources: &LiteralSources<'_>) {
    neighbors_of_literals(found, path, sources);
    if sources.boundaries(path).iter().any(|boundary| matches!(boundary, Boundary::TimePart)) {
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
fn neighbors_of_literals(found: &mut ValueList, path: &str, sources: &LiteralSources<'_>) {
    for boundary in sources.boundaries(path) {
        let Boundary::Literal(value) = boundary else { continue };
        let mut near = vec![value.clone()];
        near.extend(
            [Neighbor::Below, Neighbor::Above].into_iter().filter_map(|which| neighbor(&value, which)),
        );
        near.iter().for_each(|value| found.add(raw(value)));
    }
}

fn addresses(found: &mut ValueList, path: &str, sources: &LiteralSources<'_>) {
    neighbors_of_literals(found, path, sources);
    for boundary in sources.boundaries(path) {
        let Boundary::Range(range) = boundary else { continue };
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

fn paths(found: &mut ValueList, path: &str, sources: &LiteralSources<'_>) {
    for text in sources.texts(path) {
        found.text(text.clone());
        found.text(format!("{}/x", text.trim_end_matches('/')));
        found.text(format!("{text}x"));
        found
            .text(text.rsplit_once('/').map_or("/", |(above, _)| if above.is_empty() { "/" } else { above }));
    }
    ["/x", "x", "../x"].into_iter().for_each(|text| found.text(text));
}

fn lists(found: &mut ValueList, item: &Type, path: &str, sources: &LiteralSources<'_>, depth: usize) {
    let mut items = ValueList::default();
    // A literal that a list is compared with is often one of its elements.
    fill(&mut items, item, &format!("{path}[*]"), sources, depth + 1);
    let mut elements = ValueList::default();
    fill(&mut elements, item, path, sources, depth + 1);
    items.values.iter().take(12).for_each(|value| elements.add(value.clone()));
    let elements = elements.values;
    found.add(RawValue::List(Vec::new()));
    for boundary in sources.boundaries(path) {
        if let Boundary::Literal(Value::List(states)) = &boundary {
            let all: Vec<RawValue> = states.iter().filter_map(present).map(raw).collect();
            for idx in 0..all.len().min(8) {
                let rest = all.iter().enumerate().filter(|(at, _)| *at != idx);
                found.add(RawValue::List(rest.map(|(_, value)| value.clone()).collect()));
            }
            found.add(RawValue::List(all));
        }
        if let Boundary::Literal(Value::Number(number)) = &boundary {
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

fn maps(found: &mut ValueList, item: &Type, path: &str, sources: &LiteralSources<'_>, depth: usize) {
    let mut keys = sources.own.keys(path);
    keys.extend(sources.all.keys(path).into_iter().take(6));
    keys.extend(sources.texts(path).into_iter().take(6));
    // The plain values of texts and numbers, as keys.
    keys.extend(["plain".to_owned(), "0".to_owned()]);
    keys.dedup();
    found.add(RawValue::Map(RawMap::new()));
    let mut all = RawMap::new();
    for key in keys.into_iter().take(8) {
        let mut values = ValueList::default();
        fill(&mut values, item, &format!("{path}[\"{key}\"]"), sources, depth + 1);
        let mut others = ValueList::default();
        fill(&mut others, item, &format!("{path}[*]"), sources, depth + 1);
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

/// The values to try for a member of an object.
struct MemberValues {
    name: String,
    values: Vec<RawValue>,
    optional: bool,
}

/// Chooses a value for a member, given its index; `None` leaves the member out.
type ChooseValue<'c> = dyn FnMut(usize, &MemberValues) -> Option<RawValue> + 'c;

/// Objects that differ from a first one in one member, and some that differ in several.
fn objects(found: &mut ValueList, members: &[MemberValues]) {
    let build = |choose: &mut ChooseValue<'_>| {
        let chosen = members.iter().enumerate();
        let chosen = chosen.filter_map(|(idx, member)| Some((member.name.clone(), choose(idx, member)?)));
        RawValue::Map(chosen.collect())
    };
    found.add(build(&mut |_, member| member.values.first().cloned()));
    found.add(build(&mut |_, member| if member.optional { None } else { member.values.last().cloned() }));
    for (left_out, _) in members.iter().enumerate().filter(|(_, member)| member.optional) {
        found.add(build(&mut |idx, member| {
            if idx == left_out { None } else { member.values.first().cloned() }
        }));
    }
    for (varied, MemberValues { values, .. }) in members.iter().enumerate() {
        for value in values.iter().take(8) {
            found.add(build(&mut |idx, member| {
                if idx == varied { Some(value.clone()) } else { member.values.first().cloned() }
            }));
        }
    }
    let mut rng = Rng::new(0);
    for _ in 0..MAX_VALUES {
        found.add(build(&mut |_, member| {
            if member.optional && rng.below(4) == 0 { None } else { rng.pick(&member.values).cloned() }
        }));
    }
}

/// JSON of every kind, with the members that the policy reads.
fn json(found: &mut ValueList, path: &str, sources: &LiteralSources<'_>, depth: usize) {
    for boundary in sources.boundaries(path) {
        if let Boundary::Literal(value) = &boundary {
            found.add(raw(value));
            found.add(RawValue::List(vec![raw(value)]));
        }
    }
    let any = Type::plain(TypeKind::Any);
    let mut members = sources.own.members(path);
    members.extend(sources.all.members(path).into_iter().take(6));
    for member in members.into_iter().take(6) {
        for path in [format!("{path}.{member}"), format!("{path}[\"{member}\"]")] {
            let mut values = ValueList::default();
            fill(&mut values, &any, &path, sources, depth + 1);
            for value in values.values.into_iter().take(8) {
                found.add(RawValue::Map(RawMap::from([(member.clone(), value)])));
            }
        }
    }
    strings(found, path, sources);
    numbers(found, &sources.numbers(path));
    [RawValue::Bool(true), RawValue::Bool(false), RawValue::List(Vec::new()), RawValue::Map(RawMap::new())]
        .into_iter()
        .for_each(|value| found.add(value));
}

/// A value of a type that no policy treats specially.
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

fn present(state: &ValueState) -> Option<&Value> {
    if let ValueState::Present(value) = state { Some(value) } else { None }
}

/// A value as a request writes it.
pub(super) fn raw(value: &Value) -> RawValue {
    let state = |state: &ValueState| present(state).map_or(RawValue::Null, raw);
    match value {
        Value::Bool(flag) => RawValue::Bool(*flag),
        Value::Number(number) => RawValue::Number(*number),
        Value::List(states) => RawValue::List(states.iter().map(state).collect()),
        Value::Map(entries) => {
            RawValue::Map(entries.iter().map(|(key, entry)| (key.to_string(), state(entry))).collect())
        }
        Value::Object(record) => {
            let members =
                record.fields.iter().filter_map(|(key, state)| Some((key.to_string(), raw(present(state)?))));
            RawValue::Map(members.collect())
        }
        Value::Any(json) => json.clone(),
        other => RawValue::String(other.to_text()),
    }
}

/// The scalars of a literal as texts.
fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::List(states) => {
            states.iter().filter_map(present).for_each(|value| collect_texts(value, texts))
        }
        Value::Map(entries) => texts.extend(entries.keys().map(ToString::to_string)),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        other => texts.push(other.to_text()),
    }
}
