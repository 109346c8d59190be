//! The arguments of `bench`.

use std::path::PathBuf;

use clap::Args;

use super::{Format, VerbosityArguments};

/// Measure how fast a policy set decides your requests, which rules cost most, and what the index cannot use.
///
/// Decides all requests again and again, from JSON to JSON as `decide --format json` does, in one thread.
/// Exits with 2 if a line was not a request; such lines are measured as well.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  actra bench policies/payments --input requests.jsonl --seconds 1")]
pub(crate) struct BenchArguments {
    /// The policy directory, a compiled policy, or `git:REV:PATH`.
    pub(crate) set: PathBuf,
    /// The requests as JSON Lines; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// How long to measure, without the warm-up.
    #[arg(long, value_name = "S", default_value = "2", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// How to answer: a text to read, or JSON.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArguments,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.01..=3600.0).contains(seconds));
    seconds.ok_or_else(|| "a number from 0.01 to 3600 is expected".to_owned())
}
