//! What values measure: the largest of all values that an expression may have.

use actra_model::{Path, RawValue, Type, TypeKind};

use crate::eval::path::element_type;
use crate::value::{EvalResult, V};

/// What a value measures, or the largest of several.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measures {
    pub(super) bytes: u64,
    pub(super) items: u64,
    pub(super) entries: u64,
    pub(super) keys: u64,
    pub(super) whole: u64,
    pub(super) json: u64,
    pub(super) composite: bool,
    /// Whether it is a path or holds one, beside which text of the policy is one too.
    pub(super) path: bool,
    /// What `whole` would be if its texts were paths.
    pub(super) as_path: u64,
}

/// A value that a read may reach, or the most that a computed one can be, with what may lie inside of it.
#[derive(Debug, Clone)]
pub(super) enum PossibleValue<'a> {
    /// With its declared type, if one is to be seen.
    Value(V, Option<&'a Type>),
    Most(Measures, Vec<PossibleValue<'a>>),
    /// The most of everything in an `any`; so is what lies in it.
    Anything(Measures),
}

pub(super) fn length(length: usize) -> u64 {
    length as u64
}

pub(super) fn raw_measures(raw: &RawValue) -> Measures {
    let mut own = match raw {
        RawValue::String(text) => {
            let bytes = length(text.len());
            Measures { bytes, whole: bytes / 64, ..Measures::default() }
        }
        RawValue::List(items) => Measures {
            items: length(items.len()),
            whole: items.iter().map(|item| raw_measures(item).whole + 1).sum(),
            composite: true,
            ..Measures::default()
        },
        RawValue::Map(members) => Measures {
            entries: length(members.len()),
            keys: members.keys().map(|key| length(key.len())).max().unwrap_or(0),
            whole: members
                .iter()
                .map(|(key, value)| raw_measures(value).whole + 3 + length(key.len()) / 64)
                .sum(),
            composite: true,
            ..Measures::default()
        },
        RawValue::Unreadable(_) => return Measures::default(),
        _ => Measures::default(),
    };
    own.json = own.whole + 1;
    own
}

pub(super) fn item_measures(item: &EvalResult) -> Measures {
    item.as_ref().map(value_measures).unwrap_or_default()
}

pub(super) fn value_measures(value: &V) -> Measures {
    match value {
        V::Str(text) => {
            let bytes = length(text.len());
            let as_path = Path::parse(text).map_or(0, |path| value_measures(&V::Path(path)).whole);
            Measures { bytes, whole: bytes / 64, as_path, ..Measures::default() }
        }
        V::Url(url) => {
            let bytes = length(url.as_str().len());
            Measures { bytes, whole: bytes / 64, composite: true, ..Measures::default() }
        }
        V::Path(path) => {
            let text = path.to_string();
            let segments = text.split('/').filter(|part| !matches!(*part, "" | "." | "..")).count();
            let bytes = length(text.len());
            let whole = bytes / 64 + 2 * length(segments);
            Measures { bytes, whole, composite: true, path: true, as_path: whole, ..Measures::default() }
        }
        V::List(items) => Measures {
            items: length(items.len()),
            whole: items.iter().map(|item| item_measures(item).whole + 1).sum(),
            path: items.iter().any(|item| item_measures(item).path),
            as_path: items.iter().map(|item| item_measures(item).as_path + 1).sum(),
            composite: true,
            ..Measures::default()
        },
        V::Map(members) => {
            let there = || members.iter().filter_map(|(key, item)| Some((key, item.as_ref()?)));
            Measures {
                entries: length(there().count()),
                keys: there().map(|(key, _)| length(key.len())).max().unwrap_or(0),
                whole: there()
                    .map(|(key, item)| item_measures(item).whole + 3 + length(key.len()) / 64)
                    .sum(),
                composite: true,
                ..Measures::default()
            }
        }
        V::Any(raw, _) => raw_measures(raw),
        _ => Measures::default(),
    }
}

/// The larger of both in every measure.
pub(super) fn larger(a: Measures, b: Measures) -> Measures {
    Measures {
        bytes: a.bytes.max(b.bytes),
        items: a.items.max(b.items),
        entries: a.entries.max(b.entries),
        keys: a.keys.max(b.keys),
        whole: a.whole.max(b.whole),
        json: a.json.max(b.json),
        composite: a.composite || b.composite,
        path: a.path || b.path,
        as_path: a.as_path.max(b.as_path),
    }
}

/// The largest of all in every measure.
pub(super) fn maximum(values: &[PossibleValue<'_>]) -> Measures {
    let of = |thing: &PossibleValue<'_>| match thing {
        PossibleValue::Value(value, _) => value_measures(value),
        PossibleValue::Most(measures, _) | PossibleValue::Anything(measures) => *measures,
    };
    values.iter().map(of).fold(Measures::default(), larger)
}

/// Everything that lies directly inside, or the member with a name.
pub(super) fn contents<'a>(values: &[PossibleValue<'a>], name: Option<&str>) -> Vec<PossibleValue<'a>> {
    let mut is_element = Vec::new();
    for thing in values {
        match thing {
            PossibleValue::Most(_, inner) => is_element.extend(inner.iter().cloned()),
            PossibleValue::Anything(_) => is_element.push(thing.clone()),
            PossibleValue::Value(V::List(items), ty) => {
                let of = ty.and_then(element_type);
                is_element.extend(items.iter().flatten().map(|item| PossibleValue::Value(item.clone(), of)));
            }
            PossibleValue::Value(V::Map(members), ty) => {
                let declared = match ty.map(|ty| &ty.kind) {
                    Some(TypeKind::Object(fields)) => Some(fields),
                    _ => None,
                };
                // Of an object the member that is named counts, of a map all that is in it.
                let kept = members.iter().filter(|(key, _)| declared.is_none() || name == Some(key.as_str()));
                for (key, item) in kept {
                    let of = match declared {
                        Some(fields) => fields.get(key.as_str()).map(|field| &field.ty),
                        None => ty.and_then(element_type),
                    };
                    is_element
                        .extend(item.iter().flatten().map(|item| PossibleValue::Value(item.clone(), of)));
                }
            }
            PossibleValue::Value(V::Any(raw, _), _) => {
                is_element.push(PossibleValue::Anything(
                    descendants(raw).into_iter().map(raw_measures).fold(Measures::default(), larger),
                ));
            }
            PossibleValue::Value(..) => {}
        }
    }
    is_element
}

pub(super) fn descendants(raw: &RawValue) -> Vec<&RawValue> {
    let children: Vec<&RawValue> = match raw {
        RawValue::List(items) => items.iter().collect(),
        RawValue::Map(members) => members.values().collect(),
        _ => Vec::new(),
    };
    children.into_iter().flat_map(|child| std::iter::once(child).chain(descendants(child))).collect()
}

pub(super) fn list_of(items: u64, inner: Vec<PossibleValue<'_>>) -> PossibleValue<'_> {
    let whole = items.saturating_mul(1 + maximum(&inner).whole).min(196_608);
    PossibleValue::Most(Measures { items, whole, composite: true, ..Measures::default() }, inner)
}

pub(super) fn text_of(bytes: u64) -> Vec<PossibleValue<'static>> {
    vec![PossibleValue::Most(Measures { bytes, whole: bytes / 64, ..Measures::default() }, Vec::new())]
}
