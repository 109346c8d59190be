//! The arguments of `watch`.

use std::path::PathBuf;

use clap::Args;

use super::VerbosityArguments;

/// Check a policy set and run its tests whenever a file is saved.
///
/// Saving a test runs that test; saving anything else of the set checks it and runs all tests.
/// Reports what got better or worse; press Ctrl-C to stop.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  actra watch policies/payments")]
pub(crate) struct WatchArguments {
    /// The policy directory.
    pub(crate) set: PathBuf,
    /// Check and test once; exit with 2 if the set is refused, else with 1 if a test fails.
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}
