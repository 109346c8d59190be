//! What the command line takes: one type for each command.

mod analysis;
mod approvals;
mod bench;
mod bundle;
mod codegen;
mod fmt;
mod init;
mod manual;
mod mcp;
mod schema;
mod verbosity;
mod watch;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use analysis::{CanArguments, DiffArguments, FailOn, ProveArguments, ReportFormat};
pub(crate) use approvals::{AnswerArguments, ApprovalsArguments, ApprovalsCommand, StoreArguments};
pub(crate) use bench::BenchArguments;
pub(crate) use bundle::{CompileArguments, VerifyArguments};
pub(crate) use codegen::{CodegenArguments, Language};
pub(crate) use fmt::FmtArguments;
pub(crate) use init::{InitArguments, Kind};
pub(crate) use manual::{CompletionsArguments, ManArguments};
pub(crate) use mcp::{LockArguments, McpArguments, McpCommand, RunArguments};
pub(crate) use schema::{FileKindArgument, ImportArguments, ImportKind, SchemaArguments, SchemaCommand};
pub(crate) use verbosity::VerbosityArguments;
pub(crate) use watch::WatchArguments;

/// Decide what agents and services may do, by policies that can be explained.
///
/// Exit codes: 0 fine, 1 the answer is no, 2 the input is wrong, 3 the tool failed.
#[derive(Debug, Parser)]
#[command(
    name = "actra",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Example:\n  actra init my-policies && actra check my-policies"
)]
pub(crate) struct CommandLine {
    /// When to color messages; `auto` means on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, display_order = 900)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(InitArguments),
    Check(CheckArguments),
    Decide(DecideArguments),
    Explain(ExplainArguments),
    Prove(ProveArguments),
    Diff(DiffArguments),
    Can(CanArguments),
    Test(TestArguments),
    Fmt(FmtArguments),
    Schema(SchemaArguments),
    Codegen(CodegenArguments),
    Watch(WatchArguments),
    Bench(BenchArguments),
    Hash(HashArguments),
    Compile(CompileArguments),
    Verify(VerifyArguments),
    Approvals(ApprovalsArguments),
    Mcp(McpArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}

/// Compile a policy set and report everything that is wrong with it.
///
/// Exits with 1 if a set is refused. The human format shows only the first few of similar problems, with a count;
/// JSON and SARIF hold all of them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  actra check\n  actra check policies/payments --deny-warnings")]
pub(crate) struct CheckArguments {
    /// Policy directories, or `git:REV:PATH`; one after another.
    #[arg(value_name = "SET", default_value = ".")]
    pub(crate) sets: Vec<PathBuf>,
    /// For whom to report: people, programs, or continuous integration.
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,
    /// Look at all requests, too: report rules that never match, always match or never matter.
    #[arg(long)]
    pub(crate) proofs: bool,
    /// Refuse the set if there are warnings, too.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// Decide requests, one JSON object a line, in order.
///
/// Exits with 2 if a line was not a request, otherwise with 1 if a decision was not `allow`.
/// A line that is not a request is answered with a block; blank lines are skipped.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  actra decide policies/payments --input requests.jsonl --format json")]
pub(crate) struct DecideArguments {
    /// The policy directory, a compiled policy, or `git:REV:PATH`.
    pub(crate) set: PathBuf,
    /// The requests as JSON Lines; `-` is standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) input: PathBuf,
    /// Threads that decide; the output is the same for any number.
    #[arg(long, value_name = "N", default_value = "1", value_parser = jobs)]
    pub(crate) jobs: NonZeroUsize,
    /// Go through all rules instead of looking them up: the same decisions, more slowly.
    #[arg(long, hide = true)]
    pub(crate) no_index: bool,
    /// How to answer: a line to read, or the decision as JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// Explain a decision rule by rule, how rules are found, or a diagnostic code.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  actra explain policies/payments --request request.json\n  actra explain policies/payments --plan\n  actra explain E0103"
)]
pub(crate) struct ExplainArguments {
    /// The policy directory, a compiled policy or `git:REV:PATH`; or a code such as E0103.
    #[arg(value_name = "SET|CODE")]
    pub(crate) subject: PathBuf,
    /// The request as one JSON object; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// Explain how each rule is found: by which field, or not at all.
    #[arg(long, conflicts_with = "request")]
    pub(crate) plan: bool,
    /// How to answer: a text to read, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// Print the hash of a policy set: sets with equal hashes decide every request alike.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  actra hash policies/payments")]
pub(crate) struct HashArguments {
    /// The policy directory, a compiled policy, or `git:REV:PATH`.
    pub(crate) set: PathBuf,
    /// How to answer: a text to read, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// When messages are colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Run the tests of a policy set, and measure what they would notice.
///
/// Tests are the cases in `tests/**/*.yaml` of the set.
/// Exits with 1 if a test fails or the mutation score is too low, with 2 if there are no tests.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  actra test policies/payments\n  actra test policies/* --filter refund\n  actra test policies/payments --coverage --mutants --fail-under 95"
)]
pub(crate) struct TestArguments {
    /// Policy directories, or `git:REV:PATH`; one after another.
    #[arg(value_name = "SET", default_value = ".")]
    pub(crate) sets: Vec<PathBuf>,
    /// Count how often each rule and each part of its condition was true, false or undetermined, and show what never
    /// occurred.
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Change the policy in many small ways, and show the changes that no test notices.
    #[arg(long)]
    pub(crate) mutants: bool,
    /// Exit with 1 if tests notice less than this percentage of the changes that make a difference.
    #[arg(long, value_name = "N", requires = "mutants", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) fail_under: Option<u8>,
    /// Write the tests that would notice the other changes into a new file below the set's `tests/`.
    #[arg(long, value_name = "FILE", requires = "mutants")]
    pub(crate) write: Option<PathBuf>,
    /// Only the tests whose name holds this text.
    #[arg(long, value_name = "S")]
    pub(crate) filter: Option<String>,
    /// For whom to report: people, programs, or continuous integration.
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub(crate) format: TestFormat,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

/// For people, for programs, or for continuous integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// Text to read.
    Human,
    /// JSON.
    Json,
    /// JUnit XML: the tests, without coverage and mutants.
    Junit,
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text to read.
    Human,
    /// JSON.
    Json,
}

/// For people, for programs, or for continuous integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// Text to read.
    Human,
    /// JSON.
    Json,
    /// SARIF 2.1.0, which code scanning reads.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// A table in Markdown.
    Markdown,
}

/// More threads than this only cost memory.
const JOBS: usize = 256;

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let jobs = text.parse().ok().filter(|jobs: &NonZeroUsize| jobs.get() <= JOBS);
    jobs.ok_or_else(|| format!("a number from 1 to {JOBS} is expected"))
}
