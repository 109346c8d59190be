//! `actra watch SET`

mod changes;
mod files;
mod round;

use std::io::IsTerminal;

use crate::args::WatchArguments;
use crate::output::Output;
use crate::status::{Status, Stop};
use changes::Changes;
use files::Files;
use round::Rounds;

/// Clears the screen and starts at its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

pub(crate) fn run(arguments: &WatchArguments, output: &mut Output) -> Result<Status, Stop> {
    let set = &arguments.set;
    // From before the first reading, so that no change falls between.
    let changes = if arguments.once { None } else { Some(Changes::of(set)?) };
    let mut files = Files::read(set).map_err(Stop::Wrong)?;
    let mut rounds = Rounds::new(set, arguments.volume.amount());
    rounds.all(&files, output)?;
    let Some(mut changes) = changes else {
        return Ok(rounds.status());
    };
    loop {
        output.flush()?;
        changes.wait()?;
        let now = match Files::read(set) {
            Ok(now) => now,
            // Gone for now; `Changes` waits until it is there again.
            Err(_) => continue,
        };
        let changed = files.differences(&now);
        if changed.is_empty() {
            continue;
        }
        files = now;
        if std::io::stdout().is_terminal() {
            output.bytes(CLEAR.as_bytes())?;
        }
        rounds.changed(&files, &changed, output)?;
    }
}
