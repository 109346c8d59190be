//! Development only: joins the engine with the reference, the conformance corpus and real input.
//!
//! Everything is in `tests/`; this crate has no code of its own besides where things are.

use std::path::PathBuf;

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where the corpora written by others are: `$ACTRA_CORPORA`, by default beside the repository.
/// `None` where there are none.
pub fn corpora() -> Option<PathBuf> {
    let path = std::env::var_os("ACTRA_CORPORA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    path.is_dir().then_some(path)
}
