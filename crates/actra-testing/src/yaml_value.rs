//! YAML values as they stand in test files, before they become requests and policy files.

use std::fmt::Write;

/// A YAML value without spans: a request, or a part of an inline policy set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum YamlValue {
    Null,
    Bool(bool),
    /// As written, so that no digit is lost.
    Number(String),
    Text(String),
    List(Vec<YamlValue>),
    /// In the order of the file.
    Object(Vec<(String, YamlValue)>),
}

impl YamlValue {
    /// Merges another value into this one: objects member by member; anything else is replaced.
    pub(crate) fn merge(&mut self, over: YamlValue) {
        match (self, over) {
            (YamlValue::Object(members), YamlValue::Object(over)) => {
                for (key, value) in over {
                    match members.iter_mut().find(|(name, _)| *name == key) {
                        Some((_, member)) => member.merge(value),
                        None => members.push((key, value)),
                    }
                }
            }
            (value, over) => *value = over,
        }
    }

    /// The value as JSON, which is YAML as well.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            YamlValue::Null => out.push_str("null"),
            YamlValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            YamlValue::Number(text) => out.push_str(text),
            YamlValue::Text(text) => write_text(out, text),
            YamlValue::List(items) => {
                out.push('[');
                for (idx, item) in items.iter().enumerate() {
                    separate(out, idx);
                    item.write(out);
                }
                out.push(']');
            }
            YamlValue::Object(members) => {
                out.push('{');
                for (idx, (key, value)) in members.iter().enumerate() {
                    separate(out, idx);
                    write_text(out, key);
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn separate(out: &mut String, idx: usize) {
    if idx > 0 {
        out.push_str(", ");
    }
}

/// Escapes what JSON demands, and what YAML does not accept unescaped.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(members: &[(&str, YamlValue)]) -> YamlValue {
        YamlValue::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    #[test]
    fn objects_merge_and_all_else_is_replaced() {
        let number = |text: &str| YamlValue::Number(text.to_owned());
        let mut base = object(&[
            ("a", object(&[("x", number("1")), ("y", number("2"))])),
            ("b", YamlValue::List(vec![])),
        ]);
        base.merge(object(&[
            ("a", object(&[("y", YamlValue::Null), ("z", number("3"))])),
            ("b", YamlValue::Bool(true)),
        ]));
        assert_eq!(base.to_json(), r#"{"a": {"x": 1, "y": null, "z": 3}, "b": true}"#);
    }

    #[test]
    fn text_is_escaped_for_both_readers() {
        let text = YamlValue::Text("\"\\\n\u{7f}\u{feff}é𝄞".to_owned());
        assert_eq!(text.to_json(), "\"\\\"\\\\\\u000a\\u007f\\ufeffé𝄞\"");
    }
}
