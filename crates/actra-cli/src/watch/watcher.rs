//! Waiting for changes of a directory, on top of the notifications of the file system.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::sleep;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::exit::Exit;
use crate::output::printable;

/// How long nothing must happen before the files are read, since saving may take several steps.
const QUIET_PERIOD: Duration = Duration::from_millis(50);
/// How long such a quiet period is waited for.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// How often a directory that is gone is looked for.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);
/// How often it is checked whether the directory was replaced, of which there may be no notification.
const IDENTITY_INTERVAL: Duration = Duration::from_secs(1);

/// Waits for changes below a directory, which may go and come back.
pub(crate) struct DirectoryWatcher {
    directory: PathBuf,
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    /// Which directory is watched at the path; `None` if it is gone.
    identity: Option<Identity>,
}

impl DirectoryWatcher {
    pub(crate) fn new(directory: &Path) -> Result<Self, Exit> {
        let identity = identity(directory);
        if identity.is_none() {
            let shown = printable(directory.display());
            let error = match directory.exists() {
                true => format!(
                    "`{shown}` is not a policy directory; name the directory that holds `schema.yaml`"
                ),
                false => format!("there is no policy directory `{shown}`"),
            };
            return Err(Exit::Usage(error));
        }
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(sender).map_err(|error| watch_failed(directory, &error))?;
        let mut watcher = Self { directory: directory.to_owned(), watcher, events, identity };
        watcher.watch()?;
        Ok(watcher)
    }

    /// Returns once something has changed and seems to be complete. Contents may still be the same.
    pub(crate) fn wait(&mut self) -> Result<(), Exit> {
        loop {
            match self.events.recv_timeout(IDENTITY_INTERVAL) {
                Ok(Ok(event)) if is_change(&event) => break,
                Err(RecvTimeoutError::Timeout) if identity(&self.directory) != self.identity => break,
                Ok(Ok(_)) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Err(error)) => return Err(watch_failed(&self.directory, &error)),
                Err(RecvTimeoutError::Disconnected) => return Err(watch_ended(&self.directory)),
            }
        }
        self.wait_for_quiet()?;
        while identity(&self.directory).is_none() {
            sleep(RETRY_INTERVAL);
        }
        // New directories, and another directory of the same name, are watched from here on.
        let _ = self.watcher.unwatch(&self.directory);
        self.watch()
    }

    /// Waits until nothing has changed for a moment.
    fn wait_for_quiet(&mut self) -> Result<(), Exit> {
        let start = Instant::now();
        let mut last = start;
        while start.elapsed() < MAX_WAIT && last.elapsed() < QUIET_PERIOD {
            match self.events.recv_timeout(QUIET_PERIOD.saturating_sub(last.elapsed())) {
                Ok(Ok(event)) if is_change(&event) => last = Instant::now(),
                Ok(Ok(_)) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Err(error)) => return Err(watch_failed(&self.directory, &error)),
                Err(RecvTimeoutError::Disconnected) => return Err(watch_ended(&self.directory)),
            }
        }
        Ok(())
    }

    /// Watches the directory that is there now.
    fn watch(&mut self) -> Result<(), Exit> {
        let start = Instant::now();
        loop {
            self.identity = identity(&self.directory);
            match self.watcher.watch(&self.directory, RecursiveMode::Recursive) {
                Ok(()) => return Ok(()),
                // Something may have gone while it was listed.
                Err(_) if start.elapsed() < MAX_WAIT => sleep(RETRY_INTERVAL),
                Err(error) => return Err(watch_failed(&self.directory, &error)),
            }
        }
    }
}

/// Whether an event is more than the reading of files, which we do ourselves.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(access) => matches!(access, AccessKind::Close(AccessMode::Write)),
        _ => true,
    }
}

fn watch_failed(directory: &Path, error: &notify::Error) -> Exit {
    Exit::Failure(format!("cannot watch `{}`: {error}", printable(directory.display())))
}

fn watch_ended(directory: &Path) -> Exit {
    Exit::Failure(format!("cannot watch `{}` any longer", printable(directory.display())))
}

/// Device and inode, which tell a directory from another one at the same path.
type Identity = (u64, u64);

/// `None` if there is no such directory.
#[cfg(unix)]
fn identity(directory: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(directory).ok().filter(fs::Metadata::is_dir)?;
    Some((metadata.dev(), metadata.ino()))
}

/// `None` if there is no such directory.
#[cfg(not(unix))]
fn identity(directory: &Path) -> Option<Identity> {
    fs::metadata(directory).ok().filter(fs::Metadata::is_dir).map(|_| (0, 0))
}
