//! Records that a person typed, checked against the schema.
//!
//! Deciding takes everything, for it must answer any caller. Who types a record wants to hear of a misspelt name or a
//! value of another type before the answer, so every tool that takes one asks here.
//!
//! Nothing sensitive is repeated: neither a value, nor a key of a map that holds one, nor what somebody called a member
//! of a sensitive object. Of undeclared members only the name is.

use std::fmt;

use actra_model::{
    ActionId, Fields, RawMap, RawRequest, RawValue, Reason, RecordName, Schema, Type, TypeKind, Value,
    ValueState, limits,
};
use actra_syntax::suggest;

/// Something in a record that does not fit the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordError {
    /// Where, as it was typed: `actor.groups[2].name`, with `[*]` for a name or key that may not be shown; empty for
    /// the request as a whole.
    pub path: String,
    /// What is wrong there.
    pub fault: RecordErrorKind,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordErrorKind {
    /// The schema declares no such field.
    Undeclared {
        /// What was probably meant, or else what there is.
        help: String,
    },
    /// The field is required.
    Missing {
        /// The type of the field, for people.
        expected: String,
    },
    /// The value is none of the field.
    Value {
        /// What the field takes, for people.
        expected: String,
        /// What is there; of a list, an object, and all that is sensitive only the type and size.
        got: String,
    },
    /// So many more do not fit, which are not listed.
    More(usize),
    /// The request as a whole, or what it says to be unknown, cannot be.
    Request(Reason),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`", self.path)?;
        }
        match &self.fault {
            RecordErrorKind::Undeclared { help } => write!(f, " is not declared; {help}"),
            RecordErrorKind::Missing { expected } => write!(f, " is missing; expected {expected}"),
            RecordErrorKind::Value { expected, got } => write!(f, " is {got}; expected {expected}"),
            RecordErrorKind::More(1) => f.write_str("and 1 more that does not fit"),
            RecordErrorKind::More(count) => write!(f, "and {count} more that do not fit"),
            RecordErrorKind::Request(reason) if self.path.is_empty() => f.write_str(reason.message()),
            RecordErrorKind::Request(reason) => write!(f, ": {}", reason.message()),
        }
    }
}

/// How many errors are listed. Somebody with more of them has the wrong schema, or one wrong name in many places.
const MAX_ERRORS: usize = 100;

/// All that does not fit in a request, in reading order of the records; of more than a hundred the first ones, and then
/// how many more there are.
pub fn request_errors(schema: &Schema, request: &RawRequest) -> Vec<RecordError> {
    let mut checker = RecordChecker { schema, found: Vec::new(), more: 0 };
    if let Some(reason) = request.fault.or_else(|| request.envelope_fault()) {
        checker.add(String::new(), RecordErrorKind::Request(reason));
        return checker.finish();
    }
    checker.unknown(request);
    let resolved = request.apply_unknown(schema);
    let request = resolved.as_ref().unwrap_or(request);
    let action = checker.action(request.action.as_ref());
    let (actor, snapshot) = (request.actor.as_ref(), request.snapshot.as_ref());
    checker.record(RecordName::Actor, &schema.actor, actor, action);
    checker.record(RecordName::Snapshot, &schema.snapshot, snapshot, action);
    checker.finish()
}

/// All that does not fit in one record, the actor or the snapshot.
pub fn errors_in_record(schema: &Schema, record_name: RecordName, record: &RawValue) -> Vec<RecordError> {
    let mut checker = RecordChecker { schema, found: Vec::new(), more: 0 };
    match record_name {
        RecordName::Action => drop(checker.action(Some(record))),
        RecordName::Actor => checker.record(record_name, &schema.actor, Some(record), None),
        RecordName::Snapshot => checker.record(record_name, &schema.snapshot, Some(record), None),
    }
    checker.finish()
}

/// Whether values may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Value,
    Kind,
}

struct RecordChecker<'s> {
    schema: &'s Schema,
    found: Vec<RecordError>,
    /// Those that are not listed.
    more: usize,
}

impl RecordChecker<'_> {
    fn add(&mut self, path: String, fault: RecordErrorKind) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.found.push(RecordError { path, fault });
        }
    }

    fn is_full(&self) -> bool {
        self.found.len() >= MAX_ERRORS
    }

    fn finish(mut self) -> Vec<RecordError> {
        if self.more > 0 {
            self.found.push(RecordError { path: String::new(), fault: RecordErrorKind::More(self.more) });
        }
        self.found
    }

    fn action(&mut self, raw: Option<&RawValue>) -> Option<ActionId> {
        let schema = self.schema;
        let names = || schema.actions.iter().map(|action| &*action.name);
        let expected = || format!("an action: {}", listed(names()));
        let fault = match raw {
            Some(RawValue::Map(members)) => match members.get("type") {
                Some(RawValue::String(name)) => match schema.action_id(name) {
                    Some(id) => {
                        let fields = schema.action(id).map(|action| &action.fields)?;
                        self.members("action", fields, members, Visibility::Value, Some(id));
                        return Some(id);
                    }
                    None => RecordErrorKind::Value {
                        expected: match suggest::closest(name, names()) {
                            Some(close) => format!("a declared action; did you mean `{close}`?"),
                            None => expected(),
                        },
                        got: shown(&RawValue::from(name.as_str()), Visibility::Value),
                    },
                },
                Some(other) => {
                    RecordErrorKind::Value { expected: expected(), got: shown(other, Visibility::Value) }
                }
                None => RecordErrorKind::Missing { expected: expected() },
            },
            Some(_) | None => RecordErrorKind::Missing { expected: expected() },
        };
        self.add("action.type".to_owned(), fault);
        None
    }

    fn record(
        &mut self,
        record_name: RecordName,
        fields: &Fields,
        raw: Option<&RawValue>,
        action: Option<ActionId>,
    ) {
        let expected = || "an object".to_owned();
        match raw {
            Some(RawValue::Map(members)) => {
                self.members(record_name.as_str(), fields, members, Visibility::Value, action)
            }
            None | Some(RawValue::Null) if fields.is_empty() => {}
            None => self.add(record_name.to_string(), RecordErrorKind::Missing { expected: expected() }),
            Some(other) => {
                let got = shown(other, Visibility::Kind);
                self.add(record_name.to_string(), RecordErrorKind::Value { expected: expected(), got });
            }
        }
    }

    /// Recursion is bounded: a request nests at most [`limits::NESTING`] deep.
    fn members(
        &mut self,
        place: &str,
        fields: &Fields,
        members: &RawMap,
        shown: Visibility,
        action: Option<ActionId>,
    ) {
        let is_type = |name: &str| place == "action" && name == "type";
        let undeclared = |name: &&String| !fields.contains_key(name.as_str()) && !is_type(name);
        let undeclared = members.keys().filter(undeclared);
        // What somebody called a member of something sensitive is not repeated, so one of them says it for all.
        let undeclared = undeclared.take(if shown == Visibility::Value { usize::MAX } else { 1 });
        for name in undeclared {
            if self.is_full() {
                self.more += 1;
                continue;
            }
            let (path, help) = match shown {
                Visibility::Value => (member(place, name), self.meant(place, fields, name, action)),
                Visibility::Kind => (format!("{place}[*]"), fields_of(place, fields)),
            };
            self.add(path, RecordErrorKind::Undeclared { help });
        }
        for (name, field) in fields {
            let path = format!("{place}.{name}");
            let shown = if field.sensitive { Visibility::Kind } else { shown };
            match members.get(name) {
                None | Some(RawValue::Null) if field.optional => {}
                None => self.add(path, RecordErrorKind::Missing { expected: field.ty.kind.name() }),
                Some(raw) => self.value(path, &field.ty, raw, shown),
            }
        }
    }

    /// What was meant by a name that is not declared.
    fn meant(&self, place: &str, fields: &Fields, name: &str, action: Option<ActionId>) -> String {
        let own = (place == "action").then_some(action).flatten().and_then(|id| self.schema.action(id));
        if let Some(field) = own.and_then(|action| action.field_of_argument(name)) {
            return format!("did you mean `{place}.{field}`, which the argument `{name}` fills?");
        }
        if let Some(close) = suggest::closest(name, fields.keys().map(AsRef::as_ref)) {
            return format!("did you mean `{place}.{close}`?");
        }
        let elsewhere = RecordName::ALL.into_iter().find(|record_name| match (record_name, action) {
            (RecordName::Action, Some(action)) => self.schema.field(*record_name, action, name).is_some(),
            (RecordName::Action, None) => false,
            (RecordName::Actor, _) => self.schema.actor.contains_key(name),
            (RecordName::Snapshot, _) => self.schema.snapshot.contains_key(name),
        });
        match elsewhere {
            Some(record_name) => format!("did you mean `{record_name}.{name}`?"),
            None => fields_of(place, fields),
        }
    }

    fn value(&mut self, path: String, ty: &Type, raw: &RawValue, shown: Visibility) {
        if *raw == RawValue::Unreadable(Reason::Unresolved) {
            return;
        }
        if let ValueState::Invalid(reason) = ty.check(raw) {
            // What is of another shape than declared could hold anything.
            let shown = if ty.kind.holds_sensitive() { Visibility::Kind } else { shown };
            let fault =
                RecordErrorKind::Value { expected: expected(ty, reason), got: self::shown(raw, shown) };
            return self.add(path, fault);
        }
        match (&ty.kind, raw) {
            (TypeKind::Object(fields), RawValue::Map(inner)) => {
                self.members(&path, fields, inner, shown, None)
            }
            (TypeKind::List(element), RawValue::List(items)) => {
                for (idx, item) in items.iter().enumerate() {
                    self.value(format!("{path}[{idx}]"), element, item, shown);
                }
            }
            (TypeKind::Map(element), RawValue::Map(inner)) => {
                let hidden = shown == Visibility::Kind || element.kind.holds_sensitive();
                for (key, item) in inner {
                    let key = if hidden { "*".to_owned() } else { quoted(key) };
                    self.value(format!("{path}[{key}]"), element, item, shown);
                }
            }
            _ => {}
        }
    }

    /// What is said to be unknown and cannot be.
    fn unknown(&mut self, request: &RawRequest) {
        for path in request.unknown.iter().filter(|path| self.schema.fact(path).is_none()) {
            if self.is_full() {
                self.more += 1;
                continue;
            }
            if self.schema.leads_into_sensitive(path) {
                let help =
                    "it names a part of a sensitive field, and that part is not a declared fact".to_owned();
                self.add("unknown".to_owned(), RecordErrorKind::Undeclared { help });
                continue;
            }
            let records = [("actor", &self.schema.actor), ("snapshot", &self.schema.snapshot)];
            let paths = records
                .iter()
                .flat_map(|(record, fields)| fields.keys().map(move |name| format!("{record}.{name}")));
            let paths: Vec<String> = paths.collect();
            let help = match suggest::closest(path, paths.iter().map(String::as_str)) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "`unknown` lists fields of actor and snapshot".to_owned(),
            };
            self.add(path.clone(), RecordErrorKind::Undeclared { help });
        }
        for fault in request.apply_unknown(self.schema).err().unwrap_or_default() {
            if fault.reason == Reason::KnownAndUnknown {
                self.add(fault.path, RecordErrorKind::Request(fault.reason));
            }
        }
    }
}

/// What there is to name.
fn fields_of(place: &str, fields: &Fields) -> String {
    match fields.is_empty() {
        true => format!("`{place}` has no fields"),
        false => format!("`{place}` has {}", listed(fields.keys().map(AsRef::as_ref))),
    }
}

/// `actor.name`, or `actor["a b"]` for what is no name.
fn member(place: &str, name: &str) -> String {
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if is_name && !name.is_empty() { format!("{place}.{name}") } else { format!("{place}[{}]", quoted(name)) }
}

fn quoted(text: &str) -> String {
    shortened(RawValue::from(text).to_json())
}

/// What a value of a type would be, in view of what is wrong: `at least 5`, `one of EUR, USD`.
pub fn expected(ty: &Type, reason: Reason) -> String {
    let constraints = &ty.constraints;
    let bound = |word: &str, bound: &Option<Value>| {
        bound
            .as_ref()
            .map_or_else(|| reason.message().to_owned(), |bound| format!("{word} {}", bound.to_text()))
    };
    match reason {
        Reason::NotOneOf => {
            let options: Vec<String> = constraints.one_of.iter().flatten().map(Value::to_text).collect();
            format!("one of {}", listed(options.iter().map(String::as_str)))
        }
        Reason::BelowMin => bound("at least", &constraints.min),
        Reason::AboveMax => bound("at most", &constraints.max),
        Reason::TooLong => format!("at most {} code points", constraints.max_length.unwrap_or_default()),
        Reason::TooManyItems => {
            let most = constraints.max_items.unwrap_or(limits::ELEMENTS).min(limits::ELEMENTS);
            format!("at most {most} elements")
        }
        Reason::PatternMismatch => match &constraints.pattern {
            Some(pattern) => format!("text that matches `{}`", pattern.source()),
            None => ty.kind.name(),
        },
        Reason::BadFormat => format!("{} such as {}", ty.kind.name(), example(&ty.kind)),
        _ => ty.kind.name(),
    }
}

fn example(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Timestamp => "2026-01-31T12:00:00Z",
        TypeKind::Date => "2026-01-31",
        TypeKind::Duration => "1h30m",
        TypeKind::Quantity => "500Mi",
        TypeKind::Ip => "10.0.0.1",
        TypeKind::Path => "/srv/data",
        TypeKind::Url => "https://example.com/",
        _ => "one that the schema allows",
    }
}

/// Names, at most ten.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const MAX_NAMES: usize = 10;
    let all: Vec<&str> = names.collect();
    let shown = all.get(..MAX_NAMES).unwrap_or(&all).join(", ");
    if all.len() > MAX_NAMES { format!("{shown} and {} more", all.len() - MAX_NAMES) } else { shown }
}

fn shown(raw: &RawValue, shown: Visibility) -> String {
    match (raw, shown) {
        (RawValue::Unreadable(reason), _) => format!("unreadable ({})", reason.message()),
        (RawValue::Null, _) => "null".to_owned(),
        // Where a scalar or another container is declared, nobody has declared what these hold.
        (RawValue::List(elements), _) => format!("a list of {}", elements.len()),
        (RawValue::Map(_), _) => "an object".to_owned(),
        (raw, Visibility::Value) => shortened(raw.to_json()),
        (RawValue::Bool(_), Visibility::Kind) => "a boolean".to_owned(),
        (RawValue::Number(_), Visibility::Kind) => "a number".to_owned(),
        (RawValue::String(_), Visibility::Kind) => "a text".to_owned(),
    }
}

/// Long values say no more than their start.
fn shortened(text: String) -> String {
    const MAX_SHOWN_CHARACTERS: usize = 60;
    match text.char_indices().nth(MAX_SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests;
