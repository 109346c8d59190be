//! Times as Python counts them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970; zero for a time before that.
pub(crate) fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
