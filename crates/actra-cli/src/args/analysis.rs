//! The arguments of `prove`, `diff` and `can`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::VerbosityArguments;

/// Prove a statement about all requests, or refute it with one.
///
/// Exits with 1 if it is refuted, if it can be neither proved nor refuted, or if it covers no request.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  actra prove policies/payments --for action=refund --when snapshot.fraud_flag --effect block\n  actra prove policies/payments --for global=true --effect at_most:block"
)]
pub(crate) struct ProveArguments {
    /// The policy directory, a compiled policy, or `git:REV:PATH`.
    pub(crate) set: PathBuf,
    /// Which requests: keys of a scope, `action`, `group`, `actor`, or `global=true`; a key given twice is a list.
    #[arg(long = "for", value_name = "KEY=VALUE", required = true, num_args = 1.., value_parser = pair)]
    pub(crate) scope: Vec<(String, String)>,
    /// Which of them: a condition, as in rules.
    #[arg(long, value_name = "EXPR")]
    pub(crate) when: Option<String>,
    /// What their outcome must be: an effect, `at_least:EFFECT` or `at_most:EFFECT`.
    #[arg(long, value_name = "EFFECT")]
    pub(crate) effect: String,
    /// For whom to report: people, programs, or a pull request.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE is expected, such as action=refund")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Show which requests a policy change treats differently, each with an example, or prove that there are none.
///
/// Each version is a policy directory or `git:REV:PATH`. Every JSON request is compared, valid under either schema or
/// none, not a sample of them. Exits with 1 if an outcome changed in a way that `--fail-on` names, otherwise with 0.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  actra diff policies/payments policies/payments --fail-on weaker\n  actra diff policies/payments policies/payments --format markdown"
)]
pub(crate) struct DiffArguments {
    /// The policy as it was.
    pub(crate) old: PathBuf,
    /// The policy as it is.
    pub(crate) new: PathBuf,
    /// Exit with 1 if an outcome became weaker, stricter, or either, or if that could not be ruled out.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOn>,
    /// For whom to report: people, programs, or a pull request.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// Show what an actor can do: for each action, always, never, or under which condition.
///
/// Whatever you do not give can have any value: all requests that are valid under the schema count.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  actra can policies/payments\n  actra can policies/payments --actor '{\"id\":\"u-1\",\"role\":\"support\"}'"
)]
pub(crate) struct CanArguments {
    /// The policy directory, a compiled policy, or `git:REV:PATH`.
    pub(crate) set: PathBuf,
    /// The actor as JSON, or a file that holds it.
    #[arg(long, value_name = "JSON|@FILE")]
    pub(crate) actor: Option<String>,
    /// The snapshot as JSON, or a file that holds it.
    #[arg(long, value_name = "JSON|@FILE")]
    pub(crate) snapshot: Option<String>,
    /// Only this action.
    #[arg(long, value_name = "NAME")]
    pub(crate) action: Option<String>,
    /// For whom to report: people, programs, or a pull request.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// What a change must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Some outcome became more permissive.
    Weaker,
    /// Some outcome became less permissive.
    Stricter,
    /// Some outcome changed.
    Any,
}

/// For people, for programs, or for a comment on a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Human,
    Json,
    Markdown,
}
