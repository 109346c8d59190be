use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::sleep;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::load::shown;
use crate::status::Stop;

/// Saving may take several steps: this long nothing must happen before the files are read.
const QUIET: Duration = Duration::from_millis(50);
/// And this long at most they are waited for.
const LONGEST: Duration = Duration::from_secs(1);
/// How often the directory is looked for while it is gone, and looked at in case it was replaced unseen.
const GONE: Duration = Duration::from_millis(100);
const REPLACED: Duration = Duration::from_secs(1);

/// Waits for changes below a directory, which may go and come back.
pub(crate) struct Changes {
    directory: PathBuf,
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    /// Which directory is watched.
    identity: Option<Identity>,
}

impl Changes {
    pub(crate) fn of(directory: &Path) -> Result<Self, Stop> {
        let identity = identity(directory);
        if identity.is_none() {
            let shown = shown(directory.display());
            let error = match directory.exists() {
                true => format!("`{shown}` is not a policy directory"),
                false => format!("there is no policy directory `{shown}`"),
            };
            return Err(Stop::Wrong(error));
        }
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(sender).map_err(|error| failed(directory, &error))?;
        let mut changes = Self { directory: directory.to_owned(), watcher, events, identity };
        changes.watch()?;
        Ok(changes)
    }

    /// Returns when something has changed and seems to have come to rest. There may be nothing new.
    pub(crate) fn wait(&mut self) -> Result<(), Stop> {
        loop {
            match self.events.recv_timeout(REPLACED) {
                Ok(Ok(event)) if is_change(&event) => break,
                Err(RecvTimeoutError::Timeout) if identity(&self.directory) != self.identity => break,
                Ok(Ok(_)) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Err(error)) => return Err(failed(&self.directory, &error)),
                Err(RecvTimeoutError::Disconnected) => return Err(ended(&self.directory)),
            }
        }
        self.rest()?;
        while identity(&self.directory).is_none() {
            sleep(GONE);
        }
        // New folders, and another directory of the same name, are watched from here on.
        let _ = self.watcher.unwatch(&self.directory);
        self.watch()
    }

    /// Waits until nothing has changed for a moment.
    fn rest(&mut self) -> Result<(), Stop> {
        let start = Instant::now();
        let mut last = start;
        while start.elapsed() < LONGEST && last.elapsed() < QUIET {
            match self.events.recv_timeout(QUIET.saturating_sub(last.elapsed())) {
                Ok(Ok(event)) if is_change(&event) => last = Instant::now(),
                Ok(Ok(_)) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Err(error)) => return Err(failed(&self.directory, &error)),
                Err(RecvTimeoutError::Disconnected) => return Err(ended(&self.directory)),
            }
        }
        Ok(())
    }

    /// Watches the directory that is there now.
    fn watch(&mut self) -> Result<(), Stop> {
        let start = Instant::now();
        loop {
            self.identity = identity(&self.directory);
            match self.watcher.watch(&self.directory, RecursiveMode::Recursive) {
                Ok(()) => return Ok(()),
                // Something may have gone while it was listed.
                Err(_) if start.elapsed() < LONGEST => sleep(GONE),
                Err(error) => return Err(failed(&self.directory, &error)),
            }
        }
    }
}

/// Reading files, which we do ourselves, is no change.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(access) => matches!(access, AccessKind::Close(AccessMode::Write)),
        _ => true,
    }
}

fn failed(directory: &Path, error: &notify::Error) -> Stop {
    Stop::Failed(format!("cannot watch `{}`: {error}", shown(directory.display())))
}

fn ended(directory: &Path) -> Stop {
    Stop::Failed(format!("cannot watch `{}` any longer", shown(directory.display())))
}

/// What tells a directory from another one of the same name.
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
