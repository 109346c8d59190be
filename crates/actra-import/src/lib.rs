//! Schemas written by others to a schema of ours: JSON Schema, lists of tools, OpenAPI.
//!
//! Whatever the other schema says and ours cannot is in the report, with its place: never a silent loss.
//! In doubt the result accepts more than the source, so that what was a valid call stays one.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod convert;
mod described;
mod document;
mod merge;
mod openapi;
mod tools;
mod write;

use actra_model::RawValue;
use actra_syntax::format::Formatted;

use convert::Importer;
use document::Kind;
pub use merge::{Change, ChangeKind, Gone, MergeError, Merged, merge};

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceFormat {
    /// One JSON Schema of an object: one action.
    JsonSchema,
    /// The result of MCP's `tools/list`, bare or as a JSON-RPC response: an action for each tool.
    Mcp,
    /// Functions as requests to OpenAI list them, flat or below `function`.
    OpenAi,
    /// Tools as requests to Anthropic list them.
    Anthropic,
    /// OpenAPI 3.0 or 3.1: an action for each operation.
    OpenApi,
}

impl SourceFormat {
    /// Whose format it is.
    fn owner(self) -> &'static str {
        match self {
            SourceFormat::JsonSchema => "JSON Schema",
            SourceFormat::Mcp => "MCP",
            SourceFormat::OpenAi => "OpenAI",
            SourceFormat::Anthropic => "Anthropic",
            SourceFormat::OpenApi => "OpenAPI",
        }
    }
}

/// What becomes of a text that is a path or a URL by its name and description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Texts {
    /// It is proposed as one, which is the stricter reading.
    #[default]
    Proposed,
    /// It stays a `string`.
    Plain,
}

/// How to import a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// The action of a JSON Schema that names itself nowhere.
    pub name: String,
    /// Told from the document if left out.
    pub format: Option<SourceFormat>,
    /// Paths and URLs that are declared as texts.
    pub texts: Texts,
    /// Names of tools that are left out.
    pub without: Vec<String>,
}

/// A schema, and what it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// `schema.yaml`
    pub yaml: String,
    /// In the order of the document.
    pub losses: Vec<Loss>,
    /// The same schema with one action a line, in brackets, from which parts are taken.
    flow: String,
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
    /// It accepts less since a text was taken for a path or a URL, which the source does not say.
    Proposed,
    /// It accepts the same, and something else differs.
    Note,
}

impl LossEffect {
    /// `wider`, `narrower`, `proposed` or `note`.
    pub fn as_str(self) -> &'static str {
        match self {
            LossEffect::Wider => "wider",
            LossEffect::Narrower => "narrower",
            LossEffect::Proposed => "proposed",
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
    /// It is a list of tools, and these cannot be declared: each with its place and what to do.
    #[error("{}", .0.join("; "))]
    Refused(Vec<String>),
}

/// Imports a document.
///
/// Cost: linear in the document, with references expanded up to 100,000 parts.
pub fn import(text: &str, options: &ImportOptions) -> Result<Imported, ImportError> {
    let document = document::read(text)?;
    let kind = match options.format {
        Some(SourceFormat::JsonSchema) => Kind::JsonSchema,
        Some(SourceFormat::OpenApi) => Kind::OpenApi,
        Some(_) => Kind::Tools,
        None => document::detect_kind(&document).ok_or_else(|| {
            let message = format!(
                "this is not a JSON Schema of an object, a list of tools or an OpenAPI document, but {}; \
                 if it is one of them, name its kind by `--kind`",
                described::described(&document)
            );
            ImportError::WrongKind(message)
        })?,
    };
    let mut importer = Importer::new(&document, options.texts);
    match kind {
        Kind::JsonSchema => json_schema(&mut importer, &document, &options.name)?,
        Kind::Tools => tools::import(&mut importer, &document, options.format, &options.without)?,
        Kind::OpenApi => openapi::import(&mut importer, &document)?,
    }
    if kind != Kind::Tools && !options.without.is_empty() {
        let message = "`--without` names tools, and this is no list of tools";
        return Err(ImportError::WrongKind(message.to_owned()));
    }
    let (actions, losses) = importer.finish();
    if actions.is_empty() {
        return Err(ImportError::WrongKind("there is nothing in it that could be an action".to_owned()));
    }
    let flow = write::schema(&actions);
    Ok(Imported { yaml: formatted(flow.clone()), losses, flow })
}

/// A text in its canonical layout, if it has one.
fn formatted(text: String) -> String {
    match actra_syntax::format::format(actra_diagnostics::FileId(0), &text, &mut Vec::new()) {
        Some(Formatted::Text(formatted)) => formatted,
        _ => text,
    }
}

fn json_schema<'d>(
    importer: &mut Importer<'d>,
    document: &'d RawValue,
    name: &str,
) -> Result<(), ImportError> {
    let RawValue::Map(members) = document else {
        let message = format!(
            "a JSON Schema of an action must be an object, but this is {}",
            described::described(document)
        );
        return Err(ImportError::WrongKind(message));
    };
    let text = |key: &str| match members.get(key) {
        Some(RawValue::String(text)) if !text.trim().is_empty() => Some(text.as_str()),
        _ => None,
    };
    let own = text("title").or_else(|| text("$id")).unwrap_or(name).to_owned();
    let description = importer.description_of(document);
    importer.enter_tool(description.text());
    let fields = importer.arguments(document, "").map_err(|why| {
        ImportError::WrongKind(format!(
            "the arguments that this JSON Schema describes cannot be declared: {why}"
        ))
    })?;
    importer.action(&own, description, fields, "");
    Ok(())
}
