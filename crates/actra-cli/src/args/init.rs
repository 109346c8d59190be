//! The arguments of `init`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Write a small policy set that works: schema, rules, tests and requests, with comments.
///
/// Never overwrites: a directory that holds more than dot files, such as `.git`, is refused.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  actra init my-policies --kind payments")]
pub(crate) struct InitArguments {
    /// The directory, which is created if it does not exist.
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) directory: PathBuf,
    /// What to start from.
    #[arg(long, value_enum, default_value_t = Kind::Agent)]
    pub(crate) kind: Kind,
}

/// What a new policy set is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Tools of an agent: files, commands, e-mail.
    Agent,
    /// Refunds and payouts.
    Payments,
    /// Deployments to environments.
    Deployments,
}
