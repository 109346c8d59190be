//! Declarations of a schema to types.

mod arguments;

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, codes};
use actra_model::{
    ActionId, ActionSchema, Description, FaultPolicy, Field, Fields, Group, Narrowing, OneOf, RawValue,
    Schema, Type, TypeKind, Value,
};
use actra_syntax::ast::{self, Data, FieldDecl, Name, TypeDecl};
use actra_syntax::{alias, suggest};

use crate::{literal, patterns, scope};

const TYPE_WORDS: [&str; 15] = [
    "string",
    "number",
    "integer",
    "boolean",
    "timestamp",
    "date",
    "duration",
    "quantity",
    "ip",
    "path",
    "url",
    "list",
    "map",
    "object",
    "any",
];

/// Resolves a schema. A field whose type is faulty stays, as `any`, so that rules that read it raise no further
/// errors.
pub(crate) fn resolve(decl: &ast::Schema, diagnostics: &mut Vec<Diagnostic>) -> Schema {
    let mut resolver = Resolver { diagnostics, depth: 0 };
    let mut actions: Vec<ActionSchema> = Vec::new();
    for action in &decl.actions {
        resolver.check_action_name(&action.name);
        let fields = resolver.fields(&action.fields, Place::Action);
        let name = Arc::from(action.name.value.as_str());
        actions.push(ActionSchema::new(name, fields, described(action.description.as_ref())));
    }
    actions.sort_by(|a, b| a.name.cmp(&b.name));
    actions.dedup_by(|a, b| a.name == b.name);
    if let (true, Some(span)) = (decl.actions.is_empty(), decl.actions_span) {
        resolver.push(Diagnostic::new(codes::NO_ACTIONS, span, "the schema declares no action").help(
            "declare each action that may be asked for, such as `refund: { fields: { amount: number } }`",
        ));
    }
    let mut schema = Schema {
        actions,
        groups: BTreeMap::new(),
        actor: resolver.fields(&decl.actor, Place::Record),
        snapshot: resolver.fields(&decl.snapshot, Place::Record),
        extra_fields: resolver.fault_policy(decl.extra_fields.as_ref()),
        invalid_fields: resolver.fault_policy(decl.invalid_fields.as_ref()),
    };
    for (name, members) in &decl.groups {
        let group = resolver.group(&schema, name, members);
        schema.groups.insert(Arc::from(name.value.as_str()), group);
    }
    schema
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Action,
    Record,
}

struct Resolver<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    depth: usize,
}

impl Resolver<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn check_action_name(&mut self, name: &Name) {
        let fits = !name.value.is_empty()
            && name.value.len() <= 256
            && name.value.chars().all(|c| c.is_ascii_alphanumeric() || "_.:/-".contains(c));
        if !fits {
            self.push(
                Diagnostic::new(
                    codes::BAD_NAME,
                    name.span,
                    format!("`{}` is no name for an action", shown(&name.value)),
                )
                .help("action names hold letters, digits and `_ . : / -`, at most 256 of them"),
            );
        }
    }

    fn check_field_name(&mut self, name: &Name) {
        let fits = !name.value.is_empty()
            && name.value.len() <= 256
            && name.value.chars().all(|c| c.is_ascii_alphanumeric() || "_-/ ".contains(c));
        if !fits {
            self.push(
                Diagnostic::new(codes::BAD_NAME, name.span, format!("`{}` is no name for a field", shown(&name.value)))
                    .help("field names hold letters, digits, `_`, `-`, `/` and spaces; nested fields are `type: object`"),
            );
        }
    }

    fn fault_policy(&mut self, word: Option<&Name>) -> FaultPolicy {
        let Some(word) = word else { return FaultPolicy::Ignore };
        match word.value.as_str() {
            "ignore" => FaultPolicy::Ignore,
            "reject" => FaultPolicy::Reject,
            other => {
                let message = format!("`{}` is neither `ignore` nor `reject`", shown(other));
                let close = suggest::closest(other, ["ignore", "reject"])
                    .map(|word| format!("did you mean `{word}`?"));
                self.push(Diagnostic::new(codes::BAD_CHOICE, word.span, message).maybe_help(close));
                FaultPolicy::Reject
            }
        }
    }

    /// A group; empty only after reporting why.
    fn group(&mut self, schema: &Schema, name: &Name, members: &[Name]) -> Group {
        if !crate::names::is_identifier(&name.value) {
            self.push(
                Diagnostic::new(
                    codes::BAD_NAME,
                    name.span,
                    format!("`{}` is no name for a group", shown(&name.value)),
                )
                .help("use letters, digits and `_`, not starting with a digit"),
            );
        }
        let mut actions: Vec<ActionId> = Vec::new();
        for member in members {
            match scope::matching(schema, &member.value) {
                found if found.is_empty() => self.push(
                    scope::no_such_action(schema, member, codes::BAD_GROUP, self.diagnostics.len())
                        .label("a group is made of declared actions"),
                ),
                found => actions.extend(found),
            }
        }
        actions.sort_unstable();
        actions.dedup();
        Group { actions }
    }

    fn fields(&mut self, decls: &[FieldDecl], place: Place) -> Fields {
        let mut fields = Fields::new();
        for decl in decls {
            self.check_field_name(&decl.name);
            let field = Field { argument: self.argument(decl, place), ..self.field(&decl.ty) };
            if place == Place::Action && decl.name.value == "type" {
                self.check_type_field(decl, &field);
                continue;
            }
            fields.insert(Arc::from(decl.name.value.as_str()), field);
        }
        if place == Place::Action {
            arguments::report_shared(decls, self.diagnostics);
        }
        fields
    }

    /// What a field says of its argument, which only one of an action may.
    fn argument(&mut self, decl: &FieldDecl, place: Place) -> Option<Arc<str>> {
        if place == Place::Action {
            return arguments::own_name(decl, self.diagnostics);
        }
        let misplaced = decl.ty.argument.as_ref().map(arguments::misplaced);
        self.diagnostics.extend(misplaced);
        None
    }

    /// An action may list `type: string`, which means the action type that is always there.
    fn check_type_field(&mut self, decl: &FieldDecl, field: &Field) {
        let is_plain = *field == Field::new(Type::plain(TypeKind::String))
            && decl.ty.argument.is_none()
            && decl.ty.description.is_none();
        if !is_plain {
            let message = "`type` is the action's own type, which is always a required string";
            self.push(Diagnostic::new(codes::RESERVED_FIELD, decl.name.span, message).help(
                "leave it out, write `type: string`, or give the field of an argument `type` another name: \
                 `kind: { type: string, argument: type }`",
            ));
        }
    }

    fn field(&mut self, decl: &TypeDecl) -> Field {
        let mut optional = decl.optional.as_ref().is_some_and(|flag| flag.value);
        let mut word = decl.name.value.trim();
        if let Some(stripped) = word.strip_suffix('?') {
            word = stripped.trim_end();
            optional = true;
            if let Some(flag) = &decl.optional {
                self.push(
                    Diagnostic::new(
                        codes::TWO_FORMS,
                        flag.span,
                        "`?` and `optional:` say the same thing twice",
                    )
                    .also(decl.name.span, "the `?` is here")
                    .help("keep one of them"),
                );
            }
        }
        let sensitive = decl.sensitive.as_ref().is_some_and(|flag| flag.value);
        let ty = self.type_of(decl, word).unwrap_or_else(|| Type::plain(TypeKind::Any));
        let description = described(decl.description.as_ref());
        Field { optional, sensitive, description, ..Field::new(ty) }
    }

    /// A type without a trailing `?`.
    fn type_of(&mut self, decl: &TypeDecl, word: &str) -> Option<Type> {
        self.depth += 1;
        let kind = if self.depth > actra_model::limits::NESTING {
            self.push(
                Diagnostic::new(codes::TOO_DEEP, decl.span, "the type is nested too deep")
                    .help("types nest at most 64 deep"),
            );
            None
        } else {
            self.kind(decl, word)
        };
        self.depth -= 1;
        let kind = kind?;
        let narrowing = self.narrowing(decl, &kind);
        Some(Type { kind, narrowing })
    }

    fn kind(&mut self, decl: &TypeDecl, word: &str) -> Option<TypeKind> {
        if let Some(of) = decl.of.as_deref().filter(|_| !matches!(word, "list" | "map")) {
            self.push(
                Diagnostic::new(codes::BAD_TYPE, of.span, format!("`of` does not go with `{}`", shown(word)))
                    .help("`of:` gives the elements of `type: list` or `type: map`"),
            );
        }
        if let Some(fields) = decl.fields.as_ref().filter(|_| word != "object") {
            self.push(
                Diagnostic::new(
                    codes::BAD_TYPE,
                    fields.span,
                    format!("`fields` does not go with `{}`", shown(word)),
                )
                .help("`fields:` gives the members of `type: object`"),
            );
        }
        Some(match word {
            "string" => TypeKind::String,
            "number" => TypeKind::Number,
            "integer" => TypeKind::Integer,
            "boolean" => TypeKind::Boolean,
            "timestamp" => TypeKind::Timestamp,
            "date" => TypeKind::Date,
            "duration" => TypeKind::Duration,
            "quantity" => TypeKind::Quantity,
            "ip" => TypeKind::Ip,
            "path" => TypeKind::Path,
            "url" => TypeKind::Url,
            "any" => TypeKind::Any,
            "list" => TypeKind::List(Box::new(self.element(decl)?)),
            "map" => TypeKind::Map(Box::new(self.element(decl)?)),
            "object" => TypeKind::Object(self.members(decl)?),
            _ => return self.generic(decl, word),
        })
    }

    /// `list<T>` and `map<T>`, and every word that is no type.
    fn generic(&mut self, decl: &TypeDecl, word: &str) -> Option<TypeKind> {
        let inner = |head: &str| {
            word.strip_prefix(head)?
                .trim_start()
                .strip_prefix('<')?
                .trim_end()
                .strip_suffix('>')
                .map(str::trim)
        };
        let (inner_word, wrap): (&str, fn(Box<Type>) -> TypeKind) = match (inner("list"), inner("map")) {
            (Some(inner), _) => (inner, TypeKind::List),
            (None, Some(inner)) => (inner, TypeKind::Map),
            (None, None) => {
                self.push(self.no_such_type(decl, word));
                return None;
            }
        };
        if inner_word.ends_with('?') {
            self.push(self.optional_element(decl));
            return None;
        }
        let span = decl.name.span;
        let element = TypeDecl::word(span, Name { value: inner_word.to_owned(), span });
        Some(wrap(Box::new(self.type_of(&element, inner_word)?)))
    }

    fn no_such_type(&self, decl: &TypeDecl, word: &str) -> Diagnostic {
        let close = || suggest::closest(word, TYPE_WORDS).map(|word| format!("did you mean `{word}`?"));
        let close = elsewhere(word).or_else(close);
        let words = TYPE_WORDS.join("`, `");
        Diagnostic::new(codes::BAD_TYPE, decl.name.span, format!("`{}` is not a type", shown(word)))
            .maybe_help(close)
            .help(format!("types are `{words}`, and `list<T>`, `map<T>`"))
    }

    fn optional_element(&self, decl: &TypeDecl) -> Diagnostic {
        Diagnostic::new(codes::BAD_TYPE, decl.name.span, "elements cannot be optional")
            .help("a list or map holds an element or does not; take the inner `?` away")
    }

    fn element(&mut self, decl: &TypeDecl) -> Option<Type> {
        let Some(of) = decl.of.as_deref() else {
            let word = decl.name.value.trim().trim_end_matches('?');
            let message = format!("`{word}` does not say what it holds");
            let help = format!("write `{word}<string>`, or add `of:`");
            self.push(Diagnostic::new(codes::BAD_TYPE, decl.name.span, message).help(help));
            return None;
        };
        if of.name.value.trim().ends_with('?') || of.optional.as_ref().is_some_and(|flag| flag.value) {
            self.push(self.optional_element(of));
            return None;
        }
        self.check_element(of);
        self.type_of(of, of.name.value.trim())
    }

    /// What is said of fields cannot be said of what they hold.
    fn check_element(&mut self, of: &TypeDecl) {
        let sensitive = of.sensitive.as_ref().filter(|flag| flag.value).map(|flag| ("sensitive", flag.span));
        let description = of.description.as_ref().map(|text| ("description", text.span));
        for (key, span) in sensitive.into_iter().chain(description) {
            let message = format!("`{key}` belongs to the field, not to its elements");
            self.push(Diagnostic::new(codes::BAD_NARROWING, span, message).help("move it one level up"));
        }
        let misplaced = of.argument.as_ref().map(arguments::misplaced);
        self.diagnostics.extend(misplaced);
    }

    fn members(&mut self, decl: &TypeDecl) -> Option<Fields> {
        match &decl.fields {
            Some(fields) => Some(self.fields(&fields.value, Place::Record)),
            None => {
                let message = "`object` does not say what it holds";
                self.push(
                    Diagnostic::new(codes::BAD_TYPE, decl.name.span, message)
                        .help("add `fields:`, or use `any` for JSON of unknown shape"),
                );
                None
            }
        }
    }

    fn narrowing(&mut self, decl: &TypeDecl, kind: &TypeKind) -> Narrowing {
        let mut narrowing = Narrowing::default();
        if let Some(one_of) = &decl.one_of
            && self.fits(decl, kind, "one_of", is_scalar(kind), one_of.span)
        {
            narrowing.one_of = self.one_of(kind, &one_of.value, one_of.span);
        }
        narrowing.min = decl.min.as_ref().and_then(|data| self.bound(decl, kind, "min", data));
        narrowing.max = decl.max.as_ref().and_then(|data| self.bound(decl, kind, "max", data));
        let string = *kind == TypeKind::String;
        let sized = matches!(kind, TypeKind::List(_) | TypeKind::Map(_));
        narrowing.max_length =
            decl.max_length.as_ref().and_then(|data| self.count(decl, kind, "max_length", string, data));
        narrowing.max_items =
            decl.max_items.as_ref().and_then(|data| self.count(decl, kind, "max_items", sized, data));
        if let Some(pattern) = &decl.pattern
            && self.fits(decl, kind, "pattern", string, pattern.span)
        {
            narrowing.pattern = patterns::of_schema(&pattern.value, pattern.span, self.diagnostics);
        }
        self.check_not_empty(decl, &narrowing);
        narrowing
    }

    fn fits(
        &mut self,
        decl: &TypeDecl,
        kind: &TypeKind,
        key: &str,
        fits: bool,
        span: actra_diagnostics::Span,
    ) -> bool {
        if !fits {
            let message = format!("`{key}` does not go with `{}`", kind.name());
            let help = match key {
                "max_length" | "pattern" => "it narrows a `string`",
                "max_items" => "it narrows a `list` or a `map`",
                "min" | "max" => {
                    "it narrows a `number`, `integer`, `quantity`, `duration`, `timestamp` or `date`"
                }
                _ => "it narrows a type with single values, such as `string` or `number`",
            };
            self.push(
                Diagnostic::new(codes::BAD_NARROWING, span, message)
                    .also(decl.name.span, "the type")
                    .help(help),
            );
        }
        fits
    }

    fn one_of(&mut self, kind: &TypeKind, items: &[Data], span: actra_diagnostics::Span) -> Option<OneOf> {
        if items.is_empty() {
            self.push(
                Diagnostic::new(codes::EMPTY_NARROWING, span, "`one_of` allows no value")
                    .help("list the values"),
            );
            return None;
        }
        let mut values = OneOf::default();
        for item in items {
            let Some(value) = self.value(kind, item) else { continue };
            if !values.insert(value) {
                let message = "the value stands twice in `one_of`";
                self.push(Diagnostic::new(codes::BAD_NARROWING, item.span, message).help("take one away"));
            }
        }
        (!values.is_empty()).then_some(values)
    }

    fn bound(&mut self, decl: &TypeDecl, kind: &TypeKind, key: &str, data: &Data) -> Option<Value> {
        let ordered = matches!(
            kind,
            TypeKind::Number
                | TypeKind::Integer
                | TypeKind::Quantity
                | TypeKind::Duration
                | TypeKind::Timestamp
                | TypeKind::Date
        );
        self.fits(decl, kind, key, ordered, data.span).then(|| self.value(kind, data)).flatten()
    }

    fn value(&mut self, kind: &TypeKind, data: &Data) -> Option<Value> {
        let raw = literal::raw(data, self.diagnostics)?;
        let value = literal::read(kind, &raw);
        if value.is_none() {
            let message = format!("this is not a value of type `{}`", kind.name());
            self.push(Diagnostic::new(codes::BAD_LITERAL, data.span, message).help(literal_help(kind)));
        }
        value
    }

    fn count(
        &mut self,
        decl: &TypeDecl,
        kind: &TypeKind,
        key: &str,
        fits: bool,
        data: &Data,
    ) -> Option<usize> {
        if !self.fits(decl, kind, key, fits, data.span) {
            return None;
        }
        let count = match literal::raw(data, self.diagnostics)? {
            RawValue::Number(number) => number.to_i64().and_then(|count| usize::try_from(count).ok()),
            _ => None,
        };
        let limit = if key == "max_items" {
            actra_model::limits::ELEMENTS
        } else {
            actra_model::limits::REQUEST_BYTES
        };
        if count.is_none_or(|count| count > limit) {
            let message = format!("`{key}` is not a whole number from 0 to {limit}");
            self.push(
                Diagnostic::new(codes::BAD_NARROWING, data.span, message)
                    .help(format!("write a number up to {limit}")),
            );
            return None;
        }
        count
    }

    /// A pattern that no text matches, or none that is short enough.
    fn check_texts(&mut self, decl: &TypeDecl, narrowing: &Narrowing) {
        let (Some(pattern), Some(place)) = (&narrowing.pattern, &decl.pattern) else { return };
        let message = match (pattern.shortest(), narrowing.max_length) {
            (None, _) => "no text matches this pattern, so no value fits".to_owned(),
            (Some(least), Some(most)) if least > most => {
                format!(
                    "what matches has at least {least} characters, and `max_length` is {most}, so no value fits"
                )
            }
            _ => return,
        };
        let report = Diagnostic::new(codes::EMPTY_NARROWING, place.span, message);
        self.push(match &decl.max_length {
            Some(length) if pattern.shortest().is_some() => report.also(length.span, "the longest text"),
            _ => report,
        });
    }

    fn check_not_empty(&mut self, decl: &TypeDecl, narrowing: &Narrowing) {
        self.check_texts(decl, narrowing);
        let Some(span) = decl.one_of.as_ref().map(|list| list.span).or(decl.max.as_ref().map(|max| max.span))
        else {
            return;
        };
        let crossed = match (&narrowing.min, &narrowing.max) {
            (Some(min), Some(max)) => crate::check::order(min, max).is_some_and(|order| order.is_gt()),
            _ => false,
        };
        if crossed {
            self.push(Diagnostic::new(
                codes::EMPTY_NARROWING,
                span,
                "`min` is above `max`, so no value fits",
            ));
        }
        for (value, data) in
            narrowing.one_of.iter().flatten().zip(decl.one_of.iter().flat_map(|list| &list.value))
        {
            if let Some(reason) = crate::check::breach(narrowing, value) {
                let message = format!("this value of `one_of` can never be taken: {reason}");
                self.push(Diagnostic::new(codes::EMPTY_NARROWING, data.span, message).help("take it away"));
            }
        }
    }
}

/// What a type of another language is here; lists of it as well, as `array<T>` or `T[]`.
fn elsewhere(word: &str) -> Option<String> {
    if let Some(instead) = alias::types::meant(word) {
        return Some(instead.help());
    }
    let (head, inner) = match word.strip_suffix("[]") {
        Some(inner) => ("array", inner),
        None => word.strip_suffix('>')?.split_once('<')?,
    };
    let lower = head.trim().to_ascii_lowercase();
    match alias::types::meant(&lower)? {
        alias::Instead::Word("list<string>") => {
            Some(format!("write `list<{}>` instead", shown(inner.trim())))
        }
        alias::Instead::Word("map<string>") => {
            let value = inner.rsplit(',').next().unwrap_or(inner).trim();
            Some(format!("write `map<{}>` instead: keys are texts", shown(value)))
        }
        _ => None,
    }
}

/// What people are told.
fn described(text: Option<&Name>) -> Description {
    text.map(|text| Arc::from(text.value.as_str())).into()
}

fn is_scalar(kind: &TypeKind) -> bool {
    !matches!(kind, TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Object(_) | TypeKind::Any)
}

/// How a literal of a type is written.
pub(crate) fn literal_help(kind: &TypeKind) -> String {
    let example = match kind {
        TypeKind::Timestamp => "\"2026-01-31T08:30:00Z\"",
        TypeKind::Date => "\"2026-01-31\"",
        TypeKind::Duration => "\"1h30m\"",
        TypeKind::Quantity => "\"500Mi\"",
        TypeKind::Ip => "\"10.0.0.1\" or \"2001:db8::1\"",
        TypeKind::Path => "\"/srv/data\"; no backslash, and no `..` that escapes",
        TypeKind::Url => "\"https://example.com/\"",
        TypeKind::Number => "1000 or 0.5",
        TypeKind::Integer => "1000",
        TypeKind::Boolean => "true or false",
        TypeKind::String => "\"text\"",
        TypeKind::List(element) => {
            return format!("a list whose elements are of type `{}`", element.kind.name());
        }
        _ => return format!("a value of type `{}`", kind.name()),
    };
    format!("a `{}` is written {example}", kind.name())
}

/// User text for a message: cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
