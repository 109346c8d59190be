//! Single files that a tool reads, writes and replaces.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use actra_engine::model::limits;

/// The file itself, or the `.yaml` files below a directory, sorted; hidden ones and links to directories are left out.
pub fn yaml_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot read `{}`: {error}", path.display()));
    if !fs::metadata(path).map_err(named)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut directories = vec![path.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).map_err(named)? {
            let entry = entry.map_err(named)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let (kind, path) = (entry.file_type().map_err(named)?, entry.path());
            if kind.is_dir() && !hidden {
                directories.push(path);
            } else if !hidden && path.extension().is_some_and(|ending| ending == "yaml") && !path.is_dir() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The text of a file that is no larger than a policy set may be.
pub fn read_text(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut text = String::new();
    file.take(limits::SET_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > limits::SET_BYTES {
        return Err(io::Error::other("it is larger than a policy set may be"));
    }
    Ok(text)
}

/// The bytes of a file, a pipe or a device; an error if there are more than `limit`.
pub fn read_bytes(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() > limit {
        true => Err(io::Error::other(format!("it is longer than {limit} bytes"))),
        false => Ok(bytes),
    }
}

/// Replaces a file atomically: readers find the old text or the new one, and a failure leaves the old one.
///
/// Links are followed and permissions are kept.
pub fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    write_atomically(&target, |file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::metadata(&target)?.permissions())
    })
}

/// Writes a file atomically, whether or not it exists: readers find all of it, or what was there before.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    write_atomically(&target, |file| file.write_all(bytes))
}

/// Writes a temporary file in the directory of the target and renames it.
fn write_atomically(target: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let name = target.file_name().ok_or_else(|| io::Error::other("it has no name"))?.to_string_lossy();
    let temporary = target.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let create = || {
        let mut file = File::options().write(true).create_new(true).open(&temporary)?;
        write(&mut file)?;
        file.sync_all()
    };
    let written = create().and_then(|()| fs::rename(&temporary, target));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_and_replaced() {
        let root = std::env::temp_dir().join(format!("actra-text-{}", std::process::id()));
        fs::create_dir_all(root.join("a/.hidden")).unwrap();
        for file in ["b.yaml", "a/c.yaml", "a/d.yml", "a/.hidden/e.yaml"] {
            fs::write(root.join(file), "old").unwrap();
        }
        assert_eq!(yaml_files(&root).unwrap(), [root.join("a/c.yaml"), root.join("b.yaml")]);
        assert_eq!(yaml_files(&root.join("a/d.yml")).unwrap(), [root.join("a/d.yml")]);
        assert!(yaml_files(&root.join("nothing")).is_err());
        replace_file(&root.join("b.yaml"), "new").unwrap();
        assert_eq!(read_text(&root.join("b.yaml")).unwrap(), "new");
        assert!(read_text(&root).is_err());
        assert_eq!(fs::read_dir(&root).unwrap().count(), 2);
        fs::remove_dir_all(&root).unwrap();
    }
}
