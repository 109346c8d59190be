//! Text files that a tool reads and replaces.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use actra_engine::model::limits;

/// A file, or the `.yaml` files below a directory, sorted; what is hidden and links to directories are left out.
pub fn yaml_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot read `{}`: {error}", path.display()));
    if !fs::metadata(path).map_err(named)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(named)? {
            let entry = entry.map_err(named)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let (kind, path) = (entry.file_type().map_err(named)?, entry.path());
            if kind.is_dir() && !hidden {
                folders.push(path);
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
        return Err(io::Error::other("it is no file"));
    }
    let mut text = String::new();
    file.take(limits::SET_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > limits::SET_BYTES {
        return Err(io::Error::other("it is larger than a policy set may be"));
    }
    Ok(text)
}

/// The bytes of a file, a pipe or a device, which are at most so many.
pub fn read_bytes(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() > most {
        true => Err(io::Error::other(format!("it is longer than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// Replaces a file at once: whoever reads it finds the old text or the new one, and a failure leaves the old one.
///
/// Links are followed and rights are kept.
pub fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path)?;
    let name = target.file_name().ok_or_else(|| io::Error::other("it has no name"))?.to_string_lossy();
    let new = target.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = write_new(&new, text, &fs::metadata(&target)?).and_then(|()| fs::rename(&new, &target));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// Writes a file at once, be it new or there: whoever reads it finds all of it, or what was there before.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = target.file_name().ok_or_else(|| io::Error::other("it has no name"))?.to_string_lossy();
    let new = target.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let write = || {
        let mut file = File::options().write(true).create_new(true).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    let written = write().and_then(|()| fs::rename(&new, &target));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn write_new(path: &Path, text: &str, like: &fs::Metadata) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(like.permissions())?;
    file.sync_all()
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
