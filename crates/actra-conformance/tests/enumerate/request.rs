//! Requests: all that small values make, and more at random.

use actra_model::{RawMap, RawRequest, RawValue};
use actra_reference::generate::Rng;

use super::field::{Record, Ty};
use super::set::{SchemaSpec, Ship};
use super::value;

/// All requests of small values are made if there are no more than this.
const ALL: usize = 1000;

/// A field as one or two schemas declare it.
struct Slot {
    record: Record,
    name: &'static str,
    types: Vec<Ty>,
    optional: bool,
    /// Whether a condition reads it; others hardly matter.
    read: bool,
    /// Whether each schema declares it.
    common: bool,
}

pub struct Requests {
    slots: Vec<Slot>,
    actions: Vec<&'static str>,
    typed_actor: bool,
}

impl Requests {
    /// Requests for what these texts read, under one or two schemas.
    pub fn new(schemas: &[&SchemaSpec], text: &str) -> Requests {
        let mut slots: Vec<Slot> = Vec::new();
        for field in schemas.iter().flat_map(|schema| &schema.fields) {
            let known = slots.iter_mut().find(|slot| slot.name == field.name && slot.record == field.record);
            match known {
                Some(slot) => {
                    slot.optional |= field.optional;
                    slot.common = true;
                    if !slot.types.contains(&field.ty) {
                        slot.types.push(field.ty.clone());
                    }
                }
                None => slots.push(Slot {
                    record: field.record,
                    name: field.name,
                    types: vec![field.ty.clone()],
                    optional: field.optional,
                    read: field.is_in(text) || field.name == "added",
                    common: schemas.len() == 1,
                }),
            }
        }
        let ships = schemas.iter().any(|schema| schema.ship != Ship::Missing);
        let actions = if ships { vec!["pay", "ship"] } else { vec!["pay"] };
        let typed_actor = schemas.iter().any(|schema| schema.typed_actor);
        Requests { slots, actions, typed_actor }
    }

    /// All requests of small values where they are few, and `more` at random.
    pub fn some(&self, rng: &mut Rng, more: usize) -> Vec<RawRequest> {
        let mut requests = self.all_small();
        requests.extend((0..more).map(|_| self.random(rng)));
        requests
    }

    fn all_small(&self) -> Vec<RawRequest> {
        let choices: Vec<Vec<Option<RawValue>>> = self.slots.iter().map(Slot::small).collect();
        let count: usize = choices.iter().map(Vec::len).try_fold(1, usize::checked_mul).unwrap_or(usize::MAX);
        if count > ALL {
            return Vec::new();
        }
        let mut values = vec![Vec::new()];
        for choice in &choices {
            let longer = values.iter().flat_map(|row: &Vec<Option<RawValue>>| {
                choice.iter().map(|value| [row.as_slice(), std::slice::from_ref(value)].concat())
            });
            values = longer.collect();
        }
        let kinds: &[&str] = if self.typed_actor { &["agent", "human"] } else { &["agent"] };
        let heads = self.actions.iter().flat_map(|action| kinds.iter().map(move |kind| (action, kind)));
        heads.flat_map(|(action, kind)| values.iter().map(|row| self.build(action, kind, row))).collect()
    }

    pub fn random(&self, rng: &mut Rng) -> RawRequest {
        let row: Vec<Option<RawValue>> = self.slots.iter().map(|slot| slot.random(rng)).collect();
        let action = self.actions[rng.below(self.actions.len())];
        self.build(action, rng.pick(&["agent", "human"]), &row)
    }

    fn build(&self, action: &str, kind: &str, row: &[Option<RawValue>]) -> RawRequest {
        let record = |record: Record, first: Option<(&str, &str)>| {
            let first = first.map(|(name, value)| (name.to_owned(), RawValue::from(value)));
            let own = self.slots.iter().zip(row).filter(|(slot, _)| slot.record == record);
            let members = own.filter_map(|(slot, value)| Some((slot.name.to_owned(), value.clone()?)));
            RawValue::Map(first.into_iter().chain(members).collect())
        };
        RawRequest {
            action: Some(record(Record::Action, Some(("type", action)))),
            actor: Some(record(Record::Actor, self.typed_actor.then_some(("type", kind)))),
            snapshot: Some(record(Record::Snapshot, None)),
            ..RawRequest::default()
        }
    }

    /// A request with a fault, or with something that nobody declared.
    pub fn spoilt(&self, request: &RawRequest, rng: &mut Rng) -> RawRequest {
        let mut spoilt = request.clone();
        for _ in 0..1 + rng.below(2) {
            self.spoil(&mut spoilt, rng);
        }
        spoilt
    }

    fn spoil(&self, request: &mut RawRequest, rng: &mut Rng) {
        let Some(slot) = self.slots.get(rng.below(self.slots.len())) else { return };
        let name = slot.name.to_owned();
        match rng.below(18) {
            12 | 13 if slot.common && slot.record != Record::Action => {
                drop(map(members_of(request, slot.record)).and_then(|members| members.remove(&name)));
                request.unknown.push(format!("{}.{name}", slot.record.name()));
            }
            14..=17 => {
                if let Some(value) =
                    map(members_of(request, slot.record)).and_then(|members| members.get_mut(name.as_str()))
                {
                    spoil_part(value, rng);
                }
            }
            0 => request.snapshot = None,
            1 => request.actor = Some(RawValue::from("nobody")),
            2 => put(&mut request.action, "type", RawValue::from("zap")),
            3 | 4 => put(members_of(request, slot.record), "undeclared", RawValue::from(1)),
            5..=7 => drop(map(members_of(request, slot.record)).and_then(|members| members.remove(&name))),
            8 => put(members_of(request, slot.record), &name, RawValue::Null),
            _ => put(members_of(request, slot.record), &name, value::broken(rng)),
        }
    }
}

impl Slot {
    fn small(&self) -> Vec<Option<RawValue>> {
        let absent = (self.optional && self.read).then_some(None);
        let most = if self.read { usize::MAX } else { 1 };
        let values = self.types.iter().flat_map(value::small).take(most).map(Some);
        values.chain(absent).collect()
    }

    fn random(&self, rng: &mut Rng) -> Option<RawValue> {
        let ty = &self.types[rng.below(self.types.len())];
        if !self.read && !rng.one_in(10) {
            return value::small(ty).into_iter().next();
        }
        if self.optional && rng.one_in(4) {
            return None;
        }
        Some(value::random(ty, rng))
    }
}

/// Makes an element or a member a value that is none, or adds one.
fn spoil_part(value: &mut RawValue, rng: &mut Rng) {
    match value {
        RawValue::List(elements) if elements.is_empty() || rng.one_in(3) => elements.push(value::broken(rng)),
        RawValue::List(elements) => {
            let at = rng.below(elements.len());
            match rng.below(3) {
                0 => spoil_part(&mut elements[at], rng),
                1 => elements[at] = value::broken(rng),
                _ => elements.insert(at + 1, value::broken(rng)),
            }
        }
        RawValue::Map(members) => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = if names.is_empty() { "a" } else { &names[rng.below(names.len())] };
            members.insert(name.to_owned(), value::broken(rng));
        }
        other => *other = value::broken(rng),
    }
}

/// The record of a request.
fn members_of(request: &mut RawRequest, record: Record) -> &mut Option<RawValue> {
    match record {
        Record::Action => &mut request.action,
        Record::Actor => &mut request.actor,
        Record::Snapshot => &mut request.snapshot,
    }
}

fn map(record: &mut Option<RawValue>) -> Option<&mut RawMap> {
    match record {
        Some(RawValue::Map(members)) => Some(members),
        _ => None,
    }
}

fn put(record: &mut Option<RawValue>, name: &str, value: RawValue) {
    if let Some(members) = map(record) {
        members.insert(name.to_owned(), value);
    }
}

/// The request with members of a record put over its own.
pub fn overlaid(request: &RawRequest, record: Record, name: &str, value: Option<&RawValue>) -> RawRequest {
    let mut changed = request.clone();
    let place = members_of(&mut changed, record);
    match (value, map(place)) {
        (Some(value), Some(members)) => drop(members.insert(name.to_owned(), value.clone())),
        (Some(value), None) => {
            *place = Some(RawValue::Map([(name.to_owned(), value.clone())].into()));
        }
        (None, Some(members)) => drop(members.remove(name)),
        (None, None) => {}
    }
    changed
}

/// A request on one line.
pub fn json(request: &RawRequest) -> String {
    let mut out = Vec::new();
    actra_wire::write_request(request, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
