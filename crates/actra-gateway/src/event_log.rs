//! The record of what was decided: one event a line, on its way to the file before a call goes on.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
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

    /// A log that appends to a file, which is made if it is missing. A last line that was never finished, since its
    /// writer was killed, stays alone.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        // What is no file that can be read back, such as a pipe, has no lines of others; nor is it opened for reading,
        // since a pipe that has lost its reader has to fail.
        let is_torn = file.metadata()?.is_file() && last_byte(path)?.is_some_and(|byte| byte != b'\n');
        Ok(Self { out: Mutex::new(Out { write: Box::new(file), is_torn }) })
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

fn last_byte(path: &Path) -> io::Result<Option<u8>> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(None);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(Some(last[0]))
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLog").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_torn_line_does_not_take_the_next_one_with_it() {
        let path = std::env::temp_dir().join(format!("actra-events-{}", std::process::id()));
        for (before, after) in [("", ""), ("{}\n", "{}\n"), ("{}\n{\"schema", "{}\n{\"schema\n")] {
            fs::write(&path, before).unwrap();
            EventLog::open(&path).unwrap().append(&[]).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
        }
        fs::remove_file(&path).unwrap();
        EventLog::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(EventLog::open(&path.join("no/such")).is_err());
        #[cfg(unix)]
        EventLog::open(Path::new("/dev/null")).unwrap().append(&[]).unwrap();
    }
}
