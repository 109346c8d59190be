//! The `actra` command from outside: arguments, exit codes, output, and files that are not what they should be.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

#[path = "cli/analysis.rs"]
mod analysis;
#[path = "cli/approvals.rs"]
mod approvals;
#[path = "cli/arguments.rs"]
mod arguments;
#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/bundle.rs"]
mod bundle;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/codegen.rs"]
mod codegen;
#[cfg(unix)]
#[path = "cli/color.rs"]
mod color;
#[path = "cli/commands.rs"]
mod commands;
#[path = "cli/decide.rs"]
mod decide;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/fmt.rs"]
mod fmt;
#[path = "cli/formats.rs"]
mod formats;
#[path = "cli/governance.rs"]
mod governance;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/manual.rs"]
mod manual;
#[path = "cli/mutants.rs"]
mod mutants;
#[path = "cli/pipe.rs"]
mod pipe;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/sets.rs"]
mod sets;
#[path = "cli/snapshots.rs"]
mod snapshots;
#[cfg(unix)]
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/test.rs"]
mod test;
#[path = "cli/test_directory.rs"]
mod test_directory;
#[path = "cli/usage.rs"]
mod usage;
#[path = "cli/volume.rs"]
mod volume;
#[path = "cli/watch.rs"]
mod watch;
#[path = "cli/within.rs"]
mod within;
