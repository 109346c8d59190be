//! The file that says which revision was taken last, so that it outlasts the process.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::Duration;

use actra_engine::model::RawValue;
use actra_wire::json::parse_value;

use super::{RevisionError, Taken, Whence};

const SCHEMA: &str = "actra/policy-state/v1";
/// More than such a file ever has.
const MOST_BYTES: u64 = 1 << 12;
/// How often another process is waited for that writes its own, and how long each time.
#[cfg(unix)]
const TRIES: (u32, Duration) = (100, Duration::from_millis(20));

/// Compares a policy with what the file says, and writes it down before it is put in force.
pub(super) fn take(file: &Path, policy: &Path, found: &Taken) -> Result<(), RevisionError> {
    let wrong = |reason: String| RevisionError::State { path: file.to_owned(), reason };
    let place = Place::of(file, policy).map_err(wrong)?;
    // INVARIANT (never back): what is read is what is replaced, since no other process writes in between.
    let _locked = place.lock().map_err(wrong)?;
    let before = place.read().map_err(wrong)?;
    found.follows(before.as_ref(), || Whence::State(file.to_owned()))?;
    if before.as_ref() != Some(found) {
        place.write(found).map_err(|error| wrong(format!("cannot be written: {error}")))?;
    }
    Ok(())
}

struct Place {
    folder: PathBuf,
    file: PathBuf,
    /// What becomes the file; a process that was ended may have left it behind.
    new: PathBuf,
}

impl Place {
    fn of(file: &Path, policy: &Path) -> Result<Self, String> {
        let name = file.file_name().ok_or("has no name")?.to_string_lossy();
        let folder = folder(file).map_err(|error| format!("has no folder that can be used: {error}"))?;
        // The policy may be a link, and whoever writes either folder decides what is read.
        let resolved = fs::canonicalize(policy).unwrap_or_else(|_| policy.to_owned());
        for delivered in [folder_of(policy), folder_of(&resolved)] {
            let delivered = delivered.map_err(|error| format!("cannot be told from the policy: {error}"))?;
            if folder.starts_with(&delivered) {
                return Err(format!(
                    "lies in the folder `{}` that the policy is delivered to, and who delivers could put an old one \
                     back: keep it elsewhere",
                    delivered.display()
                ));
            }
        }
        let new = folder.join(format!(".{name}.new"));
        Ok(Self { file: folder.join(name.as_ref()), new, folder })
    }

    /// What was taken last; `None` only if nothing at all is there.
    fn read(&self) -> Result<Option<Taken>, String> {
        match fs::symlink_metadata(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot be read: {error}")),
            Ok(found) if !found.is_file() => return Err("is no file".to_owned()),
            Ok(_) => {}
        }
        let mut bytes = Vec::new();
        let read = File::open(&self.file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
        read.map_err(|error| format!("cannot be read: {error}"))?;
        let damaged = "is damaged; if you know which revision was taken last, delete it and demand that one with \
                       `min_revision`";
        parse(&bytes).map(Some).ok_or_else(|| damaged.to_owned())
    }

    /// All of it or nothing, and for good before anybody relies on it.
    fn write(&self, taken: &Taken) -> io::Result<()> {
        let Taken { revision, policy } = taken;
        let text =
            format!("{{\"schema\":\"{SCHEMA}\",\"revision\":{revision},\"policy_hash\":\"{policy}\"}}\n");
        match fs::remove_file(&self.new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options().write(true).create_new(true).open(&self.new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&self.new, &self.file)?;
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    /// Keeps other processes out, until what is given back is dropped. Where the system has no such locks, processes that
    /// share the file must not load new policies at the same moment.
    #[cfg(unix)]
    fn lock(&self) -> Result<File, String> {
        use rustix::fs::{FlockOperation, flock};
        let folder =
            File::open(&self.folder).map_err(|error| format!("has a folder that cannot be read: {error}"))?;
        for _ in 0..TRIES.0 {
            match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(folder),
                Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(TRIES.1),
                Err(error) => return Err(format!("has a folder that cannot be locked: {error}")),
            }
        }
        Err("has a folder that another process keeps locked".to_owned())
    }

    #[cfg(not(unix))]
    fn lock(&self) -> Result<(), String> {
        Ok(())
    }
}

fn folder(path: &Path) -> io::Result<PathBuf> {
    folder_of(path).and_then(|folder| match folder.is_dir() {
        true => Ok(folder),
        false => Err(io::Error::other("it is no folder")),
    })
}

/// The folder that something lies in, links resolved.
fn folder_of(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    fs::canonicalize(path.parent().ok_or_else(|| io::Error::other("there is none"))?)
}

/// Only what was written, and all of it.
fn parse(bytes: &[u8]) -> Option<Taken> {
    let RawValue::Map(members) = parse_value(bytes).ok()? else { return None };
    let text = |name: &str| match members.get(name)? {
        RawValue::String(text) => Some(text.clone()),
        _ => None,
    };
    let revision = match members.get("revision")? {
        RawValue::Number(number) => number.to_string().parse().ok()?,
        _ => return None,
    };
    let policy = text("policy_hash")?;
    let digits = policy.strip_prefix("sha256:")?;
    let is_hash = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_whole = members.len() == 3 && is_hash && text("schema")? == SCHEMA;
    is_whole.then_some(Taken { revision, policy })
}
