//! Schemas written by others to a schema of ours: JSON Schema, the tools of an MCP server, OpenAPI.
//!
//! Whatever the other schema says and ours cannot is in the report, with its place: never a silent loss.
//! In doubt the result accepts more than the source, so that what was a valid call stays one.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod convert;
mod document;
mod mcp;
mod openapi;
mod write;

use actra_model::RawValue;
use actra_syntax::format::Formatted;

use convert::Importer;

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceFormat {
    /// One JSON Schema of an object: one action.
    JsonSchema,
    /// The result of MCP's `tools/list`, bare or as a JSON-RPC response: an action for each tool.
    Mcp,
    /// OpenAPI 3.0 or 3.1: an action for each operation.
    OpenApi,
}

/// A schema, and what it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// `schema.yaml`
    pub yaml: String,
    /// In the order of the document.
    pub losses: Vec<Loss>,
}

/// Something that could not be carried over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loss {
    /// Where in the document, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// Whether the imported schema accepts more or less for it.
    pub effect: LossEffect,
    /// What is lost, in words for people.
    pub message: String,
}

/// How the result differs from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossEffect {
    /// It accepts more.
    Wider,
    /// It accepts less.
    Narrower,
    /// It accepts the same, and something else differs.
    Note,
}

impl LossEffect {
    /// `wider`, `narrower` or `note`.
    pub fn as_str(self) -> &'static str {
        match self {
            LossEffect::Wider => "wider",
            LossEffect::Narrower => "narrower",
            LossEffect::Note => "note",
        }
    }
}

/// Why nothing could be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is neither JSON nor YAML that can be read.
    #[error("{0}")]
    Unreadable(String),
    /// It is none of the kinds, or not of the one that was asked for.
    #[error("{0}")]
    WrongKind(String),
}

/// Imports a document. `name` is the action of a JSON Schema that names itself nowhere.
///
/// Cost: linear in the document, with references expanded up to 100,000 parts.
pub fn import(text: &str, name: &str, format: Option<SourceFormat>) -> Result<Imported, ImportError> {
    let document = document::read(text)?;
    let format = match format {
        Some(format) => format,
        None => document::detect_format(&document).ok_or_else(|| {
            let message = "this is not a JSON Schema of an object, a list of MCP tools or an OpenAPI document; \
                           if it is, name its kind";
            ImportError::WrongKind(message.to_owned())
        })?,
    };
    let mut importer = Importer::new(&document);
    match format {
        SourceFormat::JsonSchema => json_schema(&mut importer, &document, name)?,
        SourceFormat::Mcp => mcp::import(&mut importer, &document)?,
        SourceFormat::OpenApi => openapi::import(&mut importer, &document)?,
    }
    let (actions, losses) = importer.finish();
    if actions.is_empty() {
        return Err(ImportError::WrongKind("there is nothing in it that could be an action".to_owned()));
    }
    let text = write::schema(&actions);
    let file = actra_diagnostics::FileId(0);
    let yaml = match actra_syntax::format::format(file, &text, &mut Vec::new()) {
        Some(Formatted::Text(formatted)) => formatted,
        _ => text,
    };
    Ok(Imported { yaml, losses })
}

fn json_schema<'d>(
    importer: &mut Importer<'d>,
    document: &'d RawValue,
    name: &str,
) -> Result<(), ImportError> {
    let RawValue::Map(members) = document else {
        return Err(ImportError::WrongKind("a JSON Schema of an action must be an object".to_owned()));
    };
    let text = |key: &str| match members.get(key) {
        Some(RawValue::String(text)) if !text.trim().is_empty() => Some(text.as_str()),
        _ => None,
    };
    let own = text("title").or_else(|| text("$id")).unwrap_or(name).to_owned();
    let fields = importer.arguments(document, "");
    let description = importer.description_of(document);
    importer.action(&own, description, fields, "");
    Ok(())
}

#[cfg(test)]
mod tests;
