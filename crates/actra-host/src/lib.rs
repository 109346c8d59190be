//! The I/O half: what the engine must not touch itself.

mod lines;
mod set;
mod text;

pub use lines::{LineRead, LineReader};
pub use set::{ReadSetError, read_set, read_tests};
pub use text::{read_text, replace_file, yaml_files};
