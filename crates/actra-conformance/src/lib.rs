//! Development only: joins the engine with the reference, the conformance corpus and real input.
//!
//! Everything is in `tests/`; this crate has no code of its own besides where things are.

use std::path::PathBuf;

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The directory of the corpora that others wrote, `$ACTRA_CORPORA`.
///
/// The build script has looked what is in it: tests without their corpus are ignored, and none of them comes here.
pub fn corpora() -> PathBuf {
    let directory = std::env::var_os("ACTRA_CORPORA").filter(|path| !path.is_empty());
    PathBuf::from(directory.unwrap_or_else(|| panic!("ACTRA_CORPORA is not set")))
}
