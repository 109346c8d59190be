//! The command line for the commands of the book: tests put it on the path of a shell as `actra`.

use std::process::ExitCode;

fn main() -> ExitCode {
    actra_cli::run(std::env::args_os()).into()
}
