//! Messages of rules, filled in with values of the request.

use actra_model::{RawValue, limits, write_json_string};
use actra_syntax::ast::{Template, TemplatePart};

use crate::eval::{Absence, Eval, ReadResult};
use crate::scalar_ops::shown;
use crate::value::{EvalResult, V};

impl Eval<'_> {
    /// The text of a message.
    pub(crate) fn message(&self, template: &Template) -> String {
        let part = |part: &TemplatePart| match part {
            TemplatePart::Text(text) => text.clone(),
            TemplatePart::Hole(names) => match self.read_path(&names[0], &names[1..], Absence::Passed) {
                ReadResult::Value(value) => text(&value),
                ReadResult::Absent(_) => "(none)".to_owned(),
                ReadResult::Fault(_) => "(unreadable)".to_owned(),
            },
        };
        let whole: String = template.parts.iter().map(part).collect();
        whole.chars().take(limits::MESSAGE_CODE_POINTS).collect()
    }
}

/// Strings as they are, other scalars in their normal form, containers as JSON.
fn text(value: &V) -> String {
    match value {
        V::Any(RawValue::String(text), _) => text.clone(),
        V::Amount(amount) => amount.to_string(),
        value => shown(value).unwrap_or_else(|_| json(value)),
    }
}

fn json(value: &V) -> String {
    let member = |item: &EvalResult| item.as_ref().map_or_else(|_| quoted("(unreadable)"), json);
    match value {
        V::Any(raw, _) => raw.to_json(),
        V::Null => "null".to_owned(),
        V::Bool(_) | V::Num(_) => text(value),
        V::List(items) => format!("[{}]", items.iter().map(member).collect::<Vec<_>>().join(",")),
        V::Map(members) => {
            let there = members.iter().filter_map(|(key, item)| Some((key, item.as_ref()?)));
            let there = there.map(|(key, item)| format!("{}:{}", quoted(key), member(item)));
            format!("{{{}}}", there.collect::<Vec<_>>().join(","))
        }
        scalar => quoted(&text(scalar)),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_json_string(&mut out, text);
    out
}
