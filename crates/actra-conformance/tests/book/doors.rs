//! Commands that are not run here: that what they name is there.

use std::fs;
use std::path::{Path, PathBuf};

use actra_conformance::root;

/// Programs whose commands take long or change the machine.
pub const PROGRAMS: &[&str] = &["make", "cargo", "pip", "python"];

/// The commands of a page with their lines: in blocks, and in code within a line.
pub fn commands(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (number, line) in (1..).zip(text.lines()) {
        let fence = line.starts_with("```");
        in_block ^= fence;
        match in_block && !fence {
            true => found.push((number, line.strip_prefix("$ ").unwrap_or(line))),
            false => found.extend(line.split('`').skip(1).step_by(2).map(|code| (number, code))),
        }
    }
    let is_door = |command: &str| {
        let mut words = command.split_whitespace();
        PROGRAMS.contains(&words.next().unwrap_or("")) && words.next().is_some()
    };
    found.retain(|(_, command)| is_door(command));
    found.into_iter().map(|(number, command)| (number, command.to_owned())).collect()
}

/// What a command names that is not there.
pub fn missing(command: &str) -> Option<String> {
    let command = command.split(" #").next().unwrap_or(command);
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["make", rest @ ..] => {
            // Variables stand at the end.
            rest.iter().take_while(|word| !word.contains('=')).find_map(|word| no_target(word))
        }
        ["cargo", rest @ ..] => no_part(rest),
        ["python", file, ..] if file.ends_with(".py") => no_file(file),
        ["pip", "install", package] if package.starts_with("./") => no_file(package),
        _ => None,
    }
}

fn no_target(word: &str) -> Option<String> {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap_or_default();
    let is_there = makefile.lines().any(|line| line.starts_with(&format!("{word}:")));
    (!is_there).then(|| format!("no target `{word}`"))
}

fn no_file(path: &str) -> Option<String> {
    (!root().join(path).exists()).then(|| format!("no file `{path}`"))
}

/// A package, or a part of one, that is not there.
fn no_part(words: &[&str]) -> Option<String> {
    let after = |option: &str| {
        let at = words.iter().position(|word| *word == option)?;
        words.get(at + 1).copied()
    };
    if let Some(manifest) = after("--manifest-path").and_then(no_file) {
        return Some(manifest);
    }
    let package = after("-p");
    if let Some(package) = package.filter(|package| !root().join("crates").join(package).is_dir()) {
        return Some(format!("no package `{package}`"));
    }
    let directories = match package {
        Some(package) => vec![root().join("crates").join(package)],
        None => packages(),
    };
    [("--test", "tests"), ("--example", "examples"), ("--bin", "src/bin")].into_iter().find_map(
        |(option, directory)| {
            let name = after(option)?;
            let is_there = |package: &PathBuf| package.join(directory).join(format!("{name}.rs")).is_file();
            (!directories.iter().any(is_there)).then(|| format!("no `{option} {name}`"))
        },
    )
}

fn packages() -> Vec<PathBuf> {
    let below = |directory: &str| fs::read_dir(root().join(directory)).into_iter().flatten().flatten();
    let mut directories: Vec<PathBuf> =
        below("crates").chain(below("examples")).map(|entry| entry.path()).collect();
    directories.push(root().join("benches"));
    directories.retain(|directory| Path::new(directory).join("Cargo.toml").is_file());
    directories
}

#[test]
fn names_that_are_not_there_are_found_out() {
    for fine in
        ["make test", "make bench ARGS=\"--only actra\"", "cargo run --bin refund", "cargo test --workspace"]
    {
        assert_eq!(missing(fine), None, "{fine}");
    }
    for wrong in [
        "make tests",
        "cargo run -p actra-clu",
        "cargo test -p actra-conformance --test orakle",
        "cargo run --manifest-path bench/Cargo.toml",
        "cargo run --release -p actra-wire --example loads",
        "python examples/python/refunds/main.py",
    ] {
        assert!(missing(wrong).is_some(), "{wrong}");
    }
}
