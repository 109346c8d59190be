use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::types::{Field, Fields};
use crate::{
    ActionId, Date, Domain, Duration, Fault, FaultPolicy, IpAddress, Narrowing, Path, Quantity, RawMap,
    RawRequest, RawValue, Reason, Record, Request, Schema, Slot, Timestamp, Type, TypeKind, Url, Value,
    limits,
};

impl Request {
    /// Types a request once, at the door. Never fails: every declared field becomes present, absent or invalid,
    /// and all faults are listed.
    ///
    /// Cost: linear in the schema's fields and the request. Recursion is bounded by [`limits::NESTING`].
    pub fn admit(schema: &Schema, raw: &RawRequest) -> Request {
        let mut door = Door { schema, faults: BTreeSet::new(), extra: false };
        let fault = raw.fault.or_else(|| too_deep(raw).then_some(Reason::TooDeep));
        if let Some(reason) = fault {
            return door.refuse("", reason);
        }
        let Some((id, arguments, name)) = door.action(raw.action.as_ref()) else {
            return door.refuse_action(raw.action.as_ref());
        };
        let fields = schema.action(id).map(|action| &action.fields);
        let mut action =
            fields.map_or_else(Record::default, |fields| door.members("action", fields, arguments));
        action.slots.insert(Arc::from("type"), Slot::Present(Value::String(Arc::from(name))));
        let actor = door.record(Domain::Actor, &schema.actor, raw.actor.as_ref());
        let snapshot = door.record(Domain::Snapshot, &schema.snapshot, raw.snapshot.as_ref());
        let rejects = schema.invalid_fields == FaultPolicy::Reject && !door.faults.is_empty();
        let invalid = rejects || door.extra;
        Request {
            action_id: Some(id),
            action,
            actor,
            snapshot,
            faults: door.faults.into_iter().collect(),
            invalid,
        }
    }
}

/// The state of one admission.
struct Door<'a> {
    schema: &'a Schema,
    faults: BTreeSet<Fault>,
    /// Whether a field that the schema does not declare makes the request invalid.
    extra: bool,
}

impl Door<'_> {
    fn refuse(mut self, path: &str, reason: Reason) -> Request {
        self.fault(path, reason);
        Request {
            action_id: None,
            action: Record::default(),
            actor: Record::default(),
            snapshot: Record::default(),
            faults: self.faults.into_iter().collect(),
            invalid: true,
        }
    }

    fn refuse_action(self, raw: Option<&RawValue>) -> Request {
        let named = matches!(raw, Some(RawValue::Map(members)) if matches!(members.get("type"), Some(RawValue::String(_))));
        self.refuse("action.type", if named { Reason::UndeclaredAction } else { Reason::ActionTypeMissing })
    }

    /// The declared action that the request names, and its arguments.
    fn action<'r>(&self, raw: Option<&'r RawValue>) -> Option<(ActionId, &'r RawMap, &'r str)> {
        let Some(RawValue::Map(members)) = raw else { return None };
        let Some(RawValue::String(name)) = members.get("type") else { return None };
        Some((self.schema.action_id(name)?, members, name))
    }

    fn fault(&mut self, path: &str, reason: Reason) {
        self.faults.insert(Fault { path: path.to_owned(), reason });
    }

    fn record(&mut self, domain: Domain, fields: &Fields, raw: Option<&RawValue>) -> Record {
        let reason = match raw {
            Some(RawValue::Map(members)) => return self.members(domain.as_str(), fields, members),
            None => Reason::RecordMissing,
            Some(_) => Reason::RecordNotObject,
        };
        if !fields.is_empty() {
            self.fault(domain.as_str(), reason);
        }
        Record { slots: fields.keys().map(|name| (Arc::clone(name), Slot::Invalid(reason))).collect() }
    }

    fn members(&mut self, path: &str, fields: &Fields, raw: &RawMap) -> Record {
        self.check_extra(path, fields, raw);
        let slots = fields.iter().map(|(name, field)| {
            let slot = self.field(&format!("{path}.{name}"), field, raw.get(name.as_ref()));
            (Arc::clone(name), slot)
        });
        Record { slots: slots.collect() }
    }

    fn check_extra(&mut self, path: &str, fields: &Fields, raw: &RawMap) {
        if self.schema.extra_fields == FaultPolicy::Ignore {
            return;
        }
        let declared = |name: &str| fields.contains_key(name) || (path == "action" && name == "type");
        let Some(extra) = raw.keys().find(|name| !declared(name)) else { return };
        self.extra = true;
        let path = if is_identifier(extra) { format!("{path}.{extra}") } else { path.to_owned() };
        self.fault(&path, Reason::ExtraField);
    }

    fn field(&mut self, path: &str, field: &Field, raw: Option<&RawValue>) -> Slot {
        let reason = match raw {
            None | Some(RawValue::Null) if field.optional => return Slot::Absent,
            None => Reason::Missing,
            Some(raw) => return self.value(path, &field.ty, raw),
        };
        self.fault(path, reason);
        Slot::Invalid(reason)
    }

    fn value(&mut self, path: &str, ty: &Type, raw: &RawValue) -> Slot {
        match self.typed(path, ty, raw).and_then(|value| ty.narrowing.check(value)) {
            Ok(value) => Slot::Present(value),
            Err(reason) => {
                self.fault(path, reason);
                Slot::Invalid(reason)
            }
        }
    }

    /// Types a value without its own narrowing; elements and members report their own faults.
    fn typed(&mut self, path: &str, ty: &Type, raw: &RawValue) -> Result<Value, Reason> {
        match (&ty.kind, raw) {
            (TypeKind::Any, raw) => any(raw),
            (_, RawValue::Null) => Err(Reason::Null),
            (_, RawValue::Unreadable(reason)) => Err(*reason),
            (TypeKind::List(element), RawValue::List(items)) => {
                check_items(&ty.narrowing, items.len())?;
                let path = format!("{path}[*]");
                Ok(Value::List(items.iter().map(|item| self.value(&path, element, item)).collect()))
            }
            (TypeKind::Map(element), RawValue::Map(members)) => {
                check_items(&ty.narrowing, members.len())?;
                let path = format!("{path}[*]");
                let slots = members
                    .iter()
                    .map(|(key, value)| (Arc::from(key.as_str()), self.value(&path, element, value)));
                Ok(Value::Map(slots.collect::<BTreeMap<_, _>>()))
            }
            (TypeKind::Object(fields), RawValue::Map(members)) => {
                Ok(Value::Object(self.members(path, fields, members)))
            }
            (kind, raw) => scalar(kind, raw),
        }
    }
}

fn check_items(narrowing: &Narrowing, count: usize) -> Result<(), Reason> {
    let most = narrowing.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS);
    if count > most { Err(Reason::TooManyItems) } else { Ok(()) }
}

/// An `any` of bounded size; unreadable parts stay as they are, to be found when they are read.
fn any(raw: &RawValue) -> Result<Value, Reason> {
    match raw {
        RawValue::Unreadable(reason) => Err(*reason),
        raw if holds_too_many(raw) => Err(Reason::TooManyItems),
        raw => Ok(Value::Any(raw.clone())),
    }
}

fn holds_too_many(raw: &RawValue) -> bool {
    match raw {
        RawValue::List(items) => items.len() > limits::ELEMENTS || items.iter().any(holds_too_many),
        RawValue::Map(members) => members.len() > limits::ELEMENTS || members.values().any(holds_too_many),
        _ => false,
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
    /// `null` is invalid here (a caller with an optional field treats it first), except in `any`.
    pub fn admit(&self, raw: &RawValue) -> Slot {
        let schema = Schema::default();
        Door { schema: &schema, faults: BTreeSet::new(), extra: false }.value("", self, raw)
    }
}

impl TypeKind {
    /// Reads a JSON value as a value of this type without narrowing: what an `any` is against a typed value.
    pub fn read(&self, raw: &RawValue) -> Result<Value, Reason> {
        let schema = Schema::default();
        let ty = Type::plain(self.clone());
        Door { schema: &schema, faults: BTreeSet::new(), extra: false }.typed("", &ty, raw)
    }
}

impl Narrowing {
    /// The value, or how it breaks the narrowing. Item counts are checked where containers are built.
    fn check(&self, value: Value) -> Result<Value, Reason> {
        if self.one_of.as_ref().is_some_and(|one_of| !one_of.contains(&value)) {
            return Err(Reason::NotOneOf);
        }
        let beyond = |bound: &Option<Value>, side: Ordering| {
            bound.as_ref().and_then(|bound| order(&value, bound)) == Some(side)
        };
        if beyond(&self.min, Ordering::Less) {
            return Err(Reason::BelowMin);
        }
        if beyond(&self.max, Ordering::Greater) {
            return Err(Reason::AboveMax);
        }
        if let Value::String(text) = &value {
            if self.max_length.is_some_and(|max| text.chars().count() > max) {
                return Err(Reason::TooLong);
            }
            if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
                return Err(Reason::PatternMismatch);
            }
        }
        Ok(value)
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::Quantity(left), Value::Quantity(right)) => Some(left.cmp(right)),
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        (Value::Timestamp(left), Value::Timestamp(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn is_identifier(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a value anywhere in the request is nested too deep; iterative, since a native host may hand in anything.
///
/// The three records are the first level below the request itself.
fn too_deep(raw: &RawRequest) -> bool {
    let records = [&raw.action, &raw.actor, &raw.snapshot];
    let mut stack: Vec<(&RawValue, usize)> =
        records.into_iter().flatten().map(|record| (record, 2)).collect();
    while let Some((value, depth)) = stack.pop() {
        match value {
            RawValue::List(items) => stack.extend(items.iter().map(|item| (item, depth + 1))),
            RawValue::Map(members) => stack.extend(members.values().map(|member| (member, depth + 1))),
            _ => continue,
        }
        if depth > limits::NESTING {
            return true;
        }
    }
    false
}
