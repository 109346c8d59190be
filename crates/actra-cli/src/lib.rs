//! The command line: typed arguments, one file for each command, and a typed exit status.
//!
//! What several commands use stands in files named after it, such as `policy_set` and `input`.

mod approvals;
mod args;
mod bench;
mod can;
mod check;
mod codegen;
mod color;
mod compile;
mod decide;
mod decision;
mod diff;
mod exit;
mod explain;
mod explanation;
mod fmt;
mod hash;
mod init;
mod input;
mod listing;
mod manual;
mod mcp;
mod output;
mod policy_set;
mod prove;
mod request_input;
mod schema;
mod set_summary;
mod source_locations;
mod test;
mod verify;
mod watch;

use std::ffi::OsString;
use std::io::Write;

use args::{Command, CommandLine};
use clap::Parser;
use exit::Exit;
pub use exit::ExitStatus;
use output::Output;

/// Runs one command; `arguments` start with the program's name.
///
/// Data goes to standard output, messages to standard error.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitStatus {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    color::set_choice(&arguments);
    let arguments = match CommandLine::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let result = match arguments.command {
        // It speaks on standard output from a thread of its own.
        Command::Mcp(arguments) => mcp::run(&arguments),
        command => run_command(command),
    };
    match result {
        Ok(status) => status,
        Err(Exit::BrokenPipe) => ExitStatus::Success,
        Err(Exit::Usage(message)) => report(&message, ExitStatus::Usage),
        Err(Exit::Failure(message)) => report(&message, ExitStatus::Failure),
    }
}

/// Runs a command that answers on standard output.
fn run_command(command: Command) -> Result<ExitStatus, Exit> {
    let mut output = Output::new();
    let result = match command {
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
        Command::Mcp(arguments) => mcp::run(&arguments),
        Command::Prove(arguments) => prove::run(&arguments, &mut output),
        Command::Diff(arguments) => diff::run(&arguments, &mut output),
        Command::Can(arguments) => can::run(&arguments, &mut output),
        Command::Hash(arguments) => hash::run(&arguments, &mut output),
        Command::Completions(arguments) => manual::completions(&arguments, &mut output),
        Command::Man(arguments) => manual::pages(&arguments, &mut output),
    };
    // Once the answer is known, its status counts, whether or not anybody reads it.
    result.and_then(|status| match output.flush() {
        Ok(()) | Err(Exit::BrokenPipe) => Ok(status),
        Err(exit) => Err(exit),
    })
}

/// Help and version are fine and go to standard output; everything else is a wrong argument.
fn usage(error: &clap::Error) -> ExitStatus {
    let text = error.render().ansi().to_string();
    if error.use_stderr() {
        // If this fails there is nobody left to tell.
        let _ = anstream::stderr().write_all(text.as_bytes());
        return ExitStatus::Usage;
    }
    match anstream::stdout().write_all(text.as_bytes()).map_err(Exit::from_write) {
        Ok(()) | Err(Exit::BrokenPipe) => ExitStatus::Success,
        Err(Exit::Usage(message) | Exit::Failure(message)) => report(&message, ExitStatus::Failure),
    }
}

fn report(message: &str, status: ExitStatus) -> ExitStatus {
    output::message(message);
    status
}
