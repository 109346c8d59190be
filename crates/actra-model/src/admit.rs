mod narrow;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::types::{Field, Fields};
use crate::{
    ActionId, ActionSchema, Cell, Date, Domain, Duration, Fault, FaultPolicy, IpAddress, Path, Quantity,
    RawMap, RawRef, RawRequest, RawValue, Reason, Record, Records, Request, Schema, Slot, Texts, Timestamp,
    Type, TypeKind, Url, Value, limits,
};

impl Request {
    /// Types a request once, at the door. Never fails: every declared field becomes present, absent or invalid,
    /// and all faults are listed.
    ///
    /// Cost: linear in the schema's fields and the request. Recursion is bounded by [`limits::NESTING`].
    pub fn admit(schema: &Schema, raw: &RawRequest) -> Request {
        let mut door = Door::new(schema.extra_fields, Narrowed::Checked);
        if let Some(reason) = Records::fault(raw) {
            return refusal("", reason);
        }
        let (id, action, name, arguments) = match named_action(schema, raw.action.as_ref()) {
            Ok(named) => named,
            Err(reason) => return refusal("action.type", reason),
        };
        let settled = (!raw.unknown.is_empty()).then(|| raw.settled(schema));
        let raw = match &settled {
            Some(Ok(settled)) => settled,
            Some(Err(_)) | None => raw,
        };
        let mut action = door.members(&Place::Root("action"), &action.fields, arguments);
        action.slots.insert(Arc::from("type"), Slot::Present(Value::String(Arc::from(name))));
        let actor = door.record(Domain::Actor, &schema.actor, raw.actor.as_ref());
        let snapshot = door.record(Domain::Snapshot, &schema.snapshot, raw.snapshot.as_ref());
        let rejects = schema.invalid_fields == FaultPolicy::Reject && !door.faults.is_empty();
        let misstated = settled.and_then(Result::err).unwrap_or_default();
        let invalid =
            rejects || door.may_hold_extra || !misstated.is_empty() || door.faults.iter().any(is_extra);
        door.faults.extend(misstated);
        Request {
            action_id: Some(id),
            action,
            actor,
            snapshot,
            invalid,
            faults: door.faults.into_iter().collect(),
        }
    }
}

/// The declared action that the request names, with its name and arguments as the request has them.
fn named_action<'s, 'r>(
    schema: &'s Schema,
    raw: Option<&'r RawValue>,
) -> Result<(ActionId, &'s ActionSchema, &'r str, &'r RawMap), Reason> {
    let Some(RawValue::Map(members)) = raw else { return Err(Reason::ActionTypeMissing) };
    let Some(RawValue::String(name)) = members.get("type") else { return Err(Reason::ActionTypeMissing) };
    let id = schema.action_id(name).ok_or(Reason::UndeclaredAction)?;
    Ok((id, schema.action(id).ok_or(Reason::UndeclaredAction)?, name, members))
}

fn is_extra(fault: &Fault) -> bool {
    fault.reason == Reason::ExtraField
}

/// An invalid request, of which nothing else is read.
fn refusal(path: &str, reason: Reason) -> Request {
    Request {
        action_id: None,
        action: Record::default(),
        actor: Record::default(),
        snapshot: Record::default(),
        faults: vec![Fault { path: path.to_owned(), reason }],
        invalid: true,
    }
}

/// A place in a request; becomes text only where there is a fault.
enum Place<'a> {
    Root(&'a str),
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Root(name) => f.write_str(name),
            Place::Member(record, name) => write!(f, "{record}.{name}"),
            Place::Element(container) => write!(f, "{container}[*]"),
        }
    }
}

/// Whether values must also keep to what restricts their types.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Narrowed {
    Checked,
    Ignored,
}

/// Whether faults may name what the schema does not declare: in a sensitive field that is data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Shown,
    Hidden,
}

/// The state of one admission.
struct Door {
    extra_fields: FaultPolicy,
    narrowed: Narrowed,
    names: Names,
    faults: BTreeSet<Fault>,
    /// Whether undeclared fields are rejected, and something that could hold one cannot be looked into: a request
    /// must not pass by breaking what was refused.
    may_hold_extra: bool,
}

impl Door {
    fn new(extra_fields: FaultPolicy, narrowed: Narrowed) -> Self {
        Self { extra_fields, narrowed, names: Names::Shown, faults: BTreeSet::new(), may_hold_extra: false }
    }

    fn fault(&mut self, path: String, reason: Reason) {
        self.faults.insert(Fault { path, reason });
    }

    fn record(&mut self, domain: Domain, fields: &Fields, raw: Option<&RawValue>) -> Record {
        let place = Place::Root(domain.as_str());
        let reason = match raw {
            Some(RawValue::Map(members)) => return self.members(&place, fields, members),
            None => Reason::RecordMissing,
            Some(_) => Reason::RecordNotObject,
        };
        // A record for which the schema declares nothing may be left out.
        let left_out = fields.is_empty() && raw.is_none_or(|raw| *raw == RawValue::Null);
        let rejects = self.extra_fields == FaultPolicy::Reject && !left_out;
        self.may_hold_extra |= rejects;
        if rejects || !fields.is_empty() {
            self.fault(place.to_string(), reason);
        }
        Record { slots: fields.keys().map(|name| (Arc::clone(name), Slot::Invalid(reason))).collect() }
    }

    fn members(&mut self, place: &Place<'_>, fields: &Fields, raw: &RawMap) -> Record {
        if self.extra_fields == FaultPolicy::Reject {
            self.check_extra(place, fields, raw);
        }
        let slots = fields.iter().map(|(name, field)| {
            let slot = self.field(&Place::Member(place, name), field, raw.get(name.as_ref()));
            (Arc::clone(name), slot)
        });
        Record { slots: slots.collect() }
    }

    /// One fault a container, so that a request cannot make the list of faults long.
    fn check_extra(&mut self, place: &Place<'_>, fields: &Fields, raw: &RawMap) {
        let of_action = matches!(place, Place::Root("action"));
        let declared = |name: &str| fields.contains_key(name) || (of_action && name == "type");
        let Some(extra) = raw.keys().find(|name| !declared(name)) else { return };
        let named = self.names == Names::Shown && is_identifier(extra);
        let path = if named { Place::Member(place, extra).to_string() } else { place.to_string() };
        self.fault(path, Reason::ExtraField);
    }

    fn field(&mut self, place: &Place<'_>, field: &Field, raw: Option<&RawValue>) -> Slot {
        let around = self.names;
        if field.sensitive {
            self.names = Names::Hidden;
        }
        let slot = match raw {
            None | Some(RawValue::Null) if field.optional => Slot::Absent,
            None => self.unread(place, &field.ty.kind, Reason::Missing),
            Some(raw) => self.value(place, &field.ty, raw),
        };
        self.names = around;
        slot
    }

    fn value(&mut self, place: &Place<'_>, ty: &Type, raw: &RawValue) -> Slot {
        let admitted = match self.narrowed {
            Narrowed::Checked => ty
                .narrowing
                .check_items(raw)
                .and_then(|()| self.typed(place, &ty.kind, raw))
                .and_then(|value| ty.narrowing.check(value)),
            Narrowed::Ignored => self.typed(place, &ty.kind, raw),
        };
        match admitted {
            Ok(value) => Slot::Present(value),
            Err(reason) => self.unread(place, &ty.kind, reason),
        }
    }

    /// Texts in a container may not cost more together than one text may by itself.
    fn check_searches(&self, kind: &TypeKind, raw: &RawValue) -> Result<(), Reason> {
        match self.narrowed {
            Narrowed::Checked if searches(kind, raw) > limits::CALL_COST => Err(Reason::TooCostly),
            Narrowed::Checked | Narrowed::Ignored => Ok(()),
        }
    }

    fn unread(&mut self, place: &Place<'_>, kind: &TypeKind, reason: Reason) -> Slot {
        self.may_hold_extra |= self.extra_fields == FaultPolicy::Reject && holds_object(kind);
        self.fault(place.to_string(), reason);
        Slot::Invalid(reason)
    }

    /// Types a value without its own narrowing; elements and members report their own faults.
    fn typed(&mut self, place: &Place<'_>, kind: &TypeKind, raw: &RawValue) -> Result<Value, Reason> {
        match (kind, raw) {
            // Null is a value only inside an `any`; as the field itself it would state a fact by knowing less.
            (_, RawValue::Null) => Err(Reason::Null),
            (TypeKind::Any, raw) => any(raw),
            (_, RawValue::Unreadable(reason)) => Err(*reason),
            (TypeKind::List(element), RawValue::List(items)) => {
                check_count(items.len(), limits::ELEMENTS)?;
                self.check_searches(kind, raw)?;
                let place = Place::Element(place);
                Ok(Value::List(items.iter().map(|item| self.value(&place, element, item)).collect()))
            }
            (TypeKind::Map(element), RawValue::Map(members)) => {
                check_count(members.len(), limits::ELEMENTS)?;
                self.check_searches(kind, raw)?;
                let place = Place::Element(place);
                let slots = members
                    .iter()
                    .map(|(key, value)| (Arc::from(key.as_str()), self.value(&place, element, value)));
                Ok(Value::Map(slots.collect()))
            }
            (TypeKind::Object(fields), RawValue::Map(members)) => {
                Ok(Value::Object(self.members(place, fields, members)))
            }
            (kind, raw) => scalar(kind, raw),
        }
    }
}

/// What matching the texts inside of a container with the patterns of their types costs.
fn searches(kind: &TypeKind, raw: &RawValue) -> u64 {
    let of = |ty: &Type, raw: &RawValue| match (&ty.narrowing.pattern, raw) {
        (Some(pattern), RawValue::String(text)) => pattern.cost(text.len()),
        _ => searches(&ty.kind, raw),
    };
    match (kind, raw) {
        (TypeKind::List(element), RawValue::List(items)) if has_pattern(element) => {
            items.iter().map(|item| of(element, item)).fold(0, u64::saturating_add)
        }
        (TypeKind::Map(element), RawValue::Map(members)) if has_pattern(element) => {
            members.values().map(|value| of(element, value)).fold(0, u64::saturating_add)
        }
        (TypeKind::Object(fields), RawValue::Map(members)) => {
            let there = fields.iter().filter_map(|(name, field)| Some((field, members.get(name.as_ref())?)));
            there.map(|(field, value)| of(&field.ty, value)).fold(0, u64::saturating_add)
        }
        _ => 0,
    }
}

fn has_pattern(ty: &Type) -> bool {
    ty.narrowing.pattern.is_some()
        || match &ty.kind {
            TypeKind::List(element) | TypeKind::Map(element) => has_pattern(element),
            TypeKind::Object(fields) => fields.values().any(|field| has_pattern(&field.ty)),
            _ => false,
        }
}

/// Whether values of a type can hold undeclared fields.
fn holds_object(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Object(_) => true,
        TypeKind::List(element) | TypeKind::Map(element) => holds_object(&element.kind),
        _ => false,
    }
}

fn check_count(count: usize, most: usize) -> Result<(), Reason> {
    if count > most { Err(Reason::TooManyItems) } else { Ok(()) }
}

/// An `any` of bounded size; unreadable parts stay as they are, to be found when they are read.
fn any(raw: &RawValue) -> Result<Value, Reason> {
    if let RawValue::Unreadable(reason) = raw {
        return Err(*reason);
    }
    check_any(raw, limits::NESTING)?;
    Ok(Value::Any(raw.clone()))
}

fn check_any(raw: &RawValue, levels: usize) -> Result<(), Reason> {
    let mut check = |raw| check_any(raw, levels.checked_sub(1).ok_or(Reason::TooDeep)?);
    match raw {
        RawValue::List(items) => {
            check_count(items.len(), limits::ELEMENTS)?;
            items.iter().try_for_each(check)
        }
        RawValue::Map(members) => {
            check_count(members.len(), limits::ELEMENTS)?;
            members.values().try_for_each(&mut check)
        }
        _ => Ok(()),
    }
}

fn scalar(kind: &TypeKind, raw: &RawValue) -> Result<Value, Reason> {
    let parsed = match (kind, raw) {
        (TypeKind::Boolean, RawValue::Bool(value)) => return Ok(Value::Bool(*value)),
        (TypeKind::Number, RawValue::Number(value)) => return Ok(Value::Number(*value)),
        (TypeKind::Integer, RawValue::Number(value)) if value.is_integer() => {
            return Ok(Value::Number(*value));
        }
        (TypeKind::Integer, RawValue::Number(_)) => return Err(Reason::NotInteger),
        (TypeKind::String, RawValue::String(text)) => return Ok(Value::String(Arc::from(text.as_str()))),
        (TypeKind::Timestamp, RawValue::String(text)) => Timestamp::parse(text).map(Value::Timestamp),
        (TypeKind::Date, RawValue::String(text)) => Date::parse(text).map(Value::Date),
        (TypeKind::Duration, RawValue::String(text)) => Duration::parse(text).map(Value::Duration),
        (TypeKind::Quantity, RawValue::String(text)) => Quantity::parse(text).map(Value::Quantity),
        (TypeKind::Ip, RawValue::String(text)) => IpAddress::parse(text).map(Value::Ip),
        (TypeKind::Path, RawValue::String(text)) => Path::parse(text).map(Value::Path),
        (TypeKind::Url, RawValue::String(text)) => Url::parse(text).map(Value::Url),
        _ => return Err(Reason::WrongType),
    };
    parsed.ok_or(Reason::BadFormat)
}

impl Type {
    /// Types one value, narrowing included.
    ///
    /// `null` is invalid here (a caller with an optional field treats it first); only inside an `any` it is a value.
    pub fn admit(&self, raw: &RawValue) -> Slot {
        Door::new(FaultPolicy::Ignore, Narrowed::Checked).value(&Place::Root(""), self, raw)
    }
}

impl Field {
    /// The state of a field at a path such as `action.amount`, whose value lies there; its faults, and those of what lies in it, are
    /// appended with their paths. The same as in [`Request::admit`], for one field.
    ///
    /// Cost: linear in the value; booleans, numbers and strings need no memory.
    pub fn read<'r>(
        &self,
        path: &str,
        raw: Option<RawRef<'r>>,
        extra_fields: FaultPolicy,
        faults: &mut Vec<Fault>,
    ) -> Cell<'r> {
        let narrowing = &self.ty.narrowing;
        let checked = match (raw, &self.ty.kind) {
            (None | Some(RawRef::Null), _) if self.optional => return Cell::Absent,
            (None, _) => Err(Reason::Missing),
            (Some(RawRef::Null), _) => Err(Reason::Null),
            (Some(RawRef::Bool(value)), TypeKind::Boolean) if narrowing.one_of.is_none() => {
                Ok(Cell::Bool(value))
            }
            (Some(RawRef::Number(value)), TypeKind::Number) => narrowing.check_number(value),
            (Some(RawRef::Number(value)), TypeKind::Integer) if value.is_integer() => {
                narrowing.check_number(value)
            }
            (Some(RawRef::Text(text)), TypeKind::String) => {
                narrowing.check_text(&text).map(|()| Cell::Text(text))
            }
            (Some(RawRef::Texts(texts)), TypeKind::List(element))
                if self.takes_texts(element, texts.count()) =>
            {
                Ok(Cell::Texts(texts))
            }
            (Some(RawRef::Nested(Cow::Borrowed(RawValue::List(items)))), TypeKind::List(element))
                if self.takes_texts(element, items.len()) && all_texts(items) =>
            {
                Ok(Cell::Texts(Texts::Values(items)))
            }
            (Some(raw), _) => return self.read_any_other(path, raw, extra_fields, faults),
        };
        checked.unwrap_or_else(|reason| {
            faults.push(Fault { path: path.to_owned(), reason });
            Cell::Invalid(reason)
        })
    }

    /// Whether so many texts are a value of which nothing else is asked.
    fn takes_texts(&self, element: &Type, count: usize) -> bool {
        let own = &self.ty.narrowing;
        element.kind == TypeKind::String
            && element.narrowing.is_none()
            && own.is_none_but_max_items()
            && count <= own.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS)
    }

    fn read_any_other<'r>(
        &self,
        path: &str,
        raw: RawRef<'_>,
        extra_fields: FaultPolicy,
        faults: &mut Vec<Fault>,
    ) -> Cell<'r> {
        let mut door = Door::new(extra_fields, Narrowed::Checked);
        let slot = door.field(&Place::Root(path), self, Some(&raw.into_value()));
        faults.extend(door.faults);
        slot.into()
    }
}

fn all_texts(items: &[RawValue]) -> bool {
    items.iter().all(|item| matches!(item, RawValue::String(_)))
}

impl TypeKind {
    /// Reads a JSON value as a value of this type without narrowing: what an `any` is against a typed value.
    pub fn read(&self, raw: &RawValue) -> Result<Value, Reason> {
        Door::new(FaultPolicy::Ignore, Narrowed::Ignored).typed(&Place::Root(""), self, raw)
    }
}

pub(crate) fn is_identifier(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests;
