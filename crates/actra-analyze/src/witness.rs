//! From a model to a request that can be tried.

use std::sync::Arc;

use actra_model::{
    Date, Domain, Duration, Fields, Quantity, RawMap, RawRequest, RawValue, Timestamp, TypeKind,
};
use num_traits::{ToPrimitive, Zero};

use crate::cell::{CellId, Content, MapCell};
use crate::encode::Encoder;
use crate::find::Fixed;
use crate::formula::{Formula, Node};
use crate::linear::{Rational, decimal};
use crate::solve::Model;
use crate::term::Unit;

/// The request that a model describes; `None` if one of its values cannot be written.
pub(crate) fn request(
    encoder: &Encoder<'_>,
    model: &Model,
    fixed: Option<&Fixed>,
    plain: Plain,
) -> Option<RawRequest> {
    Witness { encoder, model, fixed, plain }.request()
}

/// What stands for texts of which nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    /// One text for all.
    Alike,
    /// Another letter for each.
    Different,
}

struct Witness<'a, 'e> {
    encoder: &'a Encoder<'e>,
    model: &'a Model,
    fixed: Option<&'a Fixed>,
    plain: Plain,
}

impl Witness<'_, '_> {
    fn request(&self) -> Option<RawRequest> {
        let schema = self.encoder.space.schema;
        let action = schema.action(self.encoder.space.action)?;
        let mut members = self.record(Domain::Action, &action.fields)?;
        members.insert("type".to_owned(), RawValue::String(action.name.to_string()));
        Some(RawRequest {
            action: Some(RawValue::Map(members)),
            actor: Some(RawValue::Map(self.record(Domain::Actor, &schema.actor)?)),
            snapshot: Some(RawValue::Map(self.record(Domain::Snapshot, &schema.snapshot)?)),
            fault: None,
        })
    }

    fn record(&self, domain: Domain, fields: &Fields) -> Option<RawMap> {
        let mut members = RawMap::default();
        for (name, field) in fields {
            let key = (domain, Arc::clone(name));
            if let Some(fixed) = self.fixed.filter(|fixed| fixed.slots.contains_key(&key)) {
                if let Some(value) = fixed.raw.get(&key) {
                    members.insert(name.to_string(), value.clone());
                }
                continue;
            }
            let cell = *self.encoder.fields.get(&key)?;
            let left_out = self.encoder.left_out.get(&key).map(|formula| self.holds(*formula));
            if let Some(value) = self.state(cell, &field.ty.kind, left_out)? {
                members.insert(name.to_string(), value);
            }
        }
        for ((_, name), cell) in self.encoder.former.iter().filter(|((former, _), _)| *former == domain) {
            if let Some(value) = self.value(*cell).filter(|_| self.is_present(*cell)) {
                members.insert(name.to_string(), value);
            }
        }
        Some(members)
    }

    fn holds(&self, formula: Formula) -> bool {
        let truth = match self.encoder.cells.formulas.node(formula) {
            Node::True => true,
            Node::Atom(atom) => self.model.truths.get(atom).copied().unwrap_or(false),
            Node::And(parts) => parts.iter().all(|part| self.holds(*part)),
        };
        truth != formula.is_negated()
    }

    fn is_present(&self, cell: CellId) -> bool {
        self.encoder.cells.get(cell).is_some_and(|cell| self.holds(cell.present))
    }

    /// What stands in the request for a field: nothing for one that is absent.
    ///
    /// `left_out` says of a required field that cannot be read whether it is missing, where that matters.
    fn state(&self, id: CellId, kind: &TypeKind, left_out: Option<bool>) -> Option<Option<RawValue>> {
        let cell = self.encoder.cells.get(id)?;
        if self.holds(cell.present) {
            return Some(Some(self.value(id)?));
        }
        let is_missing = left_out.unwrap_or(cell.absent == Formula::FALSE);
        if self.holds(cell.absent) || is_missing {
            // A required field that cannot be read is left out.
            return Some(None);
        }
        // A field that cannot be read, and is not missing, holds a value of another kind.
        Some(Some(match kind {
            TypeKind::Boolean => RawValue::String("unreadable".to_owned()),
            _ => RawValue::Bool(false),
        }))
    }

    fn value(&self, id: CellId) -> Option<RawValue> {
        let cell = self.encoder.cells.get(id)?;
        Some(match &cell.content {
            Content::Bool(formula) => RawValue::Bool(self.holds(*formula)),
            Content::Number(unknown, unit) => {
                let zero = Rational::zero();
                self.number(self.model.numbers.get(unknown).unwrap_or(&zero), *unit)?
            }
            Content::Text(point) => match self.plain {
                Plain::Alike => self.text(*point, "a"),
                Plain::Different => {
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
                        values.push(self.value(*element)?);
                    }
                }
                let length = self.length(list.length)?;
                // More elements than are told apart are copies.
                while let Some(last) = values.last().filter(|_| values.len() < length).cloned() {
                    values.push(last);
                }
                RawValue::List(values)
            }
            Content::Map(map) => {
                let mut members = RawMap::default();
                for (key, (there, value)) in &map.named {
                    if self.holds(*there) {
                        members.insert(key.to_string(), self.value(*value)?);
                    }
                }
                for (idx, (there, key, value)) in map.others.iter().enumerate() {
                    if self.holds(*there) {
                        let key = self.model.points.get(key).cloned().unwrap_or_else(|| format!("key{idx}"));
                        members.insert(key, self.value(*value)?);
                    }
                }
                self.fill(map, &mut members)?;
                RawValue::Map(members)
            }
            Content::Object(cells) => {
                let mut members = RawMap::default();
                for (name, cell) in cells.iter().filter(|(_, cell)| self.is_present(**cell)) {
                    members.insert(name.to_string(), self.value(*cell)?);
                }
                RawValue::Map(members)
            }
            Content::Any(kinds) => match kinds.iter().find(|(_, is, _)| self.holds(*is)) {
                Some((.., cell)) => self.value(*cell)?,
                None => RawValue::List(Vec::new()),
            },
        })
    }

    /// More entries than are told apart have keys of their own and the value of the last one.
    fn fill(&self, map: &MapCell, members: &mut RawMap) -> Option<()> {
        let length = self.length(map.length)?;
        let Some((.., last)) = map.others.last() else { return Some(()) };
        let value = self.value(*last)?;
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

    fn text(&self, point: u32, plain: &str) -> RawValue {
        RawValue::String(self.model.points.get(&point).cloned().unwrap_or_else(|| plain.to_owned()))
    }

    fn length(&self, unknown: u32) -> Option<usize> {
        self.model.numbers.get(&unknown).map_or(Some(0), |length| length.to_integer().to_usize())
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
