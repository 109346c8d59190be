//! What of a request may be shown, in events, approvals and refusals.

use std::fmt;

use actra_engine::model::{RawMap, RawValue};
pub use actra_engine::{REDACTED, redact};

/// Members by name and kind, for `Debug`: nobody has said whether values are sensitive.
pub(crate) struct TypesOnly<'a>(pub(crate) &'a RawMap);

impl fmt::Debug for TypesOnly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, value)| (name, kind(value)))).finish()
    }
}

fn kind(value: &RawValue) -> &'static str {
    match value {
        RawValue::Null => "null",
        RawValue::Bool(_) => "boolean",
        RawValue::Number(_) => "number",
        RawValue::String(_) => "string",
        RawValue::List(_) => "list",
        RawValue::Map(_) => "object",
        RawValue::Unreadable(_) => "unreadable",
    }
}
