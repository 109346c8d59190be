use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crate::output;

/// Shows on a terminal how many lines a long run has decided.
pub(crate) struct Progress {
    /// Standard error is a terminal and the answers go elsewhere.
    watched: bool,
    shown: bool,
    last: Instant,
}

const FIRST: Duration = Duration::from_secs(1);
const NEXT: Duration = Duration::from_millis(200);

impl Progress {
    pub(crate) fn new() -> Self {
        let watched = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { watched, shown: false, last: Instant::now() }
    }

    pub(crate) fn show(&mut self, lines: u64) {
        let pause = if self.shown { NEXT } else { FIRST };
        if self.watched && self.last.elapsed() >= pause {
            output::text(&format!("\r{lines} lines"));
            self.shown = true;
            self.last = Instant::now();
        }
    }

    /// Makes room for other messages.
    pub(crate) fn clear(&self) {
        if self.shown {
            output::text("\r                              \r");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
