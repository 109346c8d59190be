//! The I/O half: what the engine must not touch itself.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "sqlite")]
mod approvals;
mod git;
mod keys;
mod lines;
mod open;
mod reload;
mod revision;
mod set;
mod suites;
mod text;

#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use approvals::SqliteStore;
pub use git::{GitError, is_git, read_git_set};
pub use keys::{KeyError, is_signed_by, public_key, sign};
pub use lines::{LineRead, LineReader};
pub use open::{OpenError, open};
pub use reload::{Reload, Reloader, Watched};
pub use revision::{Demand, RevisionError, Whence};
pub use set::{ReadSetError, read_set, read_tests};
pub use suites::{ReadSuitesError, Suites, read_suites};
pub use text::{read_bytes, read_text, replace_file, write_file, yaml_files};
