//! The arguments of `compile` and `verify`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, VerbosityArguments};

/// What every reader of JSON takes for the same number.
const MAX_REVISION: u64 = (1 << 53) - 1;

/// Compile a policy set to one file, which every command takes in place of the directory.
///
/// The file holds everything that decisions read, the hashes of the policy and its governance, and what was proved,
/// but no source text.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  actra compile policies/payments -o payments.actra")]
pub(crate) struct CompileArguments {
    /// The policy directory, a compiled policy, or `git:REV:PATH`.
    pub(crate) set: PathBuf,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Sign with this Ed25519 private key (PEM, PKCS#8).
    #[arg(long, value_name = "KEY")]
    pub(crate) sign: Option<PathBuf>,
    /// Which one it is of the signed policies that follow each other in one place: a host that demands the key takes no
    /// lower one after it, nor another policy of the same.
    #[arg(long, value_name = "N", requires = "sign", value_parser = clap::value_parser!(u64).range(1..=MAX_REVISION))]
    pub(crate) revision: Option<u64>,
    /// How to answer: a text to read, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// Check a compiled policy: that it is intact, who signed it, and under which governance it was compiled.
///
/// Exits with 1 if it is damaged, not signed by the key, of a lower revision, or compiled under another governance.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  actra compile policies/payments -o payments.actra && actra verify payments.actra"
)]
pub(crate) struct VerifyArguments {
    /// The compiled policy.
    pub(crate) file: PathBuf,
    /// Require a signature by this Ed25519 public key (PEM).
    #[arg(long, value_name = "PUB")]
    pub(crate) key: Option<PathBuf>,
    /// Require at least this revision.
    #[arg(long, value_name = "N", requires = "key")]
    pub(crate) min_revision: Option<u64>,
    /// Require that it was compiled under the governance with this hash.
    #[arg(long, value_name = "HASH")]
    pub(crate) governance: Option<String>,
    /// How to answer: a text to read, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}
