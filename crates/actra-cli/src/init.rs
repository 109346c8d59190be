//! `actra init [DIR]`

mod template;

use std::fs;
use std::io;
use std::path::Path;

use crate::args::InitArguments;
use crate::exit::{Exit, ExitStatus};
use crate::output::{Output, cannot_write, printable};

/// The most names that a message about a directory shows.
const MAX_NAMES: usize = 10;

pub(crate) fn run(arguments: &InitArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let directory = &arguments.directory;
    let in_the_way = entries(directory)?;
    if !in_the_way.is_empty() {
        return Err(Exit::Usage(refusal(directory, &in_the_way)));
    }
    for file in template::files(arguments.kind) {
        write(&directory.join(file.path), file.text)?;
        output.line(format!("{}  {}", below(directory, file.path), file.purpose))?;
    }
    output.line(format!("\nNext:\n{}", next_commands(directory)))?;
    Ok(ExitStatus::Success)
}

/// What a directory holds, sorted; nothing if it does not exist.
///
/// Dot files are left out: a repository or the settings of an editor are not part of a set.
fn entries(directory: &Path) -> Result<Vec<String>, Exit> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotADirectory => {
            Exit::Usage(format!("`{}` exists and is not a directory", printable(directory.display())))
        }
        _ => Exit::Usage(format!("cannot read `{}`: {error}", printable(directory.display()))),
    };
    let found = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(directory).is_err() => {
            return Ok(Vec::new());
        }
        found => found.map_err(unreadable)?,
    };
    let names = found.map(|entry| entry.map(|entry| printable(entry.file_name().to_string_lossy())));
    let mut names = names.collect::<io::Result<Vec<String>>>().map_err(unreadable)?;
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

fn refusal(directory: &Path, in_the_way: &[String]) -> String {
    let named: Vec<String> = in_the_way.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
    let more = match in_the_way.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let directory = printable(directory.display());
    format!(
        "`{directory}` is not empty: it holds {}{more}; name a directory that is empty or does not exist",
        named.join(", ")
    )
}

/// Never overwrites a file, even one that has appeared just now.
fn write(file: &Path, text: &str) -> Result<(), Exit> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Exit::Usage(format!("`{}` already exists", printable(file.display())))
        }
        _ => cannot_write(file, &error),
    };
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut new = fs::File::create_new(file).map_err(failed)?;
    io::Write::write_all(&mut new, text.as_bytes()).map_err(failed)
}

/// Commands to try next, which work as they stand.
fn next_commands(directory: &Path) -> String {
    let set = quoted(&directory.display().to_string());
    let requests = quoted(&below(directory, "requests.jsonl"));
    format!("  actra check {set}\n  actra test {set}\n  actra decide {set} --input {requests}")
}

fn below(directory: &Path, path: &str) -> String {
    printable(directory.join(path).display())
}

/// A word of a shell command, quoted if it has anything that a shell may interpret.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if word.starts_with('-') {
        return quoted(&format!("./{word}"));
    }
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
