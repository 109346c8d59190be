use std::io;
use std::process::ExitCode;

/// What a command ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// 0: fine.
    Fine,
    /// 1: the answer is no.
    No,
    /// 2: the input is wrong.
    Wrong,
    /// 3: the tool failed.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(status as u8)
    }
}

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Nobody reads the output any more, which is fine.
    Closed,
    /// Arguments, files or a set are wrong.
    Wrong(String),
    /// The tool failed.
    Failed(String),
}

impl Stop {
    /// What a failed write to standard output means.
    pub(crate) fn from_write(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::Closed,
            _ => Stop::Failed(format!("cannot write to standard output: {error}")),
        }
    }
}
