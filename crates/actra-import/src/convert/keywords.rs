//! Schemas by their keywords. What no list here names is reported.

use std::collections::BTreeSet;

use actra_model::{Decimal, RawMap, RawValue, limits};

use super::{ImportedField, ImportedShape, ImportedType, Importer, NullableType, pointer_token};
use crate::LossEffect;

/// Keywords that no value depends on.
const ANNOTATIONS: [&str; 18] = [
    "title",
    "description",
    "default",
    "examples",
    "example",
    "$schema",
    "$id",
    "id",
    "$comment",
    "$anchor",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$defs",
    "definitions",
    "externalDocs",
    "xml",
    "$vocabulary",
];

/// Keywords of any schema, with `anyOf` and its like handled before.
const COMMON: [&str; 5] = ["type", "enum", "const", "nullable", "format"];

pub(super) fn is_annotation(key: &str) -> bool {
    ANNOTATIONS.contains(&key) || key.starts_with("x-")
}

impl<'d> Importer<'d> {
    /// A schema that is no reference.
    pub(super) fn members(&mut self, members: &'d RawMap, at: &str) -> NullableType {
        if members.get("type").is_some_and(|kind| !is_type_list(kind)) {
            self.report_loss(
                &format!("{at}/type"),
                LossEffect::Wider,
                "this names no types, and is not checked",
            );
        }
        if let Some(combined) = self.combined(members, at) {
            return combined;
        }
        let (named_types, mut nullable) = named_types(members);
        nullable |= members.get("nullable") == Some(&RawValue::Bool(true));
        if let Some(values) = values(members) {
            let mut mapped = self.enumerated(members, &values, &named_types, at);
            // Null among the values counts only where the type has it.
            mapped.nullable &= named_types.is_empty() || nullable;
            return mapped;
        }
        let mut mapped = match named_types.as_slice() {
            [kind] => NullableType::of(self.of_kind(kind, members, at)),
            [] => match implied_type(members) {
                Some(kind) => {
                    self.report_loss(
                        at,
                        LossEffect::Narrower,
                        &format!("it names no type; it is taken for `{kind}`"),
                    );
                    NullableType::of(self.of_kind(kind, members, at))
                }
                None if nullable && members.contains_key("type") => {
                    self.report_loss(
                        at,
                        LossEffect::Wider,
                        "null is its only value; here it may be anything",
                    );
                    NullableType::any()
                }
                None => {
                    self.unknown(members, &[], at);
                    NullableType::any()
                }
            },
            _ => {
                self.report_loss(
                    at,
                    LossEffect::Wider,
                    &format!("it may be of {} types; it may be anything", named_types.len()),
                );
                NullableType { ty: ImportedType::any(), nullable: false }
            }
        };
        mapped.nullable |= nullable;
        mapped
    }

    fn of_kind(&mut self, kind: &str, members: &'d RawMap, at: &str) -> ImportedType {
        match kind {
            "string" => self.string(members, at),
            "number" | "integer" => self.number(kind == "integer", members, at),
            "boolean" => {
                self.unknown(members, &[], at);
                ImportedType::plain("boolean")
            }
            "array" => self.array(members, at),
            "object" => self.object(members, at),
            other => {
                self.report_loss(
                    at,
                    LossEffect::Wider,
                    &format!("`{other}` is not a type; it may be anything"),
                );
                ImportedType::any()
            }
        }
    }

    /// Reports keywords that are neither known everywhere nor among these.
    pub(super) fn unknown(&mut self, members: &RawMap, known: &[&str], at: &str) {
        for key in members.keys() {
            if !is_annotation(key) && !COMMON.contains(&key.as_str()) && !known.contains(&key.as_str()) {
                let at = format!("{at}/{}", pointer_token(key));
                self.report_loss(
                    &at,
                    LossEffect::Wider,
                    &format!("`{key}` has no counterpart, and is not checked"),
                );
            }
        }
    }

    fn array(&mut self, members: &'d RawMap, at: &str) -> ImportedType {
        self.unknown(members, &["items", "maxItems", "minItems", "uniqueItems"], at);
        let element = match members.get("items") {
            None => NullableType::any(),
            Some(RawValue::List(_)) => {
                self.report_loss(
                    &format!("{at}/items"),
                    LossEffect::Wider,
                    "elements at fixed positions may be anything",
                );
                NullableType::any()
            }
            Some(items) => self.schema(items, &format!("{at}/items")),
        };
        let of = self.without_null(element, "elements", at);
        if positive(members.get("minItems")) {
            self.report_loss(&format!("{at}/minItems"), LossEffect::Wider, "shorter lists are accepted");
        }
        if members.get("uniqueItems") == Some(&RawValue::Bool(true)) {
            self.report_loss(&format!("{at}/uniqueItems"), LossEffect::Wider, "an element may appear twice");
        }
        let max_items = self.upper_limit(members, "maxItems", at);
        ImportedType { max_items, ..ImportedType::of(ImportedShape::List(Box::new(of))) }
    }

    pub(super) fn object(&mut self, members: &'d RawMap, at: &str) -> ImportedType {
        self.unknown(
            members,
            &["properties", "required", "additionalProperties", "maxProperties", "allOf"],
            at,
        );
        let properties = match members.get("properties") {
            Some(RawValue::Map(properties)) => Some(properties),
            _ => None,
        };
        if members.contains_key("properties") && properties.is_none() {
            let message = "these are no properties; none is declared";
            self.report_loss(&format!("{at}/properties"), LossEffect::Wider, message);
        }
        let required: BTreeSet<&str> = match members.get("required") {
            Some(RawValue::List(names)) => names.iter().filter_map(text).collect(),
            Some(_) => {
                let message = "this is no list of names; every member may be missing";
                self.report_loss(&format!("{at}/required"), LossEffect::Wider, message);
                BTreeSet::new()
            }
            None => BTreeSet::new(),
        };
        let additional = members.get("additionalProperties");
        let declared = properties.is_some_and(|properties| !properties.is_empty());
        if !declared && required.is_empty() && additional != Some(&RawValue::Bool(false)) {
            return self.map(members, additional, at);
        }
        match additional {
            None | Some(RawValue::Bool(true)) => {}
            Some(_) => {
                let message = "members that are not declared are ignored, whatever they are; \
                               `extra_fields: reject` refuses them";
                self.report_loss(&format!("{at}/additionalProperties"), LossEffect::Wider, message);
            }
        }
        if members.contains_key("maxProperties") {
            self.report_loss(&format!("{at}/maxProperties"), LossEffect::Wider, "more members are accepted");
        }
        let mut fields: Vec<(String, ImportedField)> = Vec::new();
        for (name, schema) in properties.into_iter().flatten() {
            let at = format!("{at}/properties/{}", pointer_token(name));
            if self.member_depth == 0 || self.is_member(name, &at) {
                let field = self.member(name, schema, required.contains(&name.as_str()), &at);
                fields.push((name.clone(), field));
            }
        }
        for name in
            required.iter().filter(|name| properties.is_none_or(|declared| !declared.contains_key(name)))
        {
            let message = format!("`{name}` is required but not described; here it may be missing");
            self.report_loss(&format!("{at}/required"), LossEffect::Wider, &message);
        }
        ImportedType::of(ImportedShape::Object(fields))
    }

    /// An object of any members of one type.
    fn map(&mut self, members: &'d RawMap, additional: Option<&'d RawValue>, at: &str) -> ImportedType {
        let value = match additional {
            None => NullableType::any(),
            Some(schema) => {
                // The name of the map says nothing of what stands in it.
                let meaning = self.meaning.take();
                let value = self.schema(schema, &format!("{at}/additionalProperties"));
                self.meaning = meaning;
                value
            }
        };
        let of = self.without_null(value, "members", at);
        let max_items = self.upper_limit(members, "maxProperties", at);
        ImportedType { max_items, ..ImportedType::of(ImportedShape::Map(Box::new(of))) }
    }

    /// What lists and maps hold: never null.
    fn without_null(&mut self, held: NullableType, what: &str, at: &str) -> ImportedType {
        if held.nullable {
            self.report_loss(at, LossEffect::Narrower, &format!("{what} that are null are refused"));
        }
        held.ty
    }

    /// A count that something has at most. One beyond what the language takes is none: requests hold no more anyway.
    pub(super) fn upper_limit(&mut self, members: &RawMap, key: &str, at: &str) -> Option<u64> {
        let stated = members.get(key)?;
        let at = format!("{at}/{key}");
        let upper_limit = match stated {
            RawValue::Number(upper_limit) if upper_limit.is_integer() && *upper_limit >= Decimal::from(0) => {
                Some(*upper_limit)
            }
            _ => None,
        };
        let Some(upper_limit) = upper_limit else {
            self.report_loss(&at, LossEffect::Wider, "this is not a count, and is not checked");
            return None;
        };
        let (limit, what) = match key {
            "maxLength" => (limits::REQUEST_BYTES, "a request is no larger than 1 MiB"),
            _ => (limits::ELEMENTS, "more than 10000 elements are refused"),
        };
        let upper_limit = upper_limit.to_i64().and_then(|upper_limit| u64::try_from(upper_limit).ok());
        let fitting = upper_limit.filter(|upper_limit| *upper_limit <= limit as u64);
        if fitting.is_none() {
            self.report_loss(&at, LossEffect::Narrower, what);
        }
        fitting
    }
}

/// The types that a schema names, without null, and whether null is one.
fn named_types(members: &RawMap) -> (Vec<&str>, bool) {
    let named = match members.get("type") {
        Some(RawValue::String(kind)) => vec![kind.as_str()],
        Some(RawValue::List(named_types)) => named_types.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    let nullable = named.contains(&"null");
    let mut named_types: Vec<&str> = named.into_iter().filter(|kind| *kind != "null").collect();
    // Every integer is a number.
    if named_types.contains(&"number") {
        named_types.retain(|kind| *kind != "integer");
    }
    named_types.dedup();
    (named_types, nullable)
}

fn values(members: &RawMap) -> Option<Vec<RawValue>> {
    match (members.get("const"), members.get("enum")) {
        (Some(value), _) => Some(vec![value.clone()]),
        (None, Some(RawValue::List(values))) => Some(values.clone()),
        _ => None,
    }
}

/// A name, or a list of names that is not empty.
fn is_type_list(kind: &RawValue) -> bool {
    match kind {
        RawValue::String(_) => true,
        RawValue::List(named_types) => {
            !named_types.is_empty() && named_types.iter().all(|kind| text(kind).is_some())
        }
        _ => false,
    }
}

/// The type that keywords without `type` speak of.
fn implied_type(members: &RawMap) -> Option<&'static str> {
    let has = |keys: &[&str]| keys.iter().any(|key| members.contains_key(key));
    if has(&["properties", "required", "additionalProperties"]) {
        Some("object")
    } else if has(&["items", "maxItems", "minItems"]) {
        Some("array")
    } else if has(&["maxLength", "minLength", "pattern"]) {
        Some("string")
    } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        Some("number")
    } else {
        None
    }
}

pub(super) fn text(value: &RawValue) -> Option<&str> {
    match value {
        RawValue::String(text) => Some(text),
        _ => None,
    }
}

pub(super) fn positive(value: Option<&RawValue>) -> bool {
    matches!(value, Some(RawValue::Number(number)) if number.to_i64() != Some(0))
}
