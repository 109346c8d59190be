//! Values and records from JSON text, without going through another type.

use actra_engine::model::{RawMap, RawValue};
use actra_wire::json_reader::parse_value;

/// Why a text is not JSON that a policy can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is no JSON, or beyond a limit.
    #[error(transparent)]
    Syntax(#[from] actra_wire::json_reader::JsonError),
    /// It is not an object, as a record must be.
    #[error("a record must be a JSON object, such as {{\"id\": 7}}")]
    NoObject,
}

/// The value of a JSON text: numbers keep all of their digits, and a key that appears twice is an error.
///
/// Cost: linear in the text, of which at most 1 MiB is read.
///
/// ```
/// # fn main() -> Result<(), actra::JsonError> {
/// let arguments = actra::json_record(r#"{"amount": 0.1, "to": "ana"}"#)?;
/// assert_eq!(arguments.get("amount"), Some(&actra::json_value("0.10")?));
/// # Ok(())
/// # }
/// ```
pub fn json_value(text: impl AsRef<[u8]>) -> Result<RawValue, JsonError> {
    Ok(parse_value(text.as_ref())?)
}

/// The members of a JSON object, such as the arguments of an action; see [`json_value`].
pub fn json_record(text: impl AsRef<[u8]>) -> Result<RawMap, JsonError> {
    match json_value(text)? {
        RawValue::Map(members) => Ok(members),
        _ => Err(JsonError::NoObject),
    }
}
