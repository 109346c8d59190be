//! Lists, maps and objects during an evaluation, and limits on those that are computed.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_model::{RawMap, RawValue, ValueState, limits};

use super::env::Env;
use super::weight::WeightBudget;
use super::{AnyValue, Element, EvalResult, JsonRef, Operand, Text};
use crate::origin::ValueOrigin;

/// A list.
#[derive(Debug, Clone)]
pub(crate) struct List<'a> {
    items: ListRepr<'a>,
    pub(crate) origin: ValueOrigin<'a>,
}

#[derive(Debug, Clone)]
enum ListRepr<'a> {
    States(&'a [ValueState]),
    Raw(&'a [RawValue]),
    Owned(Arc<OwnedList<'a>>),
}

/// The result of a function or a conversion.
#[derive(Debug)]
struct OwnedList<'a> {
    items: Vec<EvalResult<'a>>,
    /// What the items weigh, if that was worked out when the list was made.
    weight: Option<usize>,
}

impl<'a> Element<'a> {
    /// Its value, if there is one; `origin` is where it lies.
    pub(crate) fn item(
        self,
        origin: impl FnOnce() -> ValueOrigin<'a>,
        env: &Env<'a>,
    ) -> Option<EvalResult<'a>> {
        match self {
            Element::ValueState(state) => state_item(state, origin, env),
            Element::Raw(raw) => Some(raw_item(raw, origin(), env)),
            Element::Computed(item) => Some(item),
        }
    }
}

impl<'a> List<'a> {
    pub(crate) fn states(states: &'a [ValueState], origin: ValueOrigin<'a>) -> Self {
        Self { items: ListRepr::States(states), origin }
    }

    pub(crate) fn owned(items: Vec<EvalResult<'a>>, origin: ValueOrigin<'a>) -> Self {
        Self { items: ListRepr::Owned(Arc::new(OwnedList { items, weight: None })), origin }
    }

    pub(super) fn of_json(json: &AnyValue<'a>) -> Option<Self> {
        let origin = json.origin.clone();
        match &json.raw {
            JsonRef::Borrowed(RawValue::List(elements)) => {
                Some(Self { items: ListRepr::Raw(elements), origin })
            }
            JsonRef::Owned(raw) => match raw.as_ref() {
                RawValue::List(elements) => {
                    let inner = origin.element();
                    let items = elements.iter().map(|element| Ok(owned_json(element, &inner))).collect();
                    Some(Self::owned(items, origin))
                }
                _ => None,
            },
            JsonRef::Borrowed(_) => None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.items {
            ListRepr::States(states) => states.len(),
            ListRepr::Raw(elements) => elements.len(),
            ListRepr::Owned(produced) => produced.items.len(),
        }
    }

    /// The element at an index, if there is one.
    pub(crate) fn get(&self, idx: usize, env: &Env<'a>) -> Option<EvalResult<'a>> {
        self.element(idx)?.item(|| self.origin.element(), env)
    }

    /// The element at an index where it lies.
    pub(crate) fn element(&self, idx: usize) -> Option<Element<'a>> {
        match &self.items {
            ListRepr::States(states) => states.get(idx).map(Element::ValueState),
            ListRepr::Raw(elements) => elements.get(idx).map(Element::Raw),
            ListRepr::Owned(produced) => produced.items.get(idx).cloned().map(Element::Computed),
        }
    }

    /// The elements of a list of the request or the policy.
    pub(super) fn as_states(&self) -> Option<&'a [ValueState]> {
        match self.items {
            ListRepr::States(states) => Some(states),
            ListRepr::Raw(_) | ListRepr::Owned(_) => None,
        }
    }

    /// The elements in order.
    pub(crate) fn iter<'s>(&'s self, env: &'s Env<'a>) -> impl Iterator<Item = EvalResult<'a>> + 's {
        (0..self.len()).filter_map(move |idx| self.get(idx, env))
    }

    pub(super) fn weigh(&self, budget: &mut WeightBudget) -> Option<()> {
        match &self.items {
            ListRepr::States(states) => states.iter().try_for_each(|state| budget.state(state)),
            ListRepr::Raw(elements) => elements.iter().try_for_each(|element| budget.element(element)),
            ListRepr::Owned(produced) => match produced.weight {
                Some(weight) => budget.take(weight),
                None => produced.items.iter().try_for_each(|item| budget.item(item)),
            },
        }
    }
}

/// A map or an object; its keys are those of members that are present or invalid.
#[derive(Debug, Clone)]
pub(crate) struct MapEntries<'a> {
    members: EntriesRepr<'a>,
    pub(crate) origin: ValueOrigin<'a>,
}

#[derive(Debug, Clone)]
enum EntriesRepr<'a> {
    /// Of an object: some may be absent.
    States(&'a BTreeMap<Arc<str>, ValueState>),
    /// Of a map: none is absent.
    Map(&'a BTreeMap<Arc<str>, ValueState>),
    Raw(&'a RawMap),
    Owned(Arc<BTreeMap<Arc<str>, EvalResult<'a>>>),
}

impl<'a> MapEntries<'a> {
    pub(crate) fn states(states: &'a BTreeMap<Arc<str>, ValueState>, origin: ValueOrigin<'a>) -> Self {
        Self { members: EntriesRepr::States(states), origin }
    }

    pub(crate) fn map(entries: &'a BTreeMap<Arc<str>, ValueState>, origin: ValueOrigin<'a>) -> Self {
        Self { members: EntriesRepr::Map(entries), origin }
    }

    pub(crate) fn owned(members: BTreeMap<Arc<str>, EvalResult<'a>>, origin: ValueOrigin<'a>) -> Self {
        Self { members: EntriesRepr::Owned(Arc::new(members)), origin }
    }

    pub(super) fn of_json(json: &AnyValue<'a>) -> Option<Self> {
        let origin = json.origin.clone();
        match &json.raw {
            JsonRef::Borrowed(RawValue::Map(entries)) => {
                Some(Self { members: EntriesRepr::Raw(entries), origin })
            }
            JsonRef::Owned(raw) => match raw.as_ref() {
                RawValue::Map(entries) => {
                    let inner = origin.element();
                    let members = entries
                        .iter()
                        .map(|(key, entry)| (key.as_str().into(), Ok(owned_json(entry, &inner))));
                    Some(Self::owned(members.collect(), origin))
                }
                _ => None,
            },
            JsonRef::Borrowed(_) => None,
        }
    }

    /// The keys in byte order with their values.
    pub(crate) fn pairs(&self) -> Vec<(Text<'a>, Element<'a>)> {
        match &self.members {
            EntriesRepr::States(states) | EntriesRepr::Map(states) => {
                let there = states.iter().filter(|(_, state)| **state != ValueState::Absent);
                there.map(|(key, state)| (Text::Borrowed(key.as_ref()), Element::ValueState(state))).collect()
            }
            EntriesRepr::Raw(entries) => {
                entries.iter().map(|(key, raw)| (Text::Borrowed(key.as_str()), Element::Raw(raw))).collect()
            }
            EntriesRepr::Owned(members) => {
                let pair = |(key, item): (&Arc<str>, &EvalResult<'a>)| {
                    (Text::Owned(key.clone()), Element::Computed(item.clone()))
                };
                members.iter().map(pair).collect()
            }
        }
    }

    /// The keys in byte order.
    pub(crate) fn keys(&self) -> Vec<Text<'a>> {
        match &self.members {
            EntriesRepr::States(states) => {
                let there = states.iter().filter(|(_, state)| **state != ValueState::Absent);
                there.map(|(key, _)| Text::Borrowed(key.as_ref())).collect()
            }
            EntriesRepr::Map(entries) => entries.keys().map(|key| Text::Borrowed(key.as_ref())).collect(),
            EntriesRepr::Raw(entries) => entries.keys().map(|key| Text::Borrowed(key.as_str())).collect(),
            EntriesRepr::Owned(members) => members.keys().map(|key| Text::Owned(key.clone())).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.members {
            EntriesRepr::States(states) => {
                states.values().filter(|state| **state != ValueState::Absent).count()
            }
            EntriesRepr::Map(entries) => entries.len(),
            EntriesRepr::Raw(entries) => entries.len(),
            EntriesRepr::Owned(members) => members.len(),
        }
    }

    pub(crate) fn contains_key(&self, key: &str) -> bool {
        match &self.members {
            EntriesRepr::States(states) => states.get(key).is_some_and(|state| *state != ValueState::Absent),
            EntriesRepr::Map(entries) => entries.contains_key(key),
            EntriesRepr::Raw(entries) => entries.contains_key(key),
            EntriesRepr::Owned(members) => members.contains_key(key),
        }
    }

    /// The value of a map's key, if it is there; `origin` is where that value lies.
    pub(crate) fn get(
        &self,
        key: &str,
        origin: impl FnOnce() -> ValueOrigin<'a>,
        env: &Env<'a>,
    ) -> Option<EvalResult<'a>> {
        match &self.members {
            EntriesRepr::States(states) | EntriesRepr::Map(states) => {
                state_item(states.get(key)?, origin, env)
            }
            EntriesRepr::Raw(entries) => Some(raw_item(entries.get(key)?, origin(), env)),
            EntriesRepr::Owned(members) => members.get(key).cloned(),
        }
    }

    pub(super) fn weigh(&self, budget: &mut WeightBudget) -> Option<()> {
        match &self.members {
            EntriesRepr::States(states) | EntriesRepr::Map(states) => {
                states.iter().try_for_each(|(key, state)| budget.entry(key, state))
            }
            EntriesRepr::Raw(entries) => entries.iter().try_for_each(|(key, entry)| {
                budget.take(key.len())?;
                budget.element(entry)
            }),
            EntriesRepr::Owned(members) => members.iter().try_for_each(|(key, item)| {
                budget.take(key.len())?;
                budget.item(item)
            }),
        }
    }
}

fn state_item<'a>(
    state: &'a ValueState,
    origin: impl FnOnce() -> ValueOrigin<'a>,
    env: &Env<'a>,
) -> Option<EvalResult<'a>> {
    match state {
        ValueState::Present(value) => Some(Ok(Operand::borrowed(value, origin))),
        ValueState::Absent => None,
        ValueState::Invalid(reason) => Some(Err(env.error_at(&origin(), *reason))),
    }
}

fn raw_item<'a>(raw: &'a RawValue, origin: ValueOrigin<'a>, env: &Env<'a>) -> EvalResult<'a> {
    match raw {
        RawValue::Unreadable(reason) => Err(env.error_at(&origin, *reason)),
        readable => Ok(Operand::json(readable, origin)),
    }
}

fn owned_json<'a>(raw: &RawValue, origin: &ValueOrigin<'a>) -> Operand<'a> {
    Operand::Any(AnyValue { raw: JsonRef::Owned(Arc::new(raw.clone())), origin: origin.clone() })
}

/// A list under construction, within [`limits::ELEMENTS`] and [`limits::PRODUCED_BYTES`].
pub(crate) struct ListBuilder<'a> {
    items: Vec<EvalResult<'a>>,
    budget: WeightBudget,
}

impl Default for ListBuilder<'_> {
    fn default() -> Self {
        Self { items: Vec::new(), budget: WeightBudget { left: limits::PRODUCED_BYTES } }
    }
}

impl<'a> ListBuilder<'a> {
    /// Adds an element; `None` when the list would grow beyond a limit.
    pub(crate) fn push(&mut self, item: EvalResult<'a>) -> Option<()> {
        if self.items.len() >= limits::ELEMENTS {
            return None;
        }
        self.budget.item(&item)?;
        self.items.push(item);
        Some(())
    }

    /// A map with these keys, as many as there are items.
    pub(crate) fn finish_map(
        self,
        keys: impl Iterator<Item = Arc<str>>,
        origin: ValueOrigin<'a>,
    ) -> Operand<'a> {
        Operand::Map(MapEntries::owned(keys.zip(self.items).collect(), origin))
    }

    pub(crate) fn finish(self, origin: ValueOrigin<'a>) -> Operand<'a> {
        let weight = Some(limits::PRODUCED_BYTES - self.budget.left);
        let produced = Arc::new(OwnedList { items: self.items, weight });
        Operand::List(List { items: ListRepr::Owned(produced), origin })
    }
}
