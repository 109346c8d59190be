//! The `actra` command from outside: arguments, exit codes, output, and files that are not what they should be.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

#[path = "cli/check.rs"]
mod check;
#[path = "cli/decide.rs"]
mod decide;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/folder.rs"]
mod folder;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/test.rs"]
mod test;
#[path = "cli/usage.rs"]
mod usage;
