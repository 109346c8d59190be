//! Values as text: for `string(x)` and explanations.

use actra_model::write_json_string;

use crate::operand::{Env, EvalResult, Operand};

/// What stands for a value that is absent.
pub(crate) const NONE: &str = "(none)";
/// What stands for a value that cannot be read.
pub(crate) const UNREADABLE: &str = "(unreadable)";

/// A value as canonical JSON: no spaces, keys in byte order.
pub(crate) fn json(operand: &Operand<'_>) -> String {
    let mut out = String::new();
    write_json(&mut out, operand);
    out
}

/// The text of a value that is no string and no container.
pub(crate) fn scalar(operand: &Operand<'_>) -> Option<String> {
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
    let env = Env::default();
    match operand {
        Operand::Bool(_) | Operand::Number(_) => out.push_str(&scalar(operand).unwrap_or_default()),
        Operand::Text(text) => write_json_string(out, text),
        Operand::List(list) => {
            out.push('[');
            for (idx, item) in list.iter(&env).enumerate() {
                separate(out, idx);
                write_item(out, &item);
            }
            out.push(']');
        }
        Operand::Map(entries) | Operand::Object(entries) => {
            out.push('{');
            for (idx, key) in entries.keys().iter().enumerate() {
                separate(out, idx);
                write_json_string(out, key);
                out.push(':');
                if let Some(item) = entries.get(key, || entries.origin.clone(), &env) {
                    write_item(out, &item);
                }
            }
            out.push('}');
        }
        Operand::Any(any) => any.get().write_json(out),
        other => write_json_string(out, &scalar(other).unwrap_or_default()),
    }
}

fn write_item(out: &mut String, item: &EvalResult<'_>) {
    match item {
        Ok(operand) => write_json(out, operand),
        Err(_) => write_json_string(out, UNREADABLE),
    }
}

fn separate(out: &mut String, idx: usize) {
    if idx > 0 {
        out.push(',');
    }
}
