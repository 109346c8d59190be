//! From JSON Schema to types of ours, with a report of what differs.
//!
//! Keywords follow the drafts 7 and 2020-12 of JSON Schema, and OpenAPI 3.0 where it has its own.

mod combinators;
mod keywords;
mod names;
mod proposals;
mod scalars;

use std::collections::{BTreeMap, BTreeSet};

use actra_model::{Decimal, Description, RawMap, RawValue};

use crate::{Loss, LossEffect, Texts};
pub(crate) use names::{field_name_for, is_action_name};
use proposals::Meaning;

/// A field and whether it may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportedField {
    pub(crate) ty: ImportedType,
    pub(crate) optional: bool,
    /// The name of its argument, where that is none for a field.
    pub(crate) argument: Option<String>,
    pub(crate) description: Description,
}

impl ImportedField {
    pub(crate) fn new(ty: ImportedType, optional: bool) -> Self {
        Self { ty, optional, argument: None, description: Description::default() }
    }
}

/// A type with its constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportedType {
    pub(crate) shape: ImportedShape,
    pub(crate) one_of: Option<Vec<RawValue>>,
    pub(crate) min: Option<Decimal>,
    pub(crate) max: Option<Decimal>,
    pub(crate) max_length: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) pattern: Option<String>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImportedShape {
    /// A word of the language without parts.
    Plain(&'static str),
    List(Box<ImportedType>),
    Map(Box<ImportedType>),
    Object(Vec<(String, ImportedField)>),
}

impl ImportedType {
    pub(crate) fn of(shape: ImportedShape) -> Self {
        Self { shape, one_of: None, min: None, max: None, max_length: None, max_items: None, pattern: None }
    }

    pub(crate) fn plain(name: &'static str) -> Self {
        Self::of(ImportedShape::Plain(name))
    }

    pub(crate) fn any() -> Self {
        Self::plain("any")
    }

    fn is_any(&self) -> bool {
        self.shape == ImportedShape::Plain("any")
    }

    /// Whether nothing narrows it.
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::of(self.shape.clone())
    }
}

/// A type, and whether `null` is a value as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NullableType {
    ty: ImportedType,
    nullable: bool,
}

impl NullableType {
    fn of(ty: ImportedType) -> Self {
        Self { ty, nullable: false }
    }

    /// Anything, `null` included.
    fn any() -> Self {
        Self { ty: ImportedType::any(), nullable: true }
    }
}

/// An action with its fields.
pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) description: Description,
    pub(crate) fields: Vec<(String, ImportedField)>,
    pub(crate) hints: Hints,
}

/// What a server claims of a tool of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Hints {
    pub(crate) read_only: bool,
    pub(crate) destructive: bool,
    pub(crate) idempotent: bool,
    pub(crate) open_world: bool,
}

/// In the order of the document.
pub(crate) type Actions = Vec<Action>;

/// Parts that one document may expand to.
const MAX_PARTS: usize = 100_000;
/// Types may stand so deep in each other, which leaves room for the file around them.
const MAX_DEPTH: usize = 24;

/// One import: the document, and what was lost of it so far.
pub(crate) struct Importer<'d> {
    /// What references start from: a document, or the schema of one tool.
    root: &'d RawValue,
    /// The pointer to that.
    root_at: String,
    texts: Texts,
    /// What people are told about the tool at hand.
    told: Option<String>,
    /// What the texts of the member at hand are proposed as.
    meaning: Option<Meaning>,
    losses: Vec<Loss>,
    actions: Actions,
    /// The names of the actions.
    action_names: BTreeSet<String>,
    /// The last number that was put behind a name.
    numbers: BTreeMap<String, usize>,
    /// References that are being followed.
    open_references: Vec<String>,
    parts: usize,
    depth: usize,
    /// How many members the schema at hand is inside of: none for arguments themselves.
    member_depth: usize,
}

impl<'d> Importer<'d> {
    pub(crate) fn new(document: &'d RawValue, texts: Texts) -> Self {
        Self {
            root: document,
            root_at: String::new(),
            texts,
            told: None,
            meaning: None,
            losses: Vec::new(),
            actions: Vec::new(),
            action_names: BTreeSet::new(),
            numbers: BTreeMap::new(),
            open_references: Vec::new(),
            parts: 0,
            depth: 0,
            member_depth: 0,
        }
    }

    /// What was found; each loss once, since a definition may be referred to many times.
    pub(crate) fn finish(mut self) -> (Actions, Vec<Loss>) {
        let mut seen = BTreeSet::new();
        self.losses.retain(|loss| seen.insert(loss.clone()));
        (self.actions, self.losses)
    }

    pub(crate) fn report_loss(&mut self, pointer: &str, effect: LossEffect, message: &str) {
        self.losses.push(Loss { pointer: pointer.to_owned(), effect, message: message.to_owned() });
    }

    /// What a reference leads to; anything else is itself.
    pub(crate) fn resolve(&self, value: &'d RawValue) -> Option<&'d RawValue> {
        let mut value = value;
        for _ in 0..MAX_DEPTH {
            match reference(value) {
                None => return Some(value),
                Some(reference) => value = self.find(reference)?,
            }
        }
        None
    }

    /// What a local reference names.
    fn find(&self, reference: &str) -> Option<&'d RawValue> {
        let path = reference.strip_prefix('#')?;
        let mut value = self.root;
        for token in path.split('/').skip(1) {
            let token = unescaped(token)?;
            value = match value {
                RawValue::Map(members) => members.get(&token)?,
                RawValue::List(items) => items.get(token.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        (path.is_empty() || path.starts_with('/')).then_some(value)
    }

    /// Whether a schema is one of objects with members of their own.
    ///
    /// Looks at each schema once: parts of `allOf` may refer to what they stand in.
    pub(crate) fn is_object(&self, schema: &'d RawValue) -> bool {
        let (mut seen, mut left) = (BTreeSet::new(), vec![schema]);
        while let Some(schema) = left.pop() {
            let Some(schema @ RawValue::Map(members)) = self.resolve(schema) else { continue };
            if !seen.insert(std::ptr::from_ref(schema)) {
                continue;
            }
            if members.contains_key("properties") || members.get("type") == Some(&RawValue::from("object")) {
                return true;
            }
            if let Some(RawValue::List(parts)) = members.get("allOf") {
                left.extend(parts);
            }
        }
        false
    }

    /// Begins a tool that people are told this about.
    pub(crate) fn enter_tool(&mut self, told: Option<&str>) {
        self.told = told.map(str::to_owned);
    }

    /// The fields of an action whose arguments a schema describes, in which references start from that schema.
    ///
    /// Gives the reason where they cannot be told.
    pub(crate) fn arguments(
        &mut self,
        schema: &'d RawValue,
        at: &str,
    ) -> Result<Vec<(String, ImportedField)>, String> {
        let root = std::mem::replace(&mut self.root, schema);
        let root_at = std::mem::replace(&mut self.root_at, at.to_owned());
        let fields = self.members_of(schema, at);
        (self.root, self.root_at) = (root, root_at);
        fields
    }

    /// The fields that the members of an object are.
    pub(crate) fn members_of(
        &mut self,
        schema: &'d RawValue,
        at: &str,
    ) -> Result<Vec<(String, ImportedField)>, String> {
        if let Some(RawValue::Map(members)) = self.resolve(schema)
            && let Some(other) = members.get("properties").filter(|value| !matches!(value, RawValue::Map(_)))
        {
            return Err(format!("its `properties` are {}", crate::described::described(other)));
        }
        let before = self.losses.len();
        let mapped = self.schema(schema, at);
        match mapped.ty.shape {
            ImportedShape::Object(fields) => Ok(fields),
            ImportedShape::Map(of) => {
                if of.is_any() {
                    // Arguments that are not declared are ignored, whatever they are.
                    self.losses.truncate(before);
                } else {
                    self.report_loss(
                        at,
                        LossEffect::Wider,
                        "arguments of any name are not declared, so no rule reads them",
                    );
                }
                Ok(Vec::new())
            }
            ImportedShape::Plain("any") => match self.losses.get(before) {
                None => {
                    self.report_loss(
                        at,
                        LossEffect::Wider,
                        "any arguments are accepted; none is declared, so no rule reads them",
                    );
                    Ok(Vec::new())
                }
                Some(loss) => Err(format!("{}: {}", loss.pointer, loss.message)),
            },
            ImportedShape::Plain(word) => Err(format!("they are of the type `{word}`, not an object")),
            ImportedShape::List(_) => Err("they are a list, not an object".to_owned()),
        }
    }

    /// A member of an object.
    pub(crate) fn member(
        &mut self,
        name: &str,
        schema: &'d RawValue,
        required: bool,
        at: &str,
    ) -> ImportedField {
        let description = self.description_of(schema);
        let meaning = match self.texts {
            Texts::Proposed => proposals::meaning(name, description.text(), self.told.as_deref()),
            Texts::Plain => None,
        };
        let outer = std::mem::replace(&mut self.meaning, meaning);
        let before = self.losses.len();
        self.member_depth += 1;
        let mapped = self.schema(schema, at);
        self.member_depth -= 1;
        self.meaning = outer;
        if mapped.ty.is_any() {
            // What was proposed for one of its forms is not what it came to.
            let mut idx = 0;
            self.losses.retain(|loss| {
                idx += 1;
                idx <= before || loss.effect != LossEffect::Proposed
            });
        }
        if required && mapped.nullable {
            let message = "it must be there and may be null; here it may be missing, too";
            self.report_loss(at, LossEffect::Wider, message);
        } else if !required && !mapped.nullable {
            self.report_loss("", LossEffect::Wider, "null for an optional field counts as absent");
        }
        if !required {
            self.report_default(schema, at);
        }
        ImportedField { description, ..ImportedField::new(mapped.ty, !required || mapped.nullable) }
    }

    /// Says what an operation takes for an argument that is missing, which no rule sees.
    fn report_default(&mut self, schema: &'d RawValue, at: &str) {
        let RawValue::Map(members) = schema else { return };
        let Some(value) = members.get("default").filter(|value| **value != RawValue::Null) else { return };
        let value = value.to_json();
        let shown: String = value.chars().take(60).collect();
        let end = if shown.len() < value.len() { "..." } else { "" };
        let message =
            format!("where it is missing, the operation takes `{shown}{end}`; rules see that it is missing");
        self.report_loss(&format!("{at}/default"), LossEffect::Note, &message);
    }

    /// What people are told about something: there, or where it refers to.
    pub(crate) fn description_of(&self, schema: &'d RawValue) -> Description {
        let own = |schema: &'d RawValue| match schema {
            RawValue::Map(members) => first_text(members, &["description"]),
            _ => None,
        };
        let only = |schema: &'d RawValue| match schema {
            RawValue::Map(members) => match members.get("allOf") {
                Some(RawValue::List(parts)) => parts.first().filter(|_| parts.len() == 1),
                _ => None,
            },
            _ => None,
        };
        let text = own(schema).or_else(|| self.resolve(schema).and_then(own));
        let text =
            text.or_else(|| only(schema).and_then(|part| own(part).or_else(|| own(self.resolve(part)?))));
        text.map(Description::from).unwrap_or_default()
    }

    /// The type that a schema comes to.
    fn schema(&mut self, schema: &'d RawValue, at: &str) -> NullableType {
        self.parts += 1;
        if self.parts > MAX_PARTS || self.depth >= MAX_DEPTH {
            self.report_loss(
                at,
                LossEffect::Wider,
                "this is nested too deeply, or too large, to import; any value is accepted here",
            );
            return NullableType::any();
        }
        self.depth += 1;
        let mapped = match schema {
            RawValue::Bool(true) => NullableType::any(),
            RawValue::Map(members) => match reference(schema) {
                Some(reference) => self.referenced(members, reference, at),
                None => self.members(members, at),
            },
            _ => {
                self.report_loss(
                    at,
                    LossEffect::Wider,
                    "this is not a schema that has values; it may be anything",
                );
                NullableType::any()
            }
        };
        self.depth -= 1;
        mapped
    }

    fn referenced(&mut self, members: &'d RawMap, reference: &'d str, at: &str) -> NullableType {
        for key in members.keys().filter(|key| *key != "$ref" && !keywords::is_annotation(key)) {
            let message = format!("`{key}` beside a reference is not read");
            self.report_loss(&format!("{at}/{}", pointer_token(key)), LossEffect::Wider, &message);
        }
        if self.open_references.iter().any(|known| known == reference) {
            self.report_loss(at, LossEffect::Wider, "it contains itself; from here on it may be anything");
            return NullableType::any();
        }
        let Some(target) = self.find(reference) else {
            let message = format!("`{reference}` leads nowhere in its document; it may be anything");
            self.report_loss(at, LossEffect::Wider, &message);
            return NullableType::any();
        };
        self.open_references.push(reference.to_owned());
        let at = format!("{}{}", self.root_at, reference.strip_prefix('#').unwrap_or_default());
        let mapped = self.schema(target, &at);
        self.open_references.pop();
        mapped
    }
}

fn reference(value: &RawValue) -> Option<&str> {
    let RawValue::Map(members) = value else { return None };
    match members.get("$ref") {
        Some(RawValue::String(reference)) => Some(reference),
        _ => None,
    }
}

/// The first of some members that is a text and not blank, without the blanks around it.
pub(crate) fn first_text<'d>(members: &'d RawMap, keys: &[&str]) -> Option<&'d str> {
    let texts = keys.iter().filter_map(|key| members.get(key).and_then(keywords::text));
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// A key as a part of a JSON pointer.
pub(crate) fn pointer_token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A part of a reference as a key: percent signs first, then the pointer's own escapes.
fn unescaped(token: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = token.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(String::from_utf8(bytes).ok()?.replace("~1", "/").replace("~0", "~"))
}
