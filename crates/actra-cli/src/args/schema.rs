//! The arguments of `schema` and `schema import`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Format, VerbosityArguments};

/// Print the JSON Schema of a kind of policy file, or import a schema from elsewhere.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  actra schema policy > policy.schema.json\n  actra schema policy --for policies/payments > policy.schema.json\n  actra schema import tools.json > schema.yaml"
)]
pub(crate) struct SchemaArguments {
    #[command(subcommand)]
    pub(crate) command: Option<SchemaCommand>,
    /// The kind of file.
    #[arg(value_enum, default_value_t = FileKindArgument::Policy)]
    pub(crate) kind: FileKindArgument,
    /// A policy directory whose actions, groups and fields editors can then complete.
    #[arg(long = "for", value_name = "SET")]
    pub(crate) set: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    Import(ImportArguments),
}

/// Kinds of policy files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileKindArgument {
    /// `schema.yaml`
    Schema,
    /// `policy.yaml` and the files in `policies/`
    Policy,
    /// `governance.yaml`
    Governance,
    /// The files in `tests/`
    Test,
}

/// Import a schema from a list of tools (MCP, OpenAI, Anthropic), a JSON Schema or an OpenAPI document.
///
/// The schema goes to standard output, what has no counterpart to standard error.
/// With `--into`, tools and arguments that are new are added to a schema; what people wrote there stays.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  actra schema import tools.json > schema.yaml\n  actra schema import tools.json --into schema.yaml\n  actra schema import tools.json --into schema.yaml --earlier tools.old.json --check"
)]
pub(crate) struct ImportArguments {
    /// The document, in JSON or YAML; `-` is standard input.
    pub(crate) file: PathBuf,
    /// What it is; told from what stands in it if left out.
    #[arg(long, value_enum)]
    pub(crate) kind: Option<ImportKind>,
    /// Keep `string` for what is a path or a URL by its name and description only.
    #[arg(long)]
    pub(crate) plain_strings: bool,
    /// Leave a tool out; may be repeated. Calls of it are blocked, since it is not declared.
    #[arg(long, value_name = "NAME")]
    pub(crate) without: Vec<String>,
    /// Add what is new to this schema instead, and report what changed and what is gone.
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) into: Option<PathBuf>,
    /// The list that the schema came from: what the server changed is then told from what people edited.
    #[arg(long, value_name = "FILE", requires = "into")]
    pub(crate) earlier: Option<PathBuf>,
    /// Take out tools and arguments that are gone, instead of marking them with a comment.
    #[arg(long, requires = "into")]
    pub(crate) prune: bool,
    /// Change nothing; exit with 1 if the list and the schema differ.
    #[arg(long, requires = "into")]
    pub(crate) check: bool,
    /// How to report: a text to read, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportKind {
    /// One schema of an object is one action.
    JsonSchema,
    /// The result of `tools/list`.
    Mcp,
    /// Functions of a request to OpenAI, flat or below `function`.
    #[value(name = "openai")]
    OpenAi,
    /// Tools of a request to Anthropic.
    Anthropic,
    /// OpenAPI 3.0 or 3.1.
    #[value(name = "openapi")]
    OpenApi,
}
