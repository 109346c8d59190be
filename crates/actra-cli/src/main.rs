//! The `actra` command.

fn main() -> std::process::ExitCode {
    actra_cli::run(std::env::args_os()).into()
}
