//! `--all`, which most commands take.

use actra_engine::diagnostics::Amount;
use clap::Args;

/// How much people are shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Verbosity {
    /// Show everything, not only the first few of what is alike.
    #[arg(long)]
    pub(crate) all: bool,
}

impl Verbosity {
    pub(crate) fn amount(self) -> Amount {
        if self.all { Amount::All } else { Amount::Few("`--all` shows them") }
    }
}
