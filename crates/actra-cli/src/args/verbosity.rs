//! `--all`, which most commands take.

use actra_engine::diagnostics::Verbosity;
use clap::Args;

/// How much people are shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct VerbosityArgs {
    /// Show everything, not only the first few of what is alike.
    #[arg(long)]
    pub(crate) all: bool,
}

impl VerbosityArgs {
    pub(crate) fn level(self) -> Verbosity {
        if self.all { Verbosity::All } else { Verbosity::Few("`--all` shows them") }
    }
}
