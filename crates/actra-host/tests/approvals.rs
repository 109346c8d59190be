//! Approvals in a file that several processes share, and to which the worst happens while it is in use.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should fail")]
#![cfg(unix)]

#[path = "approvals/changed.rs"]
mod changed;
#[path = "approvals/child.rs"]
mod child;
#[path = "approvals/clock.rs"]
mod clock;
#[path = "approvals/ground.rs"]
mod ground;
#[path = "approvals/limits.rs"]
mod limits;
#[path = "approvals/processes.rs"]
mod processes;
#[path = "approvals/removed.rs"]
mod removed;
#[path = "approvals/stopped.rs"]
mod stopped;
