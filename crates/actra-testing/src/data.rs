use std::fmt::Write;

/// A YAML value without places: what a request and an inline block of a set hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    /// As written, so that no digit is lost.
    Number(String),
    Text(String),
    List(Vec<Data>),
    /// In the order of the file.
    Object(Vec<(String, Data)>),
}

impl Data {
    /// Puts another value over this one: objects are merged member by member, anything else is replaced.
    pub(crate) fn merge(&mut self, over: Data) {
        match (self, over) {
            (Data::Object(members), Data::Object(over)) => {
                for (key, value) in over {
                    match members.iter_mut().find(|(name, _)| *name == key) {
                        Some((_, member)) => member.merge(value),
                        None => members.push((key, value)),
                    }
                }
            }
            (place, over) => *place = over,
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
            Data::Null => out.push_str("null"),
            Data::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Data::Number(text) => out.push_str(text),
            Data::Text(text) => write_text(out, text),
            Data::List(items) => {
                out.push('[');
                for (idx, item) in items.iter().enumerate() {
                    separate(out, idx);
                    item.write(out);
                }
                out.push(']');
            }
            Data::Object(members) => {
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

/// Escapes what JSON must and what YAML does not take raw.
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

    fn object(members: &[(&str, Data)]) -> Data {
        Data::Object(members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    #[test]
    fn objects_merge_and_all_else_is_replaced() {
        let number = |text: &str| Data::Number(text.to_owned());
        let mut base =
            object(&[("a", object(&[("x", number("1")), ("y", number("2"))])), ("b", Data::List(vec![]))]);
        base.merge(object(&[
            ("a", object(&[("y", Data::Null), ("z", number("3"))])),
            ("b", Data::Bool(true)),
        ]));
        assert_eq!(base.to_json(), r#"{"a": {"x": 1, "y": null, "z": 3}, "b": true}"#);
    }

    #[test]
    fn text_is_escaped_for_both_readers() {
        let text = Data::Text("\"\\\n\u{7f}\u{feff}é𝄞".to_owned());
        assert_eq!(text.to_json(), "\"\\\"\\\\\\u000a\\u007f\\ufeffé𝄞\"");
    }
}
