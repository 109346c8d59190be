//! The record of what was decided: one event a line, on its way to the file before a call goes on.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use actra_runtime::{Event, write_event};

/// Where events are written, one line of JSON (`actra/event/v1`) each.
pub struct EventLog {
    out: Mutex<Out>,
}

struct Out {
    write: Box<dyn Write + Send>,
    /// Whether a line may have been written in part, so that the next one has to begin anew.
    is_torn: bool,
}

impl EventLog {
    /// A log that appends to this.
    pub fn new(write: impl Write + Send + 'static) -> Self {
        Self { out: Mutex::new(Out { write: Box::new(write), is_torn: false }) }
    }

    /// Appends events; once this is `Ok`, the operating system has them.
    pub(crate) fn append(&self, events: &[Event]) -> io::Result<()> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = Vec::new();
        if out.is_torn {
            lines.push(b'\n');
        }
        for event in events {
            write_event(event, &mut lines);
        }
        out.is_torn = true;
        out.write.write_all(&lines)?;
        out.write.flush()?;
        out.is_torn = false;
        Ok(())
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLog").finish_non_exhaustive()
    }
}
