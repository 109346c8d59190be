//! What the files of a set give names to: definitions and constants.

use std::collections::BTreeMap;

use actra_model::RawValue;
use actra_syntax::ast::{Condition, Data, DataKind, PolicyFile};

/// Policy data as a value.
pub fn literal(data: &Data) -> RawValue {
    match &data.value {
        DataKind::Null => RawValue::Null,
        DataKind::Bool(value) => RawValue::Bool(*value),
        DataKind::Number(text) => crate::number(text),
        DataKind::String(text) => RawValue::String(text.clone()),
        DataKind::List(items) => RawValue::List(items.iter().map(literal).collect()),
        DataKind::Map(entries) => {
            RawValue::Map(entries.iter().map(|(key, value)| (key.value.clone(), literal(value))).collect())
        }
    }
}

/// Named conditions and constants of all files.
pub(crate) struct Names<'a> {
    pub(crate) definitions: BTreeMap<&'a str, &'a Condition>,
    pub(crate) constants: BTreeMap<&'a str, RawValue>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(files: &'a [PolicyFile]) -> Self {
        let definitions = files.iter().flat_map(|file| &file.definitions);
        let constants = files.iter().flat_map(|file| &file.constants);
        Self {
            definitions: definitions.map(|(name, condition)| (name.value.as_str(), condition)).collect(),
            constants: constants.map(|(name, data)| (name.value.as_str(), literal(data))).collect(),
        }
    }
}
