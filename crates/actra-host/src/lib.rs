//! The I/O half: what the engine must not touch itself.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "sqlite")]
mod approvals;
mod baseline;
mod case_files;
mod files;
mod git;
mod keys;
mod line_reader;
mod location;
mod open;
mod policy_directory;
mod reload;
mod revision;
#[cfg(test)]
mod test_directory;

#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use approvals::SqliteStore;
pub use case_files::{CaseFiles, read_case_files, test_file_text};
pub use files::{read_bytes, read_text, replace_file, write_file, yaml_files};
pub use git::{GitError, GitPath, is_git};
pub use keys::{KeyError, has_valid_signature, is_signed_by, public_key, sign};
pub use line_reader::{LineRead, LineReader};
pub use location::{LocationError, SetLocation};
pub use open::{OpenError, PolicySource, open};
pub use policy_directory::{ReadPolicySetError, read_policy_set, read_tests};
pub use reload::{PolledPolicy, Reload, Reloader};
pub use revision::{RevisionError, RevisionOrigin, SignatureRequirements};
