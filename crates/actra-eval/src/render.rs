//! Values as text: for messages, `string(x)` and explanations.

use std::fmt::Write as _;

use actra_model::{RawMap, RawValue};

use crate::operand::{Item, Operand};
use crate::scope::Scope;

/// What stands for a value that is absent.
pub(crate) const NONE: &str = "(none)";
/// What stands for a value that cannot be read.
pub(crate) const UNREADABLE: &str = "(unreadable)";

/// A value as people read it: strings raw, numbers plain, lists and objects as JSON.
pub(crate) fn text(operand: &Operand<'_>) -> String {
    match operand {
        Operand::Text(text) => text.to_string(),
        Operand::Any(json) => raw_text(json.get()),
        other => scalar(other).unwrap_or_else(|| json(other)),
    }
}

/// JSON as people read it.
pub(crate) fn raw_text(raw: &RawValue) -> String {
    match raw {
        RawValue::String(text) => text.clone(),
        RawValue::Unreadable(_) => UNREADABLE.to_owned(),
        other => {
            let mut out = String::new();
            write_raw(&mut out, other);
            out
        }
    }
}

/// A value as canonical JSON: no spaces, keys in byte order.
pub(crate) fn json(operand: &Operand<'_>) -> String {
    let mut out = String::new();
    write_json(&mut out, operand);
    out
}

/// An object as canonical JSON.
pub(crate) fn canonical_map(map: &RawMap) -> String {
    let mut out = String::new();
    write_raw_map(&mut out, map);
    out
}

/// The text of a value that is no string and no container.
fn scalar(operand: &Operand<'_>) -> Option<String> {
    Some(match operand {
        Operand::Bool(flag) => flag.to_string(),
        Operand::Number(number) => number.to_string(),
        Operand::Timestamp(time) => time.to_string(),
        Operand::Date(date) => date.to_string(),
        Operand::Duration(duration) => duration.to_string(),
        Operand::Quantity(quantity) => quantity.to_string(),
        Operand::Ip(address) => address.to_string(),
        Operand::Path(path) => path.to_string(),
        Operand::Url(url) => url.as_str().to_owned(),
        Operand::Text(_) | Operand::List(_) | Operand::Map(_) | Operand::Object(_) | Operand::Any(_) => {
            return None;
        }
    })
}

fn write_json(out: &mut String, operand: &Operand<'_>) {
    // No variable is bound here: paths of what cannot be read are not shown.
    let scope = Scope::default();
    match operand {
        Operand::Bool(_) | Operand::Number(_) => out.push_str(&scalar(operand).unwrap_or_default()),
        Operand::Text(text) => quoted(out, text),
        Operand::List(list) => {
            out.push('[');
            for (idx, item) in list.iter(&scope).enumerate() {
                separate(out, idx);
                write_item(out, &item);
            }
            out.push(']');
        }
        Operand::Map(entries) | Operand::Object(entries) => {
            out.push('{');
            for (idx, key) in entries.keys().iter().enumerate() {
                separate(out, idx);
                quoted(out, key);
                out.push(':');
                if let Some(item) = entries.get(key, || entries.origin.clone(), &scope) {
                    write_item(out, &item);
                }
            }
            out.push('}');
        }
        Operand::Any(json) => write_raw(out, json.get()),
        other => quoted(out, &scalar(other).unwrap_or_default()),
    }
}

fn write_item(out: &mut String, item: &Item<'_>) {
    match item {
        Ok(operand) => write_json(out, operand),
        Err(_) => quoted(out, UNREADABLE),
    }
}

fn write_raw(out: &mut String, raw: &RawValue) {
    match raw {
        RawValue::Null => out.push_str("null"),
        RawValue::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        RawValue::Number(number) => {
            let _ = write!(out, "{number}");
        }
        RawValue::String(text) => quoted(out, text),
        RawValue::List(elements) => {
            out.push('[');
            for (idx, element) in elements.iter().enumerate() {
                separate(out, idx);
                write_raw(out, element);
            }
            out.push(']');
        }
        RawValue::Map(entries) => write_raw_map(out, entries),
        RawValue::Unreadable(_) => quoted(out, UNREADABLE),
    }
}

fn write_raw_map(out: &mut String, entries: &RawMap) {
    out.push('{');
    for (idx, (key, entry)) in entries.iter().enumerate() {
        separate(out, idx);
        quoted(out, key);
        out.push(':');
        write_raw(out, entry);
    }
    out.push('}');
}

fn separate(out: &mut String, idx: usize) {
    if idx > 0 {
        out.push(',');
    }
}

/// Escapes only what JSON demands.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
