//! How a command ends: the exit status of the process, and what ends a command early.

use std::io;
use std::process::ExitCode;

/// The exit status, the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// 0: fine.
    Success,
    /// 1: the answer is no.
    Negative,
    /// 2: the input is wrong: arguments, files, or a set that does not compile.
    Usage,
    /// 3: the tool failed.
    Failure,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        ExitCode::from(status as u8)
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Exit {
    /// Nobody reads the output any more, which is fine.
    BrokenPipe,
    /// Arguments, files or a set are wrong.
    Usage(String),
    /// The tool failed.
    Failure(String),
}

impl Exit {
    /// Why a write to standard output failed.
    pub(crate) fn from_write(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Exit::BrokenPipe,
            _ => Exit::Failure(format!("cannot write to standard output: {error}")),
        }
    }
}
