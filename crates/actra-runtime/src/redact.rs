//! What of a request may be shown, in events, approvals and refusals.

pub use actra_engine::{REDACTED, redact};
