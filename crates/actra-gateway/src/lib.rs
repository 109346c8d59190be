//! A policy in front of servers of the Model Context Protocol (MCP).
//!
//! A client and a server speak through a [`Session`]. What a policy decides, such as `tools/call`, is decided on the
//! bytes that are passed on, and an event of it is written before they are; all else that the spoken revision of the
//! protocol knows goes through unchanged and in order. What cannot be read in exactly one way is refused, so that the
//! gateway and a server never read different arguments.

mod ambiguity;
mod answer;
mod client_message;
mod elicitation;
mod event_log;
mod frame;
mod gate;
mod held;
mod id;
mod listing;
mod lock;
mod names;
mod outbox;
mod poison;
mod raw_object;
mod revision;
mod server_message;
mod session;
pub mod stdio;
mod tools_list;

pub use event_log::EventLog;
pub use frame::FRAME_BYTES;
pub use gate::{Gate, GateSettings};
pub use lock::{Lock, LockError};
pub use poison::remarks;
pub use revision::Revision;
pub use session::{Delivery, Session};
pub use tools_list::list_tools;
