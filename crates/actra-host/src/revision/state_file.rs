//! The file that records which revision was accepted last, so that this outlasts the process.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::Duration;

use actra_engine::model::RawValue;
use actra_wire::json_reader::parse_value;

use super::{Accepted, RevisionError, RevisionOrigin};

const SCHEMA: &str = "actra/policy-state/v1";
/// More bytes than a state file ever has.
const MAX_BYTES: u64 = 1 << 12;
/// How often the lock is tried while another process holds it, and the pause between two attempts.
#[cfg(unix)]
const LOCK_ATTEMPTS: u32 = 100;
#[cfg(unix)]
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Compares a policy with what the file records, and records it before it is put in force.
pub(super) fn accept(file: &Path, policy: &Path, candidate: &Accepted) -> Result<(), RevisionError> {
    let failed = |reason: String| RevisionError::State { path: file.to_owned(), reason };
    let state = StateFile::new(file, policy).map_err(failed)?;
    // INVARIANT (never back): what is read is what is replaced, since no other process writes in between.
    let _lock = state.lock().map_err(failed)?;
    let last = state.read().map_err(failed)?;
    candidate.may_follow(last.as_ref(), || RevisionOrigin::State(file.to_owned()))?;
    if last.as_ref() != Some(candidate) {
        state.write(candidate).map_err(|error| failed(format!("cannot be written: {error}")))?;
    }
    Ok(())
}

struct StateFile {
    directory: PathBuf,
    file: PathBuf,
    /// What is renamed to the file. A process that was killed may have left it behind.
    temporary: PathBuf,
}

impl StateFile {
    fn new(file: &Path, policy: &Path) -> Result<Self, String> {
        let name = file.file_name().ok_or("has no name")?.to_string_lossy();
        let directory =
            existing_parent(file).map_err(|error| format!("has no directory that can be used: {error}"))?;
        // The policy may be a link, and whoever writes either directory decides what is read.
        let resolved = fs::canonicalize(policy).unwrap_or_else(|_| policy.to_owned());
        for delivered in [parent(policy), parent(&resolved)] {
            let delivered = delivered.map_err(|error| {
                format!("cannot be checked to lie outside of the policy's directory: {error}")
            })?;
            if directory.starts_with(&delivered) {
                return Err(format!(
                    "lies in the directory `{}` that the policy is delivered to, so whoever delivers it could put an old one \
                     back: keep it elsewhere",
                    delivered.display()
                ));
            }
        }
        let temporary = directory.join(format!(".{name}.new"));
        Ok(Self { file: directory.join(name.as_ref()), temporary, directory })
    }

    /// What was accepted last; `None` only if nothing at all is there.
    fn read(&self) -> Result<Option<Accepted>, String> {
        match fs::symlink_metadata(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot be read: {error}")),
            Ok(found) if !found.is_file() => return Err("is not a file".to_owned()),
            Ok(_) => {}
        }
        let mut bytes = Vec::new();
        let read = File::open(&self.file).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
        read.map_err(|error| format!("cannot be read: {error}"))?;
        let damaged = "is damaged; if you know which revision was accepted last, delete it and demand that one with \
                       `min_revision`";
        parse(&bytes).map(Some).ok_or_else(|| damaged.to_owned())
    }

    /// Writes all of it or nothing, and to the disk before anybody relies on it.
    fn write(&self, accepted: &Accepted) -> io::Result<()> {
        let Accepted { revision, policy } = accepted;
        let text =
            format!("{{\"schema\":\"{SCHEMA}\",\"revision\":{revision},\"policy_hash\":\"{policy}\"}}\n");
        match fs::remove_file(&self.temporary) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options().write(true).create_new(true).open(&self.temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&self.temporary, &self.file)?;
        #[cfg(unix)]
        File::open(&self.directory)?.sync_all()?;
        Ok(())
    }

    /// Keeps other processes out until the returned file is dropped. On systems without such locks, processes that
    /// share the state file must not load new policies at the same moment.
    #[cfg(unix)]
    fn lock(&self) -> Result<File, String> {
        use rustix::fs::{FlockOperation, flock};
        let directory = File::open(&self.directory)
            .map_err(|error| format!("is in a directory that cannot be read: {error}"))?;
        for _ in 0..LOCK_ATTEMPTS {
            match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(directory),
                Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_PAUSE),
                Err(error) => return Err(format!("is in a directory that cannot be locked: {error}")),
            }
        }
        Err("is in a directory that another process keeps locked".to_owned())
    }

    #[cfg(not(unix))]
    fn lock(&self) -> Result<(), String> {
        Ok(())
    }
}

fn existing_parent(path: &Path) -> io::Result<PathBuf> {
    let directory = parent(path)?;
    if directory.is_dir() { Ok(directory) } else { Err(io::Error::other("it is not a directory")) }
}

/// The directory that a path lies in, links resolved.
fn parent(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    fs::canonicalize(path.parent().ok_or_else(|| io::Error::other("there is no such directory"))?)
}

/// What [`StateFile::write`] wrote; `None` for anything else.
fn parse(bytes: &[u8]) -> Option<Accepted> {
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
    is_whole.then_some(Accepted { revision, policy })
}
