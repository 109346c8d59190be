//! From a model to a request that can be tried.

use std::cell::Cell;
use std::sync::Arc;

use actra_model::{
    Date, Duration, Fields, Quantity, RawMap, RawRequest, RawValue, Reason, RecordName, Timestamp,
    ValueState, limits,
};
use num_traits::{ToPrimitive, Zero};

use crate::encode::Encoder;
use crate::encode::joint::FieldPair;
use crate::formula::{Formula, FormulaNode};
use crate::known_fields::{KnownFields, record};
use crate::linear::decimal;
use crate::rational::Rational;
use crate::request_space::RequestSpace;
use crate::smt::Model;
use crate::symbolic_request::{Content, SymbolicMap};
use crate::term::{PlaceId, Unit};

/// The request that a model describes; `None` if one of its values cannot be written.
pub(crate) fn request(
    encoder: &Encoder<'_>,
    model: &Model,
    known_fields: Option<&KnownFields>,
    free_texts: FreeTexts,
) -> Option<RawRequest> {
    WitnessBuilder { encoder, model, known_fields, free_texts, left: Cell::new(limits::REQUEST_BYTES) }
        .request()
}

/// What stands for texts of which nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FreeTexts {
    /// One text for all.
    Same,
    /// Another letter for each.
    Distinct,
}

struct WitnessBuilder<'a, 'e> {
    encoder: &'a Encoder<'e>,
    model: &'a Model,
    known_fields: Option<&'a KnownFields>,
    free_texts: FreeTexts,
    /// How many bytes of copies fit into a request, at most.
    left: Cell<usize>,
}

impl WitnessBuilder<'_, '_> {
    fn request(&self) -> Option<RawRequest> {
        let RequestSpace { schema, action, earlier, .. } = self.encoder.space;
        let action = schema.action(action)?;
        let own = [&action.fields, &schema.actor, &schema.snapshot];
        let [mut arguments, actor, snapshot] = match earlier {
            Some(_) => self.joint()?,
            None => {
                let [arguments, actor, snapshot] = RecordName::ALL;
                let [of_action, of_actor, of_snapshot] = own;
                [
                    self.record(arguments, of_action)?,
                    self.record(actor, of_actor)?,
                    self.record(snapshot, of_snapshot)?,
                ]
            }
        };
        if let Some(RawValue::Map(members)) = &mut arguments {
            members.insert("type".to_owned(), RawValue::String(action.name.to_string()));
        }
        let unknown =
            self.known_fields.map(|known_fields| known_fields.base.unknown.clone()).unwrap_or_default();
        Some(RawRequest { action: arguments, actor, snapshot, unknown, ..RawRequest::default() })
    }

    /// A record with values for its free fields, and else as it is in the request that is changed: also if it is
    /// missing there or no object, since it would tell more if it were one.
    fn record(&self, record_name: RecordName, fields: &Fields) -> Option<Option<RawValue>> {
        let base = self.known_fields.and_then(|known_fields| record(&known_fields.base, record_name));
        let is_free = |name: &&Arc<str>| {
            let key = (record_name, Arc::clone(name));
            !self.known_fields.is_some_and(|known_fields| known_fields.states.contains_key(&key))
        };
        let mut proposition = fields.keys().filter(is_free).peekable();
        let mut members = match base {
            Some(RawValue::Map(members)) => members.clone(),
            other if self.known_fields.is_some() && proposition.peek().is_none() => {
                return Some(other.cloned());
            }
            _ => RawMap::default(),
        };
        for name in proposition {
            let place = *self.encoder.fields.get(&(record_name, Arc::clone(name)))?;
            if self.is_present(place) {
                drop(members.insert(name.to_string(), self.value(place)?))
            } else {
                drop(members.remove(name.as_ref()))
            }
        }
        Some(Some(RawValue::Map(members)))
    }

    /// The three records of a request that two schemas read.
    fn joint(&self) -> Option<[Option<RawValue>; 3]> {
        let joint = &self.encoder.joint;
        let mut records = [(); 3].map(|()| RawMap::default());
        for ((record_name, name), pair) in &joint.fields {
            let value = match (self.holds(pair.given), self.holds(pair.null)) {
                (true, _) => self.given(*record_name, name, pair)?,
                (false, true) => RawValue::Null,
                (false, false) => continue,
            };
            records.get_mut(*record_name as usize)?.insert(name.to_string(), value);
        }
        if joint.undeclared_member.is_some_and(|undeclared_member| self.holds(undeclared_member)) {
            let mut name = "undeclared".to_owned();
            while joint.fields.keys().any(|(_, declared)| **declared == *name) {
                name.push('_');
            }
            records.first_mut()?.insert(name, RawValue::Bool(true));
        }
        let mut record_names = RecordName::ALL.into_iter();
        Some(records.map(|members| {
            let shape = record_names.next().and_then(|record_name| joint.record_kinds.get(&record_name));
            match shape {
                Some(shape) if self.holds(shape.other) => Some(RawValue::Bool(false)),
                Some(shape) if !self.holds(shape.object) => None,
                _ => Some(RawValue::Map(members)),
            }
        }))
    }

    /// A value that each schema reads, or does not read, as the model says.
    fn given(&self, record_name: RecordName, name: &Arc<str>, pair: &FieldPair) -> Option<RawValue> {
        let present = [pair.own, pair.earlier].into_iter().flatten().find(|place| self.is_present(*place));
        if let Some(place) = present {
            return self.value(place);
        }
        let RequestSpace { schema, action, earlier, .. } = self.encoder.space;
        let former = earlier.and_then(|earlier| {
            let action = earlier.schema.action_id(&schema.action(action)?.name)?;
            earlier.schema.field(record_name, action, name)
        });
        let fields = [schema.field(record_name, action, name), former];
        let is_unreadable = |value: &RawValue| {
            let mut states = fields.into_iter().flatten().map(|field| field.ty.check(value));
            states.all(|state| matches!(state, ValueState::Invalid(_)))
        };
        let odd = [
            RawValue::Bool(false),
            RawValue::String("unreadable".to_owned()),
            RawValue::List(Vec::new()),
            RawValue::Unreadable(Reason::UnrepresentableNumber),
        ];
        odd.into_iter().find(is_unreadable)
    }

    /// The value of an element or member, or what cannot be read as one.
    fn part(&self, id: PlaceId) -> Option<RawValue> {
        if self.is_present(id) {
            return self.value(id);
        }
        Some(match self.encoder.symbolic_request.get(id)?.content {
            Content::Bool(_) => RawValue::String("unreadable".to_owned()),
            Content::Any(_) => RawValue::Unreadable(Reason::UnrepresentableNumber),
            _ => RawValue::Bool(false),
        })
    }

    fn holds(&self, formula: Formula) -> bool {
        let truth = match self.encoder.symbolic_request.formulas.node(formula) {
            FormulaNode::True => true,
            FormulaNode::Atom(atom) => self.model.assignment.get(atom).copied().unwrap_or(false),
            FormulaNode::And(parts) => parts.iter().all(|part| self.holds(*part)),
        };
        truth != formula.is_negated()
    }

    fn is_present(&self, place: PlaceId) -> bool {
        self.encoder.symbolic_request.get(place).is_some_and(|place| self.holds(place.present))
    }

    fn is_absent(&self, place: PlaceId) -> bool {
        self.encoder.symbolic_request.get(place).is_none_or(|place| self.holds(place.absent))
    }

    fn value(&self, id: PlaceId) -> Option<RawValue> {
        let place = self.encoder.symbolic_request.get(id)?;
        Some(match &place.content {
            Content::Bool(formula) => RawValue::Bool(self.holds(*formula)),
            Content::Number(place, unit) => {
                let zero = Rational::zero();
                self.number(self.model.numbers.get(place).unwrap_or(&zero), *unit)?
            }
            Content::Text(point) => match self.free_texts {
                FreeTexts::Same => self.text(*point, "a"),
                FreeTexts::Distinct => {
                    let letter = char::from(b'a' + (point % 26) as u8);
                    self.text(*point, &letter.to_string())
                }
            },
            Content::Ip(point) => self.text(*point, "203.0.113.1"),
            Content::Path(point) => self.text(*point, "/other"),
            Content::Url(point) => self.text(*point, "https://example.com/other"),
            Content::List(list) => {
                let mut values = Vec::new();
                for (there, element) in &list.elements {
                    if self.holds(*there) {
                        values.push(self.part(*element)?);
                    }
                }
                let length = self.length(list.length)?;
                // Further elements are copies of the last that is unrolled.
                if let Some(last) = values.last().cloned() {
                    self.reserve(&last, length.saturating_sub(values.len()))?;
                    values.resize(length.max(values.len()), last);
                }
                RawValue::List(values)
            }
            Content::Map(map) => {
                let mut members = RawMap::default();
                for (key, (there, value)) in &map.named {
                    if self.holds(*there) {
                        members.insert(key.to_string(), self.part(*value)?);
                    }
                }
                for (idx, (there, key, value)) in map.others.iter().enumerate() {
                    if self.holds(*there) {
                        let key = self.model.texts.get(key).cloned().unwrap_or_else(|| format!("key{idx}"));
                        members.insert(key, self.part(*value)?);
                    }
                }
                self.fill(map, &mut members)?;
                RawValue::Map(members)
            }
            Content::Object(unknowns) => {
                let mut members = RawMap::default();
                for (name, place) in unknowns.iter().filter(|(_, place)| !self.is_absent(**place)) {
                    members.insert(name.to_string(), self.part(*place)?);
                }
                RawValue::Map(members)
            }
            Content::Any(kinds) => match kinds.iter().find(|(_, is, _)| self.holds(*is)) {
                Some((.., place)) => self.value(*place)?,
                None => RawValue::List(Vec::new()),
            },
        })
    }

    /// Further entries have new keys, and the value of the last that is unrolled.
    fn fill(&self, map: &SymbolicMap, members: &mut RawMap) -> Option<()> {
        let length = self.length(map.length)?;
        let Some((.., last)) = map.others.last() else { return Some(()) };
        let value = self.value(*last)?;
        self.reserve(&value, length.saturating_sub(members.len()))?;
        for number in 0..length {
            if members.len() >= length {
                break;
            }
            let key = format!("other{number}");
            if members.get(&key).is_none() {
                members.insert(key, value.clone());
            }
        }
        Some(())
    }

    /// Whether so many copies of a value fit into a request; that is known before any is made.
    fn reserve(&self, value: &RawValue, copies: usize) -> Option<()> {
        let left = self.left.get().checked_sub(weight(value).checked_mul(copies)?)?;
        self.left.set(left);
        Some(())
    }

    fn text(&self, point: u32, free_texts: &str) -> RawValue {
        RawValue::String(self.model.texts.get(&point).cloned().unwrap_or_else(|| free_texts.to_owned()))
    }

    fn length(&self, place: u32) -> Option<usize> {
        self.model.numbers.get(&place).map_or(Some(0), |length| length.to_integer().to_usize())
    }

    fn number(&self, value: &Rational, unit: Unit) -> Option<RawValue> {
        let whole = || value.is_integer().then(|| value.to_integer().to_i128()).flatten();
        Some(match unit {
            Unit::Number => RawValue::Number(decimal(value)?),
            Unit::Quantity => {
                let text = decimal(value)?.to_string();
                Quantity::parse(&text)?;
                RawValue::String(text)
            }
            Unit::Timestamp => RawValue::String(Timestamp::from_nanos(whole()?)?.to_string()),
            Unit::Date => RawValue::String(Date::from_days(i32::try_from(whole()?).ok()?)?.to_string()),
            Unit::Duration => RawValue::String(Duration::from_nanos(whole()?)?.to_string()),
        })
    }
}

/// How many bytes a value has at least as JSON. Depth: that of types.
fn weight(value: &RawValue) -> usize {
    match value {
        RawValue::String(text) => 3 + text.len(),
        RawValue::List(elements) => elements.iter().map(weight).fold(2, usize::saturating_add),
        RawValue::Map(members) => {
            let of = |(name, value): (&String, &RawValue)| name.len() + weight(value);
            members.iter().map(of).fold(2, usize::saturating_add)
        }
        _ => 2,
    }
}
