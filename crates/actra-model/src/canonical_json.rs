//! Canonical JSON of raw and typed values.

use std::fmt::Write;

use crate::{RawRequest, RawValue, Value, ValueState};

/// Replaces a value that cannot be read.
const UNREADABLE: &str = "(unreadable)";

/// Writes text as a JSON string: `"` and `\` and control characters escaped, everything else as it is.
pub fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)) {
        let (before, escaped) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let mut chars = escaped.chars();
        write_escape(out, chars.next().unwrap_or_default());
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn write_escape(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        c => write_display(out, format_args!("\\u{:04x}", u32::from(c))),
    }
}

fn write_display(out: &mut String, value: impl std::fmt::Display) {
    // Writing into a string cannot fail.
    let _ = write!(out, "{value}");
}

fn write_list<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (idx, item) in items.into_iter().enumerate() {
        if idx > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

fn write_members<'a, T>(
    out: &mut String,
    members: impl IntoIterator<Item = (&'a str, T)>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('{');
    for (idx, (key, value)) in members.into_iter().enumerate() {
        if idx > 0 {
            out.push(',');
        }
        write_json_string(out, key);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

impl RawValue {
    /// Compact JSON text: keys in byte order, numbers plain without exponent; what cannot be read becomes the
    /// string `(unreadable)`.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Appends what [`RawValue::to_json`] gives.
    pub fn write_json(&self, out: &mut String) {
        match self {
            RawValue::Null => out.push_str("null"),
            RawValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            RawValue::Number(value) => write_display(out, value),
            RawValue::String(text) => write_json_string(out, text),
            RawValue::List(items) => write_list(out, items, |out, item| item.write_json(out)),
            RawValue::Map(members) => {
                let members = members.iter().map(|(key, value)| (key.as_str(), value));
                write_members(out, members, |out, value| value.write_json(out));
            }
            RawValue::Unreadable(_) => write_json_string(out, UNREADABLE),
        }
    }
}

impl RawRequest {
    /// Text for people, who are shown what refutes or differs: the records that are there, in one line of JSON.
    ///
    /// Values are as [`RawValue::to_json`] has them, which says of a value that it cannot be read. What programs read
    /// is written by `actra_wire::write_request`: it has `null` there, and `unknown`, without which another request
    /// would be read.
    pub fn to_text(&self) -> String {
        let records = [("action", &self.action), ("actor", &self.actor), ("snapshot", &self.snapshot)];
        let there = records.into_iter().filter_map(|(name, record)| Some((name, record.as_ref()?)));
        let mut out = String::new();
        write_members(&mut out, there, |out, record| record.write_json(out));
        out
    }
}

impl Value {
    /// Compact JSON text; scalars without a JSON form of their own are strings in their canonical form, absent
    /// members are left out.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Appends what [`Value::to_json`] gives.
    pub fn write_json(&self, out: &mut String) {
        match self {
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(value) => write_display(out, value),
            Value::List(items) => write_list(out, items.iter(), write_state),
            Value::Map(members) => {
                write_members(out, members.iter().map(|(key, state)| (key.as_ref(), state)), write_state);
            }
            Value::Object(record) => {
                let there = record.fields.iter().filter(|(_, state)| **state != ValueState::Absent);
                write_members(out, there.map(|(key, state)| (key.as_ref(), state)), write_state);
            }
            Value::Any(raw) => raw.write_json(out),
            scalar => write_json_string(out, &scalar.to_text()),
        }
    }

    /// Text for people: strings as they are, other scalars in their canonical form, containers as JSON.
    pub fn to_text(&self) -> String {
        match self {
            Value::String(text) => text.to_string(),
            Value::Timestamp(value) => value.to_string(),
            Value::Date(value) => value.to_string(),
            Value::Duration(value) => value.to_string(),
            Value::Quantity(value) => value.to_string(),
            Value::Ip(value) => value.to_string(),
            Value::Path(value) => value.to_string(),
            Value::Url(value) => value.as_str().to_owned(),
            Value::Any(RawValue::String(text)) => text.clone(),
            other => other.to_json(),
        }
    }
}

fn write_state(out: &mut String, state: &ValueState) {
    match state {
        ValueState::Present(value) => value.write_json(out),
        ValueState::Absent => out.push_str("null"),
        ValueState::Invalid(_) => write_json_string(out, UNREADABLE),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Decimal, RawMap, Reason, Record};

    #[test]
    fn writes_json() {
        let raw = RawValue::Map(RawMap::from([
            ("b".to_owned(), RawValue::List(vec![RawValue::Null, true.into(), 1.5.into()])),
            ("a\"".to_owned(), "é\\\n\r\t\u{8}\u{c}\u{1}\u{7f}/".into()),
            ("c".to_owned(), f64::NAN.into()),
        ]));
        let text = r#"{"a\"":"é\\\n\r\t\b\f\u0001/","b":[null,true,1.5],"c":"(unreadable)"}"#;
        assert_eq!(raw.to_json(), text.replace("\\u0001/", "\\u0001\u{7f}/"));
    }

    #[test]
    fn writes_typed_values() {
        let number = ValueState::Present(Value::Number(Decimal::from(1)));
        let states = [("a", ValueState::Absent), ("b", ValueState::Invalid(Reason::Null)), ("c", number)];
        let fields = states.into_iter().map(|(name, state)| (Arc::from(name), state)).collect();
        let value = Value::List(
            [ValueState::Present(Value::Object(Record { fields })), ValueState::Invalid(Reason::Null)].into(),
        );
        assert_eq!(value.to_json(), r#"[{"b":"(unreadable)","c":1},"(unreadable)"]"#);
        assert_eq!(Value::String("a\"".into()).to_json(), r#""a\"""#);
        assert_eq!(Value::String("a\"".into()).to_text(), "a\"");
    }
}
