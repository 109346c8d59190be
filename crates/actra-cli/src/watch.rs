//! `actra watch SET`

mod files;
mod session;
mod watcher;

use std::io::IsTerminal;

use crate::args::WatchArguments;
use crate::exit::{Exit, ExitStatus};
use crate::output::Output;
use files::WatchedFiles;
use session::WatchSession;
use watcher::DirectoryWatcher;

/// Clears the screen and starts at its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

pub(crate) fn run(arguments: &WatchArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let set = &arguments.set;
    // Watching starts before the first reading, so that no change is missed in between.
    let watcher = if arguments.once { None } else { Some(DirectoryWatcher::new(set)?) };
    let mut files = WatchedFiles::read(set).map_err(Exit::Usage)?;
    let mut session = WatchSession::new(set, arguments.verbosity.level());
    session.check_all(&files, output)?;
    let Some(mut watcher) = watcher else {
        return Ok(session.status());
    };
    loop {
        output.flush()?;
        watcher.wait()?;
        let later = match WatchedFiles::read(set) {
            Ok(later) => later,
            // The directory is gone for now; the watcher waits until it is there again.
            Err(_) => continue,
        };
        let changed = files.changed_paths(&later);
        if changed.is_empty() {
            continue;
        }
        files = later;
        if std::io::stdout().is_terminal() {
            output.bytes(CLEAR.as_bytes())?;
        }
        session.check_changed(&files, &changed, output)?;
    }
}
