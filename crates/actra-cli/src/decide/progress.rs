//! Progress of a long run, on a terminal.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crate::output;

/// Shows how many lines a long run has decided.
pub(crate) struct Progress {
    state: State,
    last_update: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody watches: standard error is no terminal, or the answers go there as well.
    Off,
    /// The run is not long yet.
    Hidden,
    Shown,
}

/// After which time a run is long.
const FIRST_UPDATE: Duration = Duration::from_secs(1);
const UPDATE_INTERVAL: Duration = Duration::from_millis(200);

impl Progress {
    pub(crate) fn new() -> Self {
        let is_watched = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { state: if is_watched { State::Hidden } else { State::Off }, last_update: Instant::now() }
    }

    pub(crate) fn show(&mut self, lines: u64) {
        let pause = match self.state {
            State::Off => return,
            State::Hidden => FIRST_UPDATE,
            State::Shown => UPDATE_INTERVAL,
        };
        if self.last_update.elapsed() >= pause {
            output::text(&format!("\r{lines} lines"));
            self.state = State::Shown;
            self.last_update = Instant::now();
        }
    }

    /// Clears the line for other messages.
    pub(crate) fn clear(&self) {
        if self.state == State::Shown {
            output::text("\r                              \r");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
