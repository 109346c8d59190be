//! A schema as YAML, all in brackets; the formatter lays it out.

use actra_model::{RawValue, write_json_string};
use actra_syntax::identifier::{is_identifier_char, is_identifier_start};
use actra_syntax::yaml;

use crate::convert::{Action, Hints, ImportedField, ImportedShape, ImportedType};

/// Whether the action that has these hints is in a group.
type IsHinted = fn(&Hints) -> bool;

/// Each group of hints, and what is in it.
pub(crate) const HINTS: [(&str, IsHinted); 4] = [
    ("hinted_read_only", |hints| hints.read_only),
    ("hinted_destructive", |hints| hints.destructive),
    ("hinted_idempotent", |hints| hints.idempotent),
    ("hinted_open_world", |hints| hints.open_world),
];

/// Stands above the groups of hints.
pub(crate) const CLAIMS: &str = "# Hints: what the server claims of its own tools, which nothing checks.";

fn groups(actions: &[Action], out: &mut String) {
    let mut head = format!("groups:\n  {CLAIMS}\n");
    for (group, is_hinted) in HINTS {
        let mut members = actions.iter().filter(|action| is_hinted(&action.hints)).peekable();
        if members.peek().is_none() {
            continue;
        }
        out.push_str(&std::mem::take(&mut head));
        out.push_str(&format!("  {group}: ["));
        for (idx, action) in members.enumerate() {
            out.push_str(if idx > 0 { ", " } else { "" });
            write_key(&action.name, out);
        }
        out.push_str("]\n");
    }
}

pub(crate) fn schema(actions: &[Action]) -> String {
    let mut out = "version: 1\nactions:\n".to_owned();
    for action in actions {
        out.push_str("  ");
        write_key(&action.name, &mut out);
        out.push_str(": { ");
        if let Some(description) = action.description.text() {
            out.push_str("description: ");
            write_json_string(&mut out, description);
            out.push_str(", ");
        }
        out.push_str("fields: ");
        members(&action.fields, &mut out);
        out.push_str(" }\n");
    }
    groups(actions, &mut out);
    yaml::escaped(&out).into_owned()
}

fn members(fields: &[(String, ImportedField)], out: &mut String) {
    if fields.is_empty() {
        return out.push_str("{}");
    }
    out.push_str("{ ");
    for (idx, (name, field)) in fields.iter().enumerate() {
        if idx > 0 {
            out.push_str(", ");
        }
        write_key(name, out);
        out.push_str(": ");
        self::field(field, out);
    }
    out.push_str(" }");
}

fn field(field: &ImportedField, out: &mut String) {
    let is_plain = field.argument.is_none() && field.description.text().is_none();
    if let Some(short) = short_form(&field.ty).filter(|_| is_plain) {
        out.push_str(&short);
        if field.optional {
            out.push('?');
        }
        return;
    }
    out.push_str("{ ");
    long_form(&field.ty, out);
    if let Some(argument) = &field.argument {
        out.push_str(", argument: ");
        write_json_string(out, argument);
    }
    if field.optional {
        out.push_str(", optional: true");
    }
    if let Some(description) = field.description.text() {
        out.push_str(", description: ");
        write_json_string(out, description);
    }
    out.push_str(" }");
}

/// A type that is no field's.
fn element(ty: &ImportedType, out: &mut String) {
    match short_form(ty) {
        Some(short_form) => out.push_str(&short_form),
        None => {
            out.push_str("{ ");
            long_form(ty, out);
            out.push_str(" }");
        }
    }
}

/// The long form of a type, without its braces.
fn long_form(ty: &ImportedType, out: &mut String) {
    out.push_str("type: ");
    match &ty.shape {
        ImportedShape::Plain(name) => out.push_str(name),
        ImportedShape::List(of) | ImportedShape::Map(of) => {
            out.push_str(if matches!(ty.shape, ImportedShape::List(_)) { "list, of: " } else { "map, of: " });
            element(of, out);
        }
        ImportedShape::Object(fields) => {
            out.push_str("object, fields: ");
            members(fields, out);
        }
    }
    if let Some(values) = &ty.one_of {
        let values: Vec<String> = values.iter().map(RawValue::to_json).collect();
        out.push_str(&format!(", one_of: [{}]", values.join(", ")));
    }
    for (key, bound) in [("min", &ty.min), ("max", &ty.max)] {
        if let Some(bound) = bound {
            out.push_str(&format!(", {key}: {bound}"));
        }
    }
    for (key, most) in [("max_length", ty.max_length), ("max_items", ty.max_items)] {
        if let Some(most) = most {
            out.push_str(&format!(", {key}: {most}"));
        }
    }
    if let Some(pattern) = &ty.pattern {
        out.push_str(", pattern: ");
        write_json_string(out, pattern);
    }
}

/// `list<string>` and its like, for what has no constraints.
fn short_form(ty: &ImportedType) -> Option<String> {
    if !ty.is_plain() {
        return None;
    }
    match &ty.shape {
        ImportedShape::Plain(name) => Some((*name).to_owned()),
        ImportedShape::List(of) => Some(format!("list<{}>", short_form(of)?)),
        ImportedShape::Map(of) => Some(format!("map<{}>", short_form(of)?)),
        ImportedShape::Object(_) => None,
    }
}

/// A key as it is written.
pub(crate) fn key(text: &str) -> String {
    let mut out = String::new();
    write_key(text, &mut out);
    yaml::escaped(&out).into_owned()
}

/// A key: bare if no reader of YAML takes it for something else.
fn write_key(text: &str, out: &mut String) {
    let mut chars = text.chars();
    let bare = chars.next().is_some_and(is_identifier_start)
        && chars.all(|c| is_identifier_char(c) || matches!(c, '-' | '.'))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    match bare {
        true => out.push_str(text),
        false => write_json_string(out, text),
    }
}
