//! The arguments of `approvals`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

/// Show the approval requests that wait in a store, and answer them.
///
/// The store is the file in which a service keeps its approvals; this command never creates it. Exits with 1 if a
/// request cannot be answered: it has expired, was answered before, or is one's own.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  actra approvals list --store approvals.db\n  actra approvals show 5f2c9a1be07d4c36a8e1f0b2c3d4e5f6 --store approvals.db\n  actra approvals grant 5f2c9a1be07d4c36a8e1f0b2c3d4e5f6 --store approvals.db --by ana"
)]
pub(crate) struct ApprovalsArguments {
    #[command(subcommand)]
    pub(crate) command: ApprovalsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// List the requests that wait, oldest first.
    List(StoreArguments),
    /// Show all that may be seen of one request: what it is about, what was said to it.
    Show(ShowArguments),
    /// Let what a request is about be done, once, until it expires.
    Grant(AnswerArguments),
    /// Say no to a request.
    Deny(DenyArguments),
}

#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    /// The SQLite file in which approvals are kept.
    #[arg(long, value_name = "FILE")]
    pub(crate) store: PathBuf,
    /// How to answer: a text to read, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The id of the request, as `list` shows it.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
}

#[derive(Debug, Args)]
pub(crate) struct AnswerArguments {
    /// The id of the request, as `list` shows it.
    pub(crate) id: String,
    /// Who answers: it is written down, and cannot be the one who asks.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub(crate) by: String,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
}

#[derive(Debug, Args)]
pub(crate) struct DenyArguments {
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
    /// Why, for those who asked.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

pub(super) fn name(text: &str) -> Result<String, String> {
    match actra_runtime::approval::is_name(text) {
        true => Ok(text.to_owned()),
        false => Err("it says who answers, so it cannot be empty".to_owned()),
    }
}
