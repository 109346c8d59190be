//! Sizes of values, as far as the cost of going through them depends on them.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_model::{RawValue, Record, Type, TypeKind, Value, ValueState, limits};

/// The measures of one value; of several values, the largest of each measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SizeBounds {
    /// Bytes of a text, of a URL in normal form.
    pub bytes: u64,
    /// Elements of a list.
    pub items: u64,
    /// Members of a map or an object that are there, readable or not.
    pub entries: u64,
    /// Bytes of the longest key.
    pub keys: u64,
    /// What going through all of it takes: for a text a 64th of its bytes; for a container each element with what
    /// going through it takes, for each entry two more and a 64th of the bytes of its key; for a path twice its
    /// segments as well.
    pub whole: u64,
    /// For an `any`, one more than `whole`: what reading it as a URL, a path, a list or a map takes.
    pub json: u64,
    /// Whether it is a URL, a path or a container.
    pub composite: bool,
}

impl SizeBounds {
    pub(super) fn max(self, other: SizeBounds) -> SizeBounds {
        SizeBounds {
            bytes: self.bytes.max(other.bytes),
            items: self.items.max(other.items),
            entries: self.entries.max(other.entries),
            keys: self.keys.max(other.keys),
            whole: self.whole.max(other.whole),
            json: self.json.max(other.json),
            composite: self.composite || other.composite,
        }
    }

    /// Elements of a list or keys of a map, whichever are more.
    pub(super) fn count(&self) -> u64 {
        self.items.max(self.entries)
    }
}

/// The size of a value: its own measures, and those of the values inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Size {
    /// Of the value itself.
    pub own: SizeBounds,
    inner: Contents,
}

/// The values inside of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Contents {
    /// Nothing that measures anything.
    #[default]
    Nothing,
    /// The largest of all elements or values.
    Each(Arc<Size>),
    /// Declared members.
    Members(Arc<BTreeMap<Arc<str>, Size>>),
    /// The largest of everything inside of an `any`, at any depth.
    Anything(SizeBounds),
}

/// Bytes that count one.
const WORD: u64 = 64;
/// For an entry of a map or an object.
const ENTRY: u64 = 3;
/// For a segment of a path.
const SEGMENT: u64 = 2;

/// A length as a measure.
fn measure(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl Size {
    /// Of a text with so many bytes.
    pub fn text(bytes: u64) -> Size {
        let own = SizeBounds { bytes, whole: bytes / WORD, ..SizeBounds::default() };
        Size { own, inner: Contents::Nothing }
    }

    /// Of a value that a request holds.
    pub fn of_state(state: &ValueState) -> Size {
        match state {
            ValueState::Present(value) => Size::of_value(value),
            ValueState::Absent | ValueState::Invalid(_) => Size::default(),
        }
    }

    /// The size of a value that is known.
    pub fn of_value(value: &Value) -> Size {
        match value {
            Value::String(text) => Size::text(measure(text.len())),
            Value::Url(url) => Size::composite(measure(url.as_str().len()), 0),
            Value::Path(path) => Size::composite(measure(path.to_string().len()), measure(path.segments())),
            Value::List(states) => Size::list(states.iter().map(Size::of_state)),
            Value::Map(entries) => {
                Size::map(entries.iter().map(|(key, state)| (&**key, Size::of_state(state))))
            }
            Value::Object(record) => Size::object(record),
            Value::Any(raw) => {
                let (own, inner) = json(raw);
                Size { own, inner: Contents::Anything(inner) }
            }
            Value::Bool(_)
            | Value::Number(_)
            | Value::Timestamp(_)
            | Value::Date(_)
            | Value::Duration(_)
            | Value::Quantity(_)
            | Value::Ip(_) => Size::default(),
        }
    }

    /// The most that a value of a type can be in a request.
    pub fn of_type(ty: &Type) -> Size {
        Size::bounded(ty, "", &|_, _| None)
    }

    /// The most that a value of a type can be where `limit` bounds some places. It is asked by their path from here.
    pub(super) fn bounded(ty: &Type, path: &str, limit: &dyn Fn(&str, Measure) -> Option<u64>) -> Size {
        let request = measure(limits::REQUEST_BYTES);
        // A segment of a path has two bytes and counts two; all else counts less than it has bytes.
        let whole = 2 * request;
        let items = || {
            let declared = ty.constraints.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS);
            limit(path, Measure::Items).unwrap_or(measure(declared))
        };
        let bytes = || {
            let declared =
                ty.constraints.max_length.map_or(request, |length| measure(length).saturating_mul(4));
            let longest =
                ty.constraints.one_of.as_ref().map(|values| {
                    values.iter().map(|value| Size::of_value(value).own.bytes).max().unwrap_or(0)
                });
            let most = declared.min(request).min(longest.unwrap_or(request));
            limit(path, Measure::Length).map_or(most, |limit| limit.min(most))
        };
        let element = |of: &Type| Size::bounded(of, &format!("{path}[*]"), limit);
        match &ty.kind {
            TypeKind::String => Size::text(bytes()),
            // The normal form may have a path, and an address written out, more.
            TypeKind::Url => Size::composite(bytes().saturating_add(64), 0),
            TypeKind::Path => Size::composite(bytes(), bytes().div_ceil(2)),
            TypeKind::List(of) => Size::many(items(), 0, 0, &element(of), whole),
            TypeKind::Map(of) => Size::many(0, items(), request, &element(of), whole),
            TypeKind::Object(fields) => {
                let members = fields.iter().map(|(name, field)| {
                    (name.clone(), Size::bounded(&field.ty, &format!("{path}.{name}"), limit))
                });
                Size::members(members.collect(), measure(fields.len()), whole)
            }
            TypeKind::Any => {
                let own = SizeBounds {
                    bytes: bytes(),
                    items: items(),
                    entries: items(),
                    keys: request,
                    whole,
                    json: whole + 1,
                    composite: true,
                };
                Size { own, inner: Contents::Anything(own) }
            }
            TypeKind::Number
            | TypeKind::Integer
            | TypeKind::Boolean
            | TypeKind::Timestamp
            | TypeKind::Date
            | TypeKind::Duration
            | TypeKind::Quantity
            | TypeKind::Ip => Size::default(),
        }
    }

    fn composite(bytes: u64, segments: u64) -> Size {
        let mut size = Size::text(bytes);
        size.own.whole += SEGMENT * segments;
        size.own.composite = true;
        size
    }

    /// Of a list with these elements.
    pub(super) fn list(elements: impl Iterator<Item = Size>) -> Size {
        let mut own = SizeBounds { composite: true, ..SizeBounds::default() };
        let mut largest = Size::default();
        for element in elements {
            own.items += 1;
            own.whole = own.whole.saturating_add(1).saturating_add(element.own.whole);
            largest = largest.merge(element);
        }
        Size { own, inner: Contents::each(largest) }
    }

    /// Of a map with these entries.
    pub(super) fn map<'k>(entries: impl Iterator<Item = (&'k str, Size)>) -> Size {
        let mut own = SizeBounds { composite: true, ..SizeBounds::default() };
        let mut largest = Size::default();
        for (key, value) in entries {
            own.add_entry(key, value.own.whole);
            largest = largest.merge(value);
        }
        Size { own, inner: Contents::each(largest) }
    }

    fn object(record: &Record) -> Size {
        let mut own = SizeBounds { composite: true, ..SizeBounds::default() };
        let mut members = BTreeMap::new();
        for (name, state) in record.fields.iter().filter(|(_, state)| **state != ValueState::Absent) {
            let size = Size::of_state(state);
            own.add_entry(name, size.own.whole);
            members.insert(name.clone(), size);
        }
        Size { own, inner: Contents::Members(Arc::new(members)) }
    }

    fn members(members: BTreeMap<Arc<str>, Size>, entries: u64, most: u64) -> Size {
        let mut own = SizeBounds { composite: true, ..SizeBounds::default() };
        members.iter().for_each(|(name, size)| own.add_entry(name, size.own.whole));
        own.entries = entries;
        own.whole = own.whole.min(most);
        Size { own, inner: Contents::Members(Arc::new(members)) }
    }

    /// Of so many elements or entries, each as large as one can be.
    pub(super) fn many(items: u64, entries: u64, keys: u64, each: &Size, most: u64) -> Size {
        let element = if entries > 0 { ENTRY } else { 1 };
        let one = element.saturating_add(each.own.whole).saturating_add(keys / WORD);
        let whole = items.max(entries).saturating_mul(one).min(most);
        let own = SizeBounds { items, entries, keys, whole, composite: true, ..SizeBounds::default() };
        Size { own, inner: Contents::each(each.clone()) }
    }

    /// The larger of two sizes in every measure.
    pub(super) fn merge(self, other: Size) -> Size {
        Size { own: self.own.max(other.own), inner: self.inner.merge(other.inner) }
    }

    /// Of the largest thing inside: of the member with this name, if it is a declared one.
    pub(super) fn inside(&self, name: Option<&str>) -> Size {
        match (&self.inner, name) {
            (Contents::Nothing, _) => Size::default(),
            (Contents::Each(each), _) => (**each).clone(),
            (Contents::Members(members), Some(name)) => members.get(name).cloned().unwrap_or_default(),
            (Contents::Members(members), None) => {
                members.values().cloned().fold(Size::default(), Size::merge)
            }
            (Contents::Anything(own), _) => Size { own: *own, inner: self.inner.clone() },
        }
    }
}

impl SizeBounds {
    fn add_entry(&mut self, key: &str, whole: u64) {
        let key = measure(key.len());
        self.entries += 1;
        self.keys = self.keys.max(key);
        self.whole = self.whole.saturating_add(ENTRY + key / WORD).saturating_add(whole);
    }
}

impl Contents {
    fn each(size: Size) -> Contents {
        if size == Size::default() { Contents::Nothing } else { Contents::Each(Arc::new(size)) }
    }

    fn merge(self, other: Contents) -> Contents {
        match (self, other) {
            (Contents::Nothing, inner) | (inner, Contents::Nothing) => inner,
            (Contents::Each(left), Contents::Each(right)) => {
                Contents::Each(Arc::new(Arc::unwrap_or_clone(left).merge(Arc::unwrap_or_clone(right))))
            }
            (Contents::Members(left), Contents::Members(right)) => {
                let mut members = Arc::unwrap_or_clone(left);
                for (name, size) in Arc::unwrap_or_clone(right) {
                    let known = members.remove(&name).unwrap_or_default();
                    members.insert(name, known.merge(size));
                }
                Contents::Members(Arc::new(members))
            }
            (left, right) => Contents::Anything(left.deepest().max(right.deepest())),
        }
    }

    /// The largest of everything inside, at any depth.
    fn deepest(&self) -> SizeBounds {
        let with = |size: &Size| size.own.max(size.inner.deepest());
        match self {
            Contents::Nothing => SizeBounds::default(),
            Contents::Each(each) => with(each),
            Contents::Members(members) => {
                members.values().map(with).fold(SizeBounds::default(), SizeBounds::max)
            }
            Contents::Anything(inner) => *inner,
        }
    }
}

/// The measures that a schema can bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// How many elements or entries: `max_items`.
    Items,
    /// How long a text: `max_length`.
    Length,
}

/// An `any` itself, and the largest of everything inside.
fn json(raw: &RawValue) -> (SizeBounds, SizeBounds) {
    let mut own = SizeBounds::default();
    let mut inside = SizeBounds::default();
    let mut add = |(child, deeper): (SizeBounds, SizeBounds)| {
        inside = inside.max(child).max(deeper);
        child.whole
    };
    match raw {
        RawValue::String(text) => own = Size::text(measure(text.len())).own,
        RawValue::List(elements) => {
            own.composite = true;
            for element in elements {
                own.items += 1;
                own.whole = own.whole.saturating_add(1).saturating_add(add(json(element)));
            }
        }
        RawValue::Map(entries) => {
            own.composite = true;
            for (key, entry) in entries.iter() {
                own.add_entry(key, add(json(entry)));
            }
        }
        RawValue::Null | RawValue::Bool(_) | RawValue::Number(_) | RawValue::Unreadable(_) => {}
    }
    if !matches!(raw, RawValue::Unreadable(_)) {
        own.json = own.whole.saturating_add(1);
    }
    (own, inside)
}
