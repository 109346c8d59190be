//! The command line: typed arguments, one file for each command, and a typed exit status.

mod approvals;
mod args;
mod bench;
mod can;
mod check;
mod codegen;
mod color;
mod compile;
mod decide;
mod diff;
mod explain;
mod fmt;
mod hash;
mod init;
mod load;
mod manual;
mod output;
mod prove;
mod schema;
mod status;
mod test;
mod typed;
mod verify;
mod watch;

use std::ffi::OsString;
use std::io::Write;

use args::{Arguments, Command};
use clap::Parser;
use output::Output;
pub use status::Status;
use status::Stop;

/// Runs one command; `arguments` start with the program's name.
///
/// Data goes to standard output, messages to standard error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Status {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    color::settle(&arguments);
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let mut output = Output::new();
    let result = match arguments.command {
        Command::Init(arguments) => init::run(&arguments, &mut output),
        Command::Check(arguments) => check::run(&arguments, &mut output),
        Command::Decide(arguments) => decide::run(&arguments, &mut output),
        Command::Explain(arguments) => explain::run(&arguments, &mut output),
        Command::Fmt(arguments) => fmt::run(&arguments, &mut output),
        Command::Schema(arguments) => schema::run(&arguments, &mut output),
        Command::Test(arguments) => test::run(&arguments, &mut output),
        Command::Watch(arguments) => watch::run(&arguments, &mut output),
        Command::Bench(arguments) => bench::run(&arguments, &mut output),
        Command::Codegen(arguments) => codegen::run(&arguments, &mut output),
        Command::Compile(arguments) => compile::run(&arguments, &mut output),
        Command::Verify(arguments) => verify::run(&arguments, &mut output),
        Command::Approvals(arguments) => approvals::run(&arguments, &mut output),
        Command::Prove(arguments) => prove::run(&arguments, &mut output),
        Command::Diff(arguments) => diff::run(&arguments, &mut output),
        Command::Can(arguments) => can::run(&arguments, &mut output),
        Command::Hash(arguments) => hash::run(&arguments, &mut output),
        Command::Completions(arguments) => manual::completions(&arguments, &mut output),
        Command::Man(arguments) => manual::pages(&arguments, &mut output),
    };
    let result = result.and_then(|status| match output.flush() {
        // The answer is known, whoever reads it.
        Ok(()) | Err(Stop::Closed) => Ok(status),
        Err(stop) => Err(stop),
    });
    result.unwrap_or_else(|stop| match stop {
        Stop::Closed => Status::Fine,
        Stop::Wrong(message) => report(&message, Status::Wrong),
        Stop::Failed(message) => report(&message, Status::Failed),
    })
}

/// Help and version are fine and go to standard output; all else is a wrong argument.
fn usage(error: &clap::Error) -> Status {
    let text = error.render().ansi().to_string();
    let printed = match error.use_stderr() {
        true => anstream::stderr().write_all(text.as_bytes()),
        false => anstream::stdout().write_all(text.as_bytes()),
    };
    if error.use_stderr() {
        return Status::Wrong;
    }
    match printed.map_err(Stop::from_write) {
        Ok(()) | Err(Stop::Closed) => Status::Fine,
        Err(Stop::Wrong(message) | Stop::Failed(message)) => report(&message, Status::Failed),
    }
}

fn report(message: &str, status: Status) -> Status {
    output::message(message);
    status
}
