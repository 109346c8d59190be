//! Reading a document, and telling what it is.

use std::collections::BTreeMap;

use actra_diagnostics::{Diagnostic, FileId};
use actra_model::{Decimal, RawValue, Reason, limits};
use actra_syntax::yaml::{self, Node, NodeKind, ScalarValue};
use actra_wire::json_reader::parse_value_of;

use crate::ImportError;

/// Aliases of a YAML document may expand to so many nodes.
const ALIASES: usize = 100_000;

/// Documents may be larger than requests: some that describe a whole service hold several MiB.
const DOCUMENT_BYTES: usize = 16 << 20;

/// JSON if it starts like it, else YAML.
pub(crate) fn read(text: &str) -> Result<RawValue, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > DOCUMENT_BYTES {
        let message = format!("it is larger than {} MiB", DOCUMENT_BYTES >> 20);
        return Err(ImportError::Unreadable(message));
    }
    if text.trim_start().starts_with(['{', '[']) {
        return parse_value_of(text.as_bytes(), DOCUMENT_BYTES).map_err(|error| {
            let what = match error.reason {
                Reason::TooDeep => format!("it is nested more than {} deep", limits::NESTING),
                Reason::MalformedJson => "what follows is not JSON".to_owned(),
                Reason::DuplicateKey => "an object has the same key twice".to_owned(),
                other => other.message().to_owned(),
            };
            let line = line(text, error.offset);
            ImportError::Unreadable(format!("this is not readable JSON, at line {line}: {what}"))
        });
    }
    let (mut budget, mut found) = (ALIASES, Vec::new());
    let node = yaml::parse(FileId(0), text, &mut budget, &mut found);
    if let Some(fault) = found.iter().find(|found| found.is_error()) {
        return Err(unreadable(text, fault));
    }
    node.and_then(|node| value(&node)).ok_or_else(|| {
        ImportError::Unreadable("this is neither JSON nor YAML with plain decimal numbers".to_owned())
    })
}

fn unreadable(text: &str, fault: &Diagnostic) -> ImportError {
    let line = line(text, fault.span.map_or(0, |span| span.start as usize));
    ImportError::Unreadable(format!("this is not readable YAML, at line {line}: {}", fault.message))
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

pub(crate) fn value(node: &Node) -> Option<RawValue> {
    Some(match &node.kind {
        NodeKind::Scalar(scalar) => match scalar.value() {
            ScalarValue::Null => RawValue::Null,
            ScalarValue::Bool(truth) => RawValue::Bool(truth),
            ScalarValue::Number => RawValue::Number(Decimal::parse_json(&scalar.text).ok()?),
            ScalarValue::Text => RawValue::String(scalar.text.clone()),
            ScalarValue::BadNumber(_) => return None,
        },
        NodeKind::Sequence(items) => RawValue::List(items.iter().map(value).collect::<Option<_>>()?),
        NodeKind::Mapping(entries) => {
            let mut members = BTreeMap::new();
            for entry in entries {
                let NodeKind::Scalar(key) = &entry.key.kind else { return None };
                members.insert(key.text.clone(), value(&entry.value)?);
            }
            RawValue::Map(members.into())
        }
        NodeKind::Error => return None,
    })
}

/// What a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    JsonSchema,
    Tools,
    OpenApi,
}

/// The kind of a document by what stands at its top.
pub(crate) fn detect_kind(document: &RawValue) -> Option<Kind> {
    if crate::tools::is_list(document) {
        return Some(Kind::Tools);
    }
    let RawValue::Map(members) = document else { return None };
    if members.contains_key("openapi") || members.contains_key("swagger") {
        return Some(Kind::OpenApi);
    }
    let schema = ["$schema", "properties", "type", "$ref", "allOf"];
    schema.iter().any(|key| members.contains_key(key)).then_some(Kind::JsonSchema)
}
