//! `actra init [DIR]`

mod template;

use std::fs;
use std::io;
use std::path::Path;

use crate::args::InitArguments;
use crate::load::shown;
use crate::output::Output;
use crate::status::{Status, Stop};

/// Names that a message about a directory shows at most.
const NAMES: usize = 10;

pub(crate) fn run(arguments: &InitArguments, output: &mut Output) -> Result<Status, Stop> {
    let directory = &arguments.directory;
    let in_the_way = entries(directory)?;
    if !in_the_way.is_empty() {
        return Err(Stop::Wrong(refusal(directory, &in_the_way)));
    }
    for file in template::files(arguments.kind) {
        write(&directory.join(file.path), file.text)?;
        output.line(format!("{}  {}", below(directory, file.path), file.purpose))?;
    }
    output.line(format!("\nNext:\n{}", next(directory)))?;
    Ok(Status::Fine)
}

/// What a directory holds, sorted, but for dot files, which are no part of a set: a repository, an editor's settings.
/// Nothing if it is not there yet.
fn entries(directory: &Path) -> Result<Vec<String>, Stop> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotADirectory => {
            Stop::Wrong(format!("`{}` is there, and no directory", shown(directory.display())))
        }
        _ => Stop::Wrong(format!("cannot read `{}`: {error}", shown(directory.display()))),
    };
    let found = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(directory).is_err() => {
            return Ok(Vec::new());
        }
        found => found.map_err(unreadable)?,
    };
    let names = found.map(|entry| entry.map(|entry| shown(entry.file_name().to_string_lossy())));
    let mut names = names.collect::<io::Result<Vec<String>>>().map_err(unreadable)?;
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

fn refusal(directory: &Path, in_the_way: &[String]) -> String {
    let named: Vec<String> = in_the_way.iter().take(NAMES).map(|name| format!("`{name}`")).collect();
    let more = match in_the_way.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let directory = shown(directory.display());
    format!(
        "`{directory}` is not empty: it holds {}{more}; name a directory that is empty or not there",
        named.join(", ")
    )
}

/// Never puts a file in the place of another, even if that has appeared just now.
fn write(file: &Path, text: &str) -> Result<(), Stop> {
    let cannot = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => Stop::Wrong(format!("`{}` is there already", shown(file.display()))),
        _ => Stop::Wrong(format!("cannot write `{}`: {error}", shown(file.display()))),
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    let mut new = fs::File::create_new(file).map_err(cannot)?;
    io::Write::write_all(&mut new, text.as_bytes()).map_err(cannot)
}

/// Commands that work as they stand.
fn next(directory: &Path) -> String {
    let set = quoted(&directory.display().to_string());
    let requests = quoted(&below(directory, "requests.jsonl"));
    format!("  actra check {set}\n  actra test {set}\n  actra decide {set} --input {requests}")
}

fn below(directory: &Path, path: &str) -> String {
    shown(directory.join(path).display())
}

/// A word of a shell; quoted if it has anything that a shell may read.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false if word.starts_with('-') => quoted(&format!("./{word}")),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
