//! The arguments of `completions` and `man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Print a script that makes a shell complete `actra` on Tab.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  actra completions bash > ~/.local/share/bash-completion/completions/actra
  actra completions zsh > ~/.zfunc/_actra
  actra completions fish > ~/.config/fish/completions/actra.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell that completes.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Print the manual page, or write the pages of all commands into a directory.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  actra man > actra.1\n  actra man ~/.local/share/man/man1")]
pub(crate) struct ManArguments {
    /// Where to write one page for each command; the directory is made if it is not there.
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}
