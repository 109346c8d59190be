//! Standard output and standard error, and what makes the texts of others safe to show there.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::Path;

use actra_engine::diagnostics::{self, Style};

use crate::exit::Exit;

/// Standard output, buffered.
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    /// Whether the reader has closed its end.
    closed: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self { writer: BufWriter::with_capacity(1 << 16, io::stdout().lock()), closed: false }
    }

    /// Writes part of an answer whose status counts even if nobody reads it to its end: `actra check set | head -1`
    /// still exits with the status of a refused set.
    pub(crate) fn answer(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Exit> {
        if self.closed {
            return Ok(());
        }
        match self.bytes(bytes.as_ref()) {
            Err(Exit::BrokenPipe) => self.closed = true,
            other => other?,
        }
        Ok(())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Exit> {
        self.writer.write_all(bytes).map_err(Exit::from_write)
    }

    /// Writes a line of JSON.
    pub(crate) fn json(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Exit> {
        let mut json = Vec::new();
        write(&mut json);
        self.line(json)
    }

    /// Writes a line; the line end is added.
    pub(crate) fn line(&mut self, line: impl AsRef<[u8]>) -> Result<(), Exit> {
        self.bytes(line.as_ref())?;
        self.bytes(b"\n")
    }

    pub(crate) fn flush(&mut self) -> Result<(), Exit> {
        if self.closed {
            return Err(Exit::BrokenPipe);
        }
        self.writer.flush().map_err(Exit::from_write)
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

/// Text that may hold a file name or part of a request, safe to show: characters that control a terminal or reorder
/// text are replaced.
pub(crate) fn printable(text: impl ToString) -> String {
    diagnostics::terminal_safe(&text.to_string()).into_owned()
}

/// The error for a file that cannot be written.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Exit {
    Exit::Usage(format!("cannot write `{}`: {error}", printable(path.display())))
}
