//! The baseline of a set: another policy, compiled or as text, that the set must not be weaker than.
//!
//! It may lie in a directory or in a git repository; what is done with its bytes and files is the same and stands here.

use std::path::Path;
use std::sync::Arc;

use actra_engine::{SetFile, ir};
use actra_wire::bundle::{Bundle, is_bundle};

use crate::keys::has_valid_signature;

/// The policy in a compiled baseline, or why it cannot be used.
pub(crate) fn read_compiled(path: &Path) -> Result<Arc<ir::Policy>, String> {
    decode_compiled(&std::fs::read(path).map_err(|error| error.to_string())?)
}

/// The policy in the bytes of a compiled baseline, or why it cannot be used.
pub(crate) fn decode_compiled(bytes: &[u8]) -> Result<Arc<ir::Policy>, String> {
    if !is_bundle(bytes) {
        return Err("it is neither a policy directory nor a compiled policy".to_owned());
    }
    let bundle = Bundle::open(bytes).map_err(|error| error.to_string())?;
    if !has_valid_signature(&bundle) {
        return Err("its signature does not match".to_owned());
    }
    let (policy, _) = bundle.checked().map_err(|error| error.to_string())?;
    Ok(Arc::new(policy))
}

/// The files of a baseline that is text, with paths below `baseline`; or one file that says why there is none.
pub(crate) fn files_below(baseline: &str, read: Result<Vec<SetFile>, String>) -> Vec<SetFile> {
    let missing = |reason: String| vec![SetFile { path: baseline.to_owned(), content: Err(reason) }];
    match read {
        Err(reason) => missing(reason),
        Ok(files) if files.is_empty() => missing("the directory holds no policy".to_owned()),
        Ok(files) => {
            let below = |file: SetFile| SetFile { path: format!("{baseline}/{}", file.path), ..file };
            files.into_iter().map(below).collect()
        }
    }
}
