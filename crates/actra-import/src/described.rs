//! What a value of a document is, in words for people.

use actra_model::RawValue;

/// What a value is, in words.
pub(crate) fn described(value: &RawValue) -> String {
    match value {
        RawValue::Map(members) => match (members.get("error"), members.get("method")) {
            (Some(error), _) if members.contains_key("jsonrpc") => {
                format!("an answer with an error: {}", cut(&error.to_json()))
            }
            (_, Some(RawValue::String(method))) if members.contains_key("jsonrpc") => {
                format!("a message `{}`, not the answer to `tools/list`", cut(method))
            }
            _ if members.is_empty() => "an object without members".to_owned(),
            _ => {
                let keys: Vec<String> = members.keys().take(6).map(|key| format!("`{}`", cut(key))).collect();
                let more = if members.len() > keys.len() { " and more" } else { "" };
                format!("an object with {}{more}", keys.join(", "))
            }
        },
        RawValue::List(items) => match items.first() {
            None => "an empty list".to_owned(),
            Some(RawValue::List(_)) => "a list of lists".to_owned(),
            Some(first) => format!("a list whose first element is {}", described(first)),
        },
        RawValue::Null => "null".to_owned(),
        RawValue::Bool(_) => "true or false".to_owned(),
        RawValue::Number(_) => "a number".to_owned(),
        _ => "a text".to_owned(),
    }
}

/// A text for a message: in one line, and not long.
pub(crate) fn cut(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    let end = if short.len() < text.len() { "..." } else { "" };
    format!("{}{end}", short.escape_debug())
}
