use std::io::{self, BufWriter, StdoutLock, Write};

use actra_engine::diagnostics::Style;

use crate::status::Stop;

/// Standard output, buffered.
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    /// Nobody reads any more.
    closed: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self { writer: BufWriter::with_capacity(1 << 16, io::stdout().lock()), closed: false }
    }

    /// Part of an answer whose status counts even if nobody reads it to its end: `actra check set | head -1` still
    /// says by its status that the set is refused.
    pub(crate) fn answer(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Stop> {
        if self.closed {
            return Ok(());
        }
        self.bytes(bytes.as_ref()).or_else(|stop| match stop {
            Stop::Closed => {
                self.closed = true;
                Ok(())
            }
            other => Err(other),
        })
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.writer.write_all(bytes).map_err(Stop::from_write)
    }

    /// A line; the line end is added.
    pub(crate) fn line(&mut self, line: impl AsRef<[u8]>) -> Result<(), Stop> {
        self.bytes(line.as_ref())?;
        self.bytes(b"\n")
    }

    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        if self.closed {
            return Err(Stop::Closed);
        }
        self.writer.flush().map_err(Stop::from_write)
    }
}

/// Whether messages on standard error are colored: on a terminal, unless `NO_COLOR` and its like say otherwise.
pub(crate) fn message_style() -> Style {
    match anstream::AutoStream::choice(&io::stderr()) {
        anstream::ColorChoice::Never => Style::Plain,
        _ => Style::Color,
    }
}

/// Writes text to standard error. If that fails there is nobody left to tell.
pub(crate) fn text(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Writes a message of the tool itself to standard error.
pub(crate) fn message(message: &str) {
    text(&format!("actra: {message}\n"));
}
