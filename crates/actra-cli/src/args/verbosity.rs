//! `--all`, which most commands take.

use actra_engine::diagnostics::Verbosity;
use clap::Args;

/// How much people are shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct VerbosityArguments {
    /// Show everything, not only the first few of similar items.
    #[arg(long)]
    pub(crate) all: bool,
}

impl VerbosityArguments {
    pub(crate) fn level(self) -> Verbosity {
        if self.all { Verbosity::All } else { Verbosity::Few("`--all` shows them") }
    }
}
