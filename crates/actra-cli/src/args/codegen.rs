//! The arguments of `codegen`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::VerbosityArguments;

/// Print the types of a policy set's schema in another language, so that editors complete calls and checkers check
/// them.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  actra codegen python policies/payments -o payments_types.py")]
pub(crate) struct CodegenArguments {
    /// The language of the types that are written.
    #[arg(value_enum)]
    pub(crate) language: Language,
    /// The policy directory, a compiled policy, or `git:REV:PATH`.
    pub(crate) set: PathBuf,
    /// The file to write instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// A language that types are written in.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Language {
    /// A module of `TypedDict`s, for Python 3.9 and later
    Python,
}
