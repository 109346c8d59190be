//! The I/O half: what the engine must not touch itself.

mod git;
mod lines;
mod set;
mod text;

pub use git::{GitError, is_git, read_git_set};
pub use lines::{LineRead, LineReader};
pub use set::{ReadSetError, read_set, read_tests};
pub use text::{read_text, replace_file, yaml_files};
