//! Lists, maps and objects during a walk.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_model::{RawMap, RawValue, Slot, limits};

use super::weight::Scale;
use super::{Item, Json, Operand, RawJson, Text};
use crate::scope::{Origin, Scope};

/// A list.
#[derive(Debug, Clone)]
pub(crate) struct List<'a> {
    items: Items<'a>,
    pub(crate) origin: Origin<'a>,
}

#[derive(Debug, Clone)]
enum Items<'a> {
    Slots(&'a [Slot]),
    Raw(&'a [RawValue]),
    Owned(Arc<Produced<'a>>),
}

/// What a function or a conversion made.
#[derive(Debug)]
struct Produced<'a> {
    items: Vec<Item<'a>>,
    /// Where it was worked out.
    weight: Option<usize>,
}

/// An element where it lies, of which an operand is made only where one is needed.
#[derive(Debug, Clone)]
pub(crate) enum Element<'a> {
    Slot(&'a Slot),
    Raw(&'a RawValue),
    Item(Item<'a>),
}

impl<'a> Element<'a> {
    /// Its value, if there is one; `origin` is where it lies.
    pub(crate) fn item(self, origin: impl FnOnce() -> Origin<'a>, scope: &Scope<'a>) -> Option<Item<'a>> {
        match self {
            Element::Slot(slot) => slot_item(slot, origin, scope),
            Element::Raw(raw) => Some(raw_item(raw, origin(), scope)),
            Element::Item(item) => Some(item),
        }
    }
}

impl<'a> List<'a> {
    pub(crate) fn slots(slots: &'a [Slot], origin: Origin<'a>) -> Self {
        Self { items: Items::Slots(slots), origin }
    }

    pub(crate) fn owned(items: Vec<Item<'a>>, origin: Origin<'a>) -> Self {
        Self { items: Items::Owned(Arc::new(Produced { items, weight: None })), origin }
    }

    pub(super) fn of_json(json: &Json<'a>) -> Option<Self> {
        let origin = json.origin.clone();
        match &json.raw {
            RawJson::Borrowed(RawValue::List(elements)) => Some(Self { items: Items::Raw(elements), origin }),
            RawJson::Owned(raw) => match raw.as_ref() {
                RawValue::List(elements) => {
                    let inner = origin.element();
                    let items = elements.iter().map(|element| Ok(owned_json(element, &inner))).collect();
                    Some(Self::owned(items, origin))
                }
                _ => None,
            },
            RawJson::Borrowed(_) => None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.items {
            Items::Slots(slots) => slots.len(),
            Items::Raw(elements) => elements.len(),
            Items::Owned(produced) => produced.items.len(),
        }
    }

    /// The element at an index, if there is one.
    pub(crate) fn get(&self, idx: usize, scope: &Scope<'a>) -> Option<Item<'a>> {
        self.element(idx)?.item(|| self.origin.element(), scope)
    }

    /// The element at an index where it lies.
    pub(crate) fn element(&self, idx: usize) -> Option<Element<'a>> {
        match &self.items {
            Items::Slots(slots) => slots.get(idx).map(Element::Slot),
            Items::Raw(elements) => elements.get(idx).map(Element::Raw),
            Items::Owned(produced) => produced.items.get(idx).cloned().map(Element::Item),
        }
    }

    /// The elements of a list of the request or the policy.
    pub(super) fn as_slots(&self) -> Option<&'a [Slot]> {
        match self.items {
            Items::Slots(slots) => Some(slots),
            Items::Raw(_) | Items::Owned(_) => None,
        }
    }

    /// The elements in order.
    pub(crate) fn iter<'s>(&'s self, scope: &'s Scope<'a>) -> impl Iterator<Item = Item<'a>> + 's {
        (0..self.len()).filter_map(move |idx| self.get(idx, scope))
    }

    pub(super) fn weigh(&self, scale: &mut Scale) -> Option<()> {
        match &self.items {
            Items::Slots(slots) => slots.iter().try_for_each(|slot| scale.slot(slot)),
            Items::Raw(elements) => elements.iter().try_for_each(|element| scale.element(element)),
            Items::Owned(produced) => match produced.weight {
                Some(weight) => scale.take(weight),
                None => produced.items.iter().try_for_each(|item| scale.item(item)),
            },
        }
    }
}

/// A map or an object; its keys are those of members that are present or invalid.
#[derive(Debug, Clone)]
pub(crate) struct Entries<'a> {
    members: Members<'a>,
    pub(crate) origin: Origin<'a>,
}

#[derive(Debug, Clone)]
enum Members<'a> {
    /// Of an object: some may be absent.
    Slots(&'a BTreeMap<Arc<str>, Slot>),
    /// Of a map: none is absent.
    Map(&'a BTreeMap<Arc<str>, Slot>),
    Raw(&'a RawMap),
    Owned(Arc<BTreeMap<Arc<str>, Item<'a>>>),
}

impl<'a> Entries<'a> {
    pub(crate) fn slots(slots: &'a BTreeMap<Arc<str>, Slot>, origin: Origin<'a>) -> Self {
        Self { members: Members::Slots(slots), origin }
    }

    pub(crate) fn map(entries: &'a BTreeMap<Arc<str>, Slot>, origin: Origin<'a>) -> Self {
        Self { members: Members::Map(entries), origin }
    }

    pub(crate) fn owned(members: BTreeMap<Arc<str>, Item<'a>>, origin: Origin<'a>) -> Self {
        Self { members: Members::Owned(Arc::new(members)), origin }
    }

    pub(super) fn of_json(json: &Json<'a>) -> Option<Self> {
        let origin = json.origin.clone();
        match &json.raw {
            RawJson::Borrowed(RawValue::Map(entries)) => {
                Some(Self { members: Members::Raw(entries), origin })
            }
            RawJson::Owned(raw) => match raw.as_ref() {
                RawValue::Map(entries) => {
                    let inner = origin.element();
                    let members = entries
                        .iter()
                        .map(|(key, entry)| (key.as_str().into(), Ok(owned_json(entry, &inner))));
                    Some(Self::owned(members.collect(), origin))
                }
                _ => None,
            },
            RawJson::Borrowed(_) => None,
        }
    }

    /// The keys in byte order with their values.
    pub(crate) fn pairs(&self) -> Vec<(Text<'a>, Element<'a>)> {
        match &self.members {
            Members::Slots(slots) | Members::Map(slots) => {
                let there = slots.iter().filter(|(_, slot)| **slot != Slot::Absent);
                there.map(|(key, slot)| (Text::Borrowed(key.as_ref()), Element::Slot(slot))).collect()
            }
            Members::Raw(entries) => {
                entries.iter().map(|(key, raw)| (Text::Borrowed(key.as_str()), Element::Raw(raw))).collect()
            }
            Members::Owned(members) => {
                let pair = |(key, item): (&Arc<str>, &Item<'a>)| {
                    (Text::Owned(key.clone()), Element::Item(item.clone()))
                };
                members.iter().map(pair).collect()
            }
        }
    }

    /// The keys in byte order.
    pub(crate) fn keys(&self) -> Vec<Text<'a>> {
        match &self.members {
            Members::Slots(slots) => {
                let there = slots.iter().filter(|(_, slot)| **slot != Slot::Absent);
                there.map(|(key, _)| Text::Borrowed(key.as_ref())).collect()
            }
            Members::Map(entries) => entries.keys().map(|key| Text::Borrowed(key.as_ref())).collect(),
            Members::Raw(entries) => entries.keys().map(|key| Text::Borrowed(key.as_str())).collect(),
            Members::Owned(members) => members.keys().map(|key| Text::Owned(key.clone())).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.members {
            Members::Slots(slots) => slots.values().filter(|slot| **slot != Slot::Absent).count(),
            Members::Map(entries) => entries.len(),
            Members::Raw(entries) => entries.len(),
            Members::Owned(members) => members.len(),
        }
    }

    pub(crate) fn contains_key(&self, key: &str) -> bool {
        match &self.members {
            Members::Slots(slots) => slots.get(key).is_some_and(|slot| *slot != Slot::Absent),
            Members::Map(entries) => entries.contains_key(key),
            Members::Raw(entries) => entries.contains_key(key),
            Members::Owned(members) => members.contains_key(key),
        }
    }

    /// The value of a map's key, if it is there; `origin` is where that value lies.
    pub(crate) fn get(
        &self,
        key: &str,
        origin: impl FnOnce() -> Origin<'a>,
        scope: &Scope<'a>,
    ) -> Option<Item<'a>> {
        match &self.members {
            Members::Slots(slots) | Members::Map(slots) => slot_item(slots.get(key)?, origin, scope),
            Members::Raw(entries) => Some(raw_item(entries.get(key)?, origin(), scope)),
            Members::Owned(members) => members.get(key).cloned(),
        }
    }

    pub(super) fn weigh(&self, scale: &mut Scale) -> Option<()> {
        match &self.members {
            Members::Slots(slots) | Members::Map(slots) => {
                slots.iter().try_for_each(|(key, slot)| scale.entry(key, slot))
            }
            Members::Raw(entries) => entries.iter().try_for_each(|(key, entry)| {
                scale.take(key.len())?;
                scale.element(entry)
            }),
            Members::Owned(members) => members.iter().try_for_each(|(key, item)| {
                scale.take(key.len())?;
                scale.item(item)
            }),
        }
    }
}

fn slot_item<'a>(slot: &'a Slot, origin: impl FnOnce() -> Origin<'a>, scope: &Scope<'a>) -> Option<Item<'a>> {
    match slot {
        Slot::Present(value) => Some(Ok(Operand::borrowed(value, origin))),
        Slot::Absent => None,
        Slot::Invalid(reason) => Some(Err(scope.leaf_at(&origin(), *reason))),
    }
}

fn raw_item<'a>(raw: &'a RawValue, origin: Origin<'a>, scope: &Scope<'a>) -> Item<'a> {
    match raw {
        RawValue::Unreadable(reason) => Err(scope.leaf_at(&origin, *reason)),
        readable => Ok(Operand::json(readable, origin)),
    }
}

fn owned_json<'a>(raw: &RawValue, origin: &Origin<'a>) -> Operand<'a> {
    Operand::Any(Json { raw: RawJson::Owned(Arc::new(raw.clone())), origin: origin.clone() })
}

/// A list under construction, within [`limits::ELEMENTS`] and [`limits::PRODUCED_BYTES`].
pub(crate) struct Producer<'a> {
    items: Vec<Item<'a>>,
    scale: Scale,
}

impl Default for Producer<'_> {
    fn default() -> Self {
        Self { items: Vec::new(), scale: Scale { left: limits::PRODUCED_BYTES } }
    }
}

impl<'a> Producer<'a> {
    /// Adds an element; `None` when the list would grow beyond a limit.
    pub(crate) fn push(&mut self, item: Item<'a>) -> Option<()> {
        if self.items.len() >= limits::ELEMENTS {
            return None;
        }
        self.scale.item(&item)?;
        self.items.push(item);
        Some(())
    }

    /// A map with these keys, as many as there are items.
    pub(crate) fn finish_map(self, keys: impl Iterator<Item = Arc<str>>, origin: Origin<'a>) -> Operand<'a> {
        Operand::Map(Entries::owned(keys.zip(self.items).collect(), origin))
    }

    pub(crate) fn finish(self, origin: Origin<'a>) -> Operand<'a> {
        let weight = Some(limits::PRODUCED_BYTES - self.scale.left);
        let produced = Arc::new(Produced { items: self.items, weight });
        Operand::List(List { items: Items::Owned(produced), origin })
    }
}
