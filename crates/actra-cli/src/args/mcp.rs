//! The arguments of `mcp`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Put a policy in front of servers of the Model Context Protocol (MCP).
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct McpArguments {
    #[command(subcommand)]
    pub(crate) command: McpCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// Start a server and decide each call of its tools before the server sees it.
    Run(RunArguments),
    /// Write down what the tools of a server are, so that one that changes is blocked.
    Lock(LockArguments),
}

const RUN_EXAMPLE: &str =
    "Example:\n  actra mcp run policies/payments --events events.jsonl -- ./payments-server --stdio";

const EXAMPLES: &str = "Examples:\n  actra mcp lock policies/payments -- ./payments-server --stdio\n  actra mcp run policies/payments --events events.jsonl -- ./payments-server --stdio";

/// Write down what the tools of a server are, so that one that changes is blocked.
///
/// Starts the server, asks it for its tools, and writes their definitions with a hash each. `actra mcp run` then
/// neither lists nor calls a tool that is not as it was locked. Says what differs from the lock that was there, and what
/// in the descriptions is made for a model rather than for people.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  actra mcp lock policies/payments -- ./payments-server --stdio")]
pub(crate) struct LockArguments {
    /// The policy directory, in which the lock is `mcp.lock`. If it has no schema, one is written from the tools; if it
    /// has, what is new since the lock before is added.
    pub(crate) set: PathBuf,
    /// Another file for the lock.
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,
    /// Change nothing; exit with 1 if the tools are not as they were locked.
    #[arg(long)]
    pub(crate) check: bool,
    /// The server, with its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) server: Vec<OsString>,
}

/// Start a server and decide each call of its tools before the server sees it.
///
/// A client starts this command in the place of the server. An action of the policy has the name of a tool; a tool
/// that the policy does not know is blocked. Each decision is written as an event before the call goes on. The policy
/// is read again when it changes; a set that does not compile leaves the previous one in force.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLE)]
pub(crate) struct RunArguments {
    /// The policy: a directory, or a compiled file.
    pub(crate) set: PathBuf,
    /// Who acts: a JSON object, or `@FILE`.
    #[arg(long, value_name = "JSON|@FILE")]
    pub(crate) actor: Option<String>,
    /// Facts that do not change while the gateway runs: a JSON object, or `@FILE`.
    #[arg(long, value_name = "JSON|@FILE")]
    pub(crate) snapshot: Option<String>,
    /// The file that events are appended to, one JSON object a line; standard error if it is left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// The SQLite file in which requests for approval wait, for `actra approvals`; it is made if it is missing.
    #[arg(long, value_name = "FILE")]
    pub(crate) approvals: Option<PathBuf>,
    /// The person who uses the client: where the client can ask, this person may approve what no rule reserves for
    /// somebody else.
    #[arg(long, value_name = "NAME", value_parser = super::approvals::name)]
    pub(crate) user: Option<String>,
    /// The lock of the server's tools, from `actra mcp lock`; `mcp.lock` of the policy directory if it is there.
    #[arg(long, value_name = "FILE")]
    pub(crate) lock: Option<PathBuf>,
    /// Only write events of what would be refused, and refuse no call.
    #[arg(long)]
    pub(crate) audit: bool,
    /// Let a method pass undecided that the spoken revision of the protocol does not have.
    #[arg(long, value_name = "METHOD")]
    pub(crate) pass: Vec<String>,
    /// The server, with its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) server: Vec<OsString>,
}
