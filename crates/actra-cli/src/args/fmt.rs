//! The arguments of `fmt`.

use std::path::PathBuf;

use clap::Args;

use super::VerbosityArguments;

/// Format policy files; comments and the author's choice of notation stay.
///
/// In a directory, every `.yaml` file below it is formatted.
/// A file that cannot be read as YAML is reported and left as it is.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  actra fmt policies/payments\n  actra fmt policies --check\n  actra fmt policies/payments --expressions"
)]
pub(crate) struct FmtArguments {
    /// Files and directories; the working directory, if that is a policy set and nothing is named.
    pub(crate) paths: Vec<PathBuf>,
    /// Write nothing; list the files that differ from their layout, and exit with 1 if there are any.
    #[arg(long)]
    pub(crate) check: bool,
    /// Rewrite structured conditions as expressions; takes policy sets, and keeps their hash.
    #[arg(long, conflicts_with = "structured")]
    pub(crate) expressions: bool,
    /// Rewrite expressions as structured conditions, where that form exists; takes policy sets, and keeps their hash.
    #[arg(long)]
    pub(crate) structured: bool,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}
