//! Approvals in a file that several processes share, and to which the worst happens while it is in use.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![cfg(unix)]

#[path = "approvals/changed.rs"]
mod changed;
#[path = "approvals/child.rs"]
mod child;
#[path = "approvals/ground.rs"]
mod ground;
#[path = "approvals/processes.rs"]
mod processes;
#[path = "approvals/stopped.rs"]
mod stopped;
