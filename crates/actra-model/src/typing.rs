//! Typing: an untyped request becomes a typed one, in which every declared field has one state. How an untyped
//! value of a single field is, is decided here too.

mod constraints;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::types::{Field, Fields};
use crate::{
    ActionId, ActionSchema, BorrowedState, Date, Duration, Fault, FaultHandling, IpAddress, Path, Quantity,
    RawMap, RawRef, RawRequest, RawValue, Reason, Record, RecordName, Request, RequestReader, Schema,
    TextList, Timestamp, Type, TypeKind, Url, Value, ValueState, limits,
};

impl Request {
    /// Types a request once, at the door. Never fails: every declared field becomes present, absent or invalid,
    /// and all faults are listed.
    ///
    /// Cost: linear in the schema's fields and the request. Recursion is bounded by [`limits::NESTING`].
    pub fn from_raw(schema: &Schema, raw: &RawRequest) -> Request {
        let mut checker = TypeChecker::new(schema.extra_fields, ConstraintMode::Check);
        if let Some(reason) = RequestReader::fault(raw) {
            return invalid_request("", reason);
        }
        let (id, action, name, arguments) = match declared_action(schema, raw.action.as_ref()) {
            Ok(named) => named,
            Err(reason) => return invalid_request("action.type", reason),
        };
        let with_unknown = (!raw.unknown.is_empty()).then(|| raw.apply_unknown(schema));
        let raw = match &with_unknown {
            Some(Ok(with_unknown)) => with_unknown,
            Some(Err(_)) | None => raw,
        };
        let mut action = checker.members(&FieldPath::Root("action"), &action.fields, arguments);
        action.fields.insert(Arc::from("type"), ValueState::Present(Value::String(Arc::from(name))));
        let actor = checker.record(RecordName::Actor, &schema.actor, raw.actor.as_ref());
        let snapshot = checker.record(RecordName::Snapshot, &schema.snapshot, raw.snapshot.as_ref());
        let rejects = schema.invalid_fields == FaultHandling::Reject && !checker.faults.is_empty();
        let unknown_faults = with_unknown.and_then(Result::err).unwrap_or_default();
        let invalid = rejects
            || checker.may_hold_undeclared
            || !unknown_faults.is_empty()
            || checker.faults.iter().any(is_undeclared);
        checker.faults.extend(unknown_faults);
        Request {
            action_id: Some(id),
            action,
            actor,
            snapshot,
            invalid,
            faults: checker.faults.into_iter().collect(),
        }
    }
}

/// The declared action that the request names, with its name and arguments as the request has them.
fn declared_action<'s, 'r>(
    schema: &'s Schema,
    raw: Option<&'r RawValue>,
) -> Result<(ActionId, &'s ActionSchema, &'r str, &'r RawMap), Reason> {
    let Some(RawValue::Map(members)) = raw else { return Err(Reason::ActionTypeMissing) };
    let Some(RawValue::String(name)) = members.get("type") else { return Err(Reason::ActionTypeMissing) };
    let id = schema.action_id(name).ok_or(Reason::UndeclaredAction)?;
    Ok((id, schema.action(id).ok_or(Reason::UndeclaredAction)?, name, members))
}

fn is_undeclared(fault: &Fault) -> bool {
    fault.reason == Reason::ExtraField
}

/// A request that is invalid as a whole, so that nothing else of it is read.
fn invalid_request(path: &str, reason: Reason) -> Request {
    Request {
        action_id: None,
        action: Record::default(),
        actor: Record::default(),
        snapshot: Record::default(),
        faults: vec![Fault { path: path.to_owned(), reason }],
        invalid: true,
    }
}

/// The path of a value in a request; written out only if there is a fault.
enum FieldPath<'a> {
    Root(&'a str),
    Member(&'a FieldPath<'a>, &'a str),
    Element(&'a FieldPath<'a>),
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FieldPath::Root(name) => f.write_str(name),
            FieldPath::Member(record, name) => write!(f, "{record}.{name}"),
            FieldPath::Element(container) => write!(f, "{container}[*]"),
        }
    }
}

/// Whether values must also satisfy the constraints of their types.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ConstraintMode {
    Check,
    Ignore,
}

/// Whether faults may name undeclared members: the name of one in a sensitive field, or beside one in the same object,
/// is data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UndeclaredNames {
    Shown,
    Hidden,
}

/// Types the values of one request and collects their faults.
struct TypeChecker {
    extra_fields: FaultHandling,
    constraint_mode: ConstraintMode,
    undeclared_names: UndeclaredNames,
    faults: BTreeSet<Fault>,
    /// Whether undeclared fields are rejected and an invalid value may hide one: making the value that holds a refused
    /// field invalid must not let the request pass.
    may_hold_undeclared: bool,
}

impl TypeChecker {
    fn new(extra_fields: FaultHandling, constraint_mode: ConstraintMode) -> Self {
        Self {
            extra_fields,
            constraint_mode,
            undeclared_names: UndeclaredNames::Shown,
            faults: BTreeSet::new(),
            may_hold_undeclared: false,
        }
    }

    fn fault(&mut self, path: String, reason: Reason) {
        self.faults.insert(Fault { path, reason });
    }

    fn record(&mut self, record_name: RecordName, fields: &Fields, raw: Option<&RawValue>) -> Record {
        let path = FieldPath::Root(record_name.as_str());
        let reason = match raw {
            Some(RawValue::Map(members)) => return self.members(&path, fields, members),
            None => Reason::RecordMissing,
            Some(_) => Reason::RecordNotObject,
        };
        // A record for which the schema declares nothing may be left out.
        let left_out = fields.is_empty() && raw.is_none_or(|raw| *raw == RawValue::Null);
        let rejects = self.extra_fields == FaultHandling::Reject && !left_out;
        self.may_hold_undeclared |= rejects;
        if rejects || !fields.is_empty() {
            self.fault(path.to_string(), reason);
        }
        Record { fields: fields.keys().map(|name| (Arc::clone(name), ValueState::Invalid(reason))).collect() }
    }

    fn members(&mut self, path: &FieldPath<'_>, fields: &Fields, raw: &RawMap) -> Record {
        if self.extra_fields == FaultHandling::Reject {
            self.check_undeclared(path, fields, raw);
        }
        let states = fields.iter().map(|(name, field)| {
            let state = self.field(&FieldPath::Member(path, name), field, raw.get(name.as_ref()));
            (Arc::clone(name), state)
        });
        Record { fields: states.collect() }
    }

    /// One fault for each container, so that a request cannot make the list of faults long.
    fn check_undeclared(&mut self, path: &FieldPath<'_>, fields: &Fields, raw: &RawMap) {
        let of_action = matches!(path, FieldPath::Root("action"));
        let declared = |name: &str| fields.contains_key(name) || (of_action && name == "type");
        let Some(undeclared) = raw.keys().find(|name| !declared(name)) else { return };
        // What was sent in the place of a sensitive member may be called by its value.
        let is_record = matches!(path, FieldPath::Root("action" | "actor" | "snapshot"));
        let is_beside_sensitive = || !is_record && fields.values().any(Field::holds_sensitive);
        let may_name = self.undeclared_names == UndeclaredNames::Shown && !is_beside_sensitive();
        let named = may_name && is_identifier(undeclared);
        let path = if named { FieldPath::Member(path, undeclared).to_string() } else { path.to_string() };
        self.fault(path, Reason::ExtraField);
    }

    fn field(&mut self, path: &FieldPath<'_>, field: &Field, raw: Option<&RawValue>) -> ValueState {
        let around = self.undeclared_names;
        if field.sensitive {
            self.undeclared_names = UndeclaredNames::Hidden;
        }
        let state = match raw {
            None | Some(RawValue::Null) if field.optional => ValueState::Absent,
            None => self.invalid_state(path, &field.ty.kind, Reason::Missing),
            Some(raw) => self.value(path, &field.ty, raw),
        };
        self.undeclared_names = around;
        state
    }

    fn value(&mut self, path: &FieldPath<'_>, ty: &Type, raw: &RawValue) -> ValueState {
        let typed = match self.constraint_mode {
            ConstraintMode::Check => ty
                .constraints
                .check_items(raw)
                .and_then(|()| self.typed(path, &ty.kind, raw))
                .and_then(|value| ty.constraints.check(value)),
            ConstraintMode::Ignore => self.typed(path, &ty.kind, raw),
        };
        match typed {
            Ok(value) => ValueState::Present(value),
            Err(reason) => self.invalid_state(path, &ty.kind, reason),
        }
    }

    /// Matching all texts of a container may cost no more than matching a single one may.
    fn check_match_cost(&self, kind: &TypeKind, raw: &RawValue) -> Result<(), Reason> {
        match self.constraint_mode {
            ConstraintMode::Check if match_cost(kind, raw) > limits::CALL_COST => Err(Reason::TooCostly),
            ConstraintMode::Check | ConstraintMode::Ignore => Ok(()),
        }
    }

    fn invalid_state(&mut self, path: &FieldPath<'_>, kind: &TypeKind, reason: Reason) -> ValueState {
        self.may_hold_undeclared |= self.extra_fields == FaultHandling::Reject && holds_object(kind);
        self.fault(path.to_string(), reason);
        ValueState::Invalid(reason)
    }

    /// Types a value without its own constraints; elements and members report their own faults.
    fn typed(&mut self, path: &FieldPath<'_>, kind: &TypeKind, raw: &RawValue) -> Result<Value, Reason> {
        match (kind, raw) {
            // Null is a value only inside an `any`; as the field itself it would state a fact by knowing less.
            (_, RawValue::Null) => Err(Reason::Null),
            (TypeKind::Any, raw) => any(raw),
            (_, RawValue::Unreadable(reason)) => Err(*reason),
            (TypeKind::List(element), RawValue::List(items)) => {
                check_count(items.len(), limits::ELEMENTS)?;
                self.check_match_cost(kind, raw)?;
                let path = FieldPath::Element(path);
                Ok(Value::List(items.iter().map(|item| self.value(&path, element, item)).collect()))
            }
            (TypeKind::Map(element), RawValue::Map(members)) => {
                check_count(members.len(), limits::ELEMENTS)?;
                self.check_match_cost(kind, raw)?;
                let path = FieldPath::Element(path);
                let states = members
                    .iter()
                    .map(|(key, value)| (Arc::from(key.as_str()), self.value(&path, element, value)));
                Ok(Value::Map(states.collect()))
            }
            (TypeKind::Object(fields), RawValue::Map(members)) => {
                Ok(Value::Object(self.members(path, fields, members)))
            }
            (kind, raw) => scalar(kind, raw),
        }
    }
}

/// The cost of matching all texts of a container against the patterns of their types.
fn match_cost(kind: &TypeKind, raw: &RawValue) -> u64 {
    let of = |ty: &Type, raw: &RawValue| match (&ty.constraints.pattern, raw) {
        (Some(pattern), RawValue::String(text)) => pattern.cost(text.len()),
        _ => match_cost(&ty.kind, raw),
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
    ty.constraints.pattern.is_some()
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
    /// Types one value, constraints included.
    ///
    /// `null` is invalid here (a caller with an optional field treats it first); only inside an `any` it is a value.
    pub fn check(&self, raw: &RawValue) -> ValueState {
        TypeChecker::new(FaultHandling::Ignore, ConstraintMode::Check).value(&FieldPath::Root(""), self, raw)
    }
}

impl Field {
    /// The state of a field with this value; `path` is that of the field, such as `action.amount`. Its faults, and
    /// those of the values in it, are appended. The result is that of [`Request::from_raw`] for this field.
    ///
    /// Cost: linear in the value; booleans, numbers and strings need no memory.
    pub fn read<'r>(
        &self,
        path: &str,
        raw: Option<RawRef<'r>>,
        extra_fields: FaultHandling,
        faults: &mut Vec<Fault>,
    ) -> BorrowedState<'r> {
        let constraints = &self.ty.constraints;
        let checked = match (raw, &self.ty.kind) {
            (None | Some(RawRef::Null), _) if self.optional => return BorrowedState::Absent,
            (None, _) => Err(Reason::Missing),
            (Some(RawRef::Null), _) => Err(Reason::Null),
            (Some(RawRef::Bool(value)), TypeKind::Boolean) if constraints.one_of.is_none() => {
                Ok(BorrowedState::Bool(value))
            }
            (Some(RawRef::Number(value)), TypeKind::Number) => constraints.check_number(value),
            (Some(RawRef::Number(value)), TypeKind::Integer) if value.is_integer() => {
                constraints.check_number(value)
            }
            (Some(RawRef::Text(text)), TypeKind::String) => {
                constraints.check_text(&text).map(|()| BorrowedState::Text(text))
            }
            (Some(RawRef::Texts(texts)), TypeKind::List(element))
                if self.takes_texts(element, texts.count()) =>
            {
                Ok(BorrowedState::Texts(texts))
            }
            (Some(RawRef::Nested(Cow::Borrowed(RawValue::List(items)))), TypeKind::List(element))
                if self.takes_texts(element, items.len()) && all_texts(items) =>
            {
                Ok(BorrowedState::Texts(TextList::Values(items)))
            }
            (Some(raw), _) => return self.read_any_other(path, raw, extra_fields, faults),
        };
        checked.unwrap_or_else(|reason| {
            faults.push(Fault { path: path.to_owned(), reason });
            BorrowedState::Invalid(reason)
        })
    }

    /// Whether any list of so many texts is a valid value of this field.
    fn takes_texts(&self, element: &Type, count: usize) -> bool {
        let own = &self.ty.constraints;
        element.kind == TypeKind::String
            && element.constraints.is_none()
            && own.limits_only_items()
            && count <= own.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS)
    }

    fn read_any_other<'r>(
        &self,
        path: &str,
        raw: RawRef<'_>,
        extra_fields: FaultHandling,
        faults: &mut Vec<Fault>,
    ) -> BorrowedState<'r> {
        let mut checker = TypeChecker::new(extra_fields, ConstraintMode::Check);
        let state = checker.field(&FieldPath::Root(path), self, Some(&raw.into_value()));
        faults.extend(checker.faults);
        state.into()
    }
}

fn all_texts(items: &[RawValue]) -> bool {
    items.iter().all(|item| matches!(item, RawValue::String(_)))
}

impl TypeKind {
    /// Reads a JSON value as this type without constraints: how an `any` is compared with a typed value.
    pub fn read(&self, raw: &RawValue) -> Result<Value, Reason> {
        TypeChecker::new(FaultHandling::Ignore, ConstraintMode::Ignore).typed(&FieldPath::Root(""), self, raw)
    }
}

pub(crate) fn is_identifier(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests;
