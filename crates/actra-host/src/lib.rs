//! The I/O half: what the engine must not touch itself.

mod lines;
mod set;

pub use lines::{LineRead, LineReader};
pub use set::{ReadSetError, read_set, read_tests};
