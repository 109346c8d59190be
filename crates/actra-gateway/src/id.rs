//! The identifier of a request, as JSON-RPC has it.

use actra_engine::model::RawValue;

/// Integers beyond this are read differently by different readers of JSON.
const MAX_INTEGER: i64 = (1 << 53) - 1;

/// The longest text that is an identifier, in bytes: many of them are kept.
pub(crate) const MAX_ID: usize = 1_024;

/// The identifier of a request: a text or an integer. `1` and `"1"` are two of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Id {
    Integer(i64),
    Text(String),
}

impl Id {
    /// The identifier that a value is; `None` for what is none, such as a fraction or null.
    pub(crate) fn of(value: &RawValue) -> Option<Self> {
        match value {
            RawValue::String(text) => Self::text(text.clone()),
            RawValue::Number(number) => Self::integer(&number.to_string()),
            _ => None,
        }
    }

    /// The identifier that stands in JSON text. `1.0` is none here: not every reader takes it for `1`.
    pub(crate) fn of_json(json: &str) -> Option<Self> {
        match json.starts_with('"') {
            true => serde_json::from_str(json).ok().and_then(Self::text),
            false => Self::integer(json),
        }
    }

    fn text(text: String) -> Option<Self> {
        (text.len() <= MAX_ID).then_some(Self::Text(text))
    }

    fn integer(digits: &str) -> Option<Self> {
        let integer = digits.parse::<i64>().ok()?;
        (integer.abs() <= MAX_INTEGER).then_some(Self::Integer(integer))
    }

    /// Appends it as JSON.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Integer(integer) => out.extend_from_slice(integer.to_string().as_bytes()),
            Self::Text(text) => actra_wire::write_text(text, out),
        }
    }

    /// It as JSON text.
    pub(crate) fn to_json(&self) -> String {
        let mut json = Vec::new();
        self.write(&mut json);
        String::from_utf8_lossy(&json).into_owned()
    }
}
