//! `actra completions SHELL` and `actra man [DIR]`

use std::fs;
use std::path::Path;

use clap::CommandFactory;

use crate::args::{CommandLine, CompletionsArguments, ManArguments};
use crate::exit::{Exit, ExitStatus};
use crate::output::{Output, cannot_write, printable};

pub(crate) fn completions(arguments: &CompletionsArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "actra", &mut script);
    output.bytes(&script)?;
    Ok(ExitStatus::Success)
}

pub(crate) fn pages(arguments: &ManArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let command = CommandLine::command();
    match &arguments.directory {
        None => output.bytes(&page(command)?)?,
        Some(directory) => write_pages(command, directory, output)?,
    }
    Ok(ExitStatus::Success)
}

/// `actra.1`, `actra-check.1` and so on.
fn write_pages(mut command: clap::Command, directory: &Path, output: &mut Output) -> Result<(), Exit> {
    fs::create_dir_all(directory).map_err(|error| cannot_write(directory, &error))?;
    command.build();
    let commands: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    for command in std::iter::once(command).chain(commands).filter(|command| !is_help(command)) {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let file = directory.join(format!("{name}.1"));
        fs::write(&file, page(command)?).map_err(|error| cannot_write(&file, &error))?;
        output.line(printable(file.display()))?;
    }
    Ok(())
}

/// The end of every page, as input of `man`.
const EXIT_STATUS: &str = ".SH \"EXIT STATUS\"
.TP
0
Fine.
.TP
1
The answer is no.
.TP
2
The input is wrong: arguments, files, or a set that does not compile.
.TP
3
The tool failed.
";

/// Whether a command is `help`, which says nothing that the others do not.
fn is_help(command: &clap::Command) -> bool {
    command.get_name() == "help"
}

fn page(command: clap::Command) -> Result<Vec<u8>, Exit> {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(command).render(&mut page);
    written.map_err(|error| Exit::Failure(format!("cannot write a manual page: {error}")))?;
    page.extend(EXIT_STATUS.bytes());
    Ok(page)
}
