//! What libraries mean by the names of types: rules see what it stands for, or nothing at all.

use actra_engine::model::{Decimal, RawValue, Reason};
use actra_wire::json_reader::parse_value;

use super::{ValueError, number};

/// How `serde_json` hands over a number with all its digits.
pub(super) const EXACT_NUMBER: &str = "$serde_json::private::Number";
/// How it hands over JSON that it has not read.
pub(super) const RAW_JSON: &str = "$serde_json::private::RawValue";

/// What the members of a structure are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The fields of a record.
    MapReader,
    /// The digits of a number.
    Number,
    /// The text of a value.
    Json,
}

impl Meaning {
    /// Of a structure with this name.
    pub(super) fn of(name: &str) -> Result<Self, ValueError> {
        match name {
            EXACT_NUMBER => Ok(Self::Number),
            RAW_JSON => Ok(Self::Json),
            _ => Self::none(name).map(|()| Self::MapReader),
        }
    }

    /// A type with this name is nothing but what it shows.
    pub(super) fn none(name: &str) -> Result<(), ValueError> {
        // Names such as `$oid` are those of a format, and hide nothing.
        match name.contains("private::") || (name.starts_with('$') && name.contains("private")) {
            true => Err(unknown()),
            false => Ok(()),
        }
    }

    /// Whether a member may have this key. In an object it would be what somebody has taken apart on the way here.
    pub(super) fn takes(self, key: &str) -> Result<(), ValueError> {
        match self {
            Self::MapReader if key.starts_with("$serde_json::private::") => Err(unknown()),
            Self::MapReader => Ok(()),
            Self::Number if key == EXACT_NUMBER => Ok(()),
            Self::Json if key == RAW_JSON => Ok(()),
            Self::Number | Self::Json => Err(unknown()),
        }
    }

    /// The value that the members stand for; an error for members of another shape.
    pub(super) fn value(self, members: &[(String, RawValue)]) -> Result<RawValue, ValueError> {
        match (self, members) {
            (Self::Number, [(_, RawValue::String(digits))]) => Ok(number(Decimal::parse_json(digits).ok())),
            (Self::Json, [(_, RawValue::String(text))]) => json(text),
            _ => Err(unknown()),
        }
    }
}

/// The text of JSON that members stand for, if it holds a zero below zero, which no value tells from zero.
pub(super) fn text_below_zero(members: &[(String, RawValue)]) -> Option<&str> {
    match members {
        [(_, RawValue::String(text))] if has_zero_below_zero(text) => Some(text),
        _ => None,
    }
}

fn has_zero_below_zero(json: &str) -> bool {
    let mut rest = json;
    while let Some(at) = rest.find(|c| matches!(c, '"' | '-' | '0'..='9')) {
        let (_, found) = rest.split_at(at);
        if let Some(text) = found.strip_prefix('"') {
            rest = behind_text(text);
            continue;
        }
        let end = found.find(|c| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-'));
        let (number, behind) = found.split_at(end.unwrap_or(found.len()));
        let mantissa = number.split(['e', 'E']).next().unwrap_or(number);
        if mantissa.starts_with('-') && !mantissa.contains(|digit| matches!(digit, '1'..='9')) {
            return true;
        }
        rest = behind;
    }
    false
}

/// What follows a text of JSON whose first quotation mark was read.
fn behind_text(text: &str) -> &str {
    let mut is_escaped = false;
    let end = text.find(|c: char| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    });
    end.and_then(|end| text.get(end + 1..)).unwrap_or_default()
}

fn json(text: &str) -> Result<RawValue, ValueError> {
    parse_value(text.as_bytes()).map_err(|error| match error.reason {
        reason if reason.is_of_envelope() => ValueError::of_request(reason.message(), reason),
        Reason::MalformedJson => ValueError::new("it is not JSON"),
        other => ValueError::new(other.message()),
    })
}

fn unknown() -> ValueError {
    ValueError::new("it is another library's marker for a value, in a form that Actra does not know")
}
