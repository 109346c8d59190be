//! Files and standard input that commands read.

mod json_lines;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use actra_engine::model::limits;

use crate::exit::Exit;
use crate::output::printable;
pub(crate) use json_lines::reject_multiline_json;

/// The longest key that is read.
const MAX_KEY_BYTES: usize = 1 << 20;

/// A file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, Exit> {
    if is_stdin(path) {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    Ok(Box::new(file))
}

/// The text of a file, or of standard input for `-`, that is no larger than a policy set may be.
pub(crate) fn read_text(path: &Path) -> Result<String, Exit> {
    let failed = |error: io::Error| cannot_read(path, &error);
    if !is_stdin(path) {
        return actra_host::read_text(path).map_err(failed);
    }
    let mut text = String::new();
    // One byte more than a file may have shows that it is too much.
    let limit = limits::SET_BYTES as u64 + 1;
    io::stdin().lock().take(limit).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// The text of a key.
pub(crate) fn read_key(path: &Path) -> Result<String, Exit> {
    let bytes = actra_host::read_bytes(path, MAX_KEY_BYTES).map_err(|error| unusable(path, &error))?;
    String::from_utf8(bytes).map_err(|_| unusable(path, &"it is not text"))
}

pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

pub(crate) fn cannot_read(path: &Path, error: &io::Error) -> Exit {
    Exit::Usage(format!("cannot read `{}`: {error}", printable(path.display())))
}

/// The error for a file with something wrong in it.
pub(crate) fn unusable(path: &Path, error: &dyn Display) -> Exit {
    Exit::Usage(format!("`{}`: {error}", printable(path.display())))
}
