//! Writes every sentence that the code holds into `conformance/messages.txt`, so that a change of words is reviewed.
//!
//! `ACTRA_UPDATE=1 cargo test -p actra-conformance --test messages` writes the file anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

mod messages {
    pub mod python;
    pub mod rust;
}

/// How statements of a database begin, which people do not read.
const SQL: &[&str] = &["CREATE", "DELETE", "DROP", "INSERT", "PRAGMA", "SELECT", "UPDATE", "{COLUMNS}"];

/// What nobody but us reads.
const OURS: &[&str] = &["actra-conformance", "actra-reference"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The source files below a directory, without those that only tests use.
fn sources(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the directory can be read") {
        let path = entry.expect("an entry can be read").path();
        let is_for_tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_for_tests {
            found.extend(sources(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) && !is_for_tests {
            found.push(path);
        }
    }
    found
}

/// Whether people read a text: it has words.
fn is_sentence(text: &str) -> bool {
    let is_word = |word: &str| word.chars().all(char::is_alphabetic) && word.len() > 1;
    let is_sql = SQL.iter().any(|start| text.trim_start().starts_with(start));
    !is_sql && text.split_whitespace().filter(|word| is_word(word)).count() >= 2
}

fn written() -> String {
    let mut sections: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("crates")).expect("the directory can be read") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        if OURS.contains(&name.as_str()) || !path.join("src").exists() {
            continue;
        }
        let texts =
            sources(&path.join("src"), "rs").into_iter().flat_map(|file| messages::rust::texts(&file));
        sections.entry(name).or_default().extend(texts.filter(|text| is_sentence(text)));
    }
    let python = root().join("sdk/python/python/actra");
    let texts = sources(&python, "py").into_iter().flat_map(|file| messages::python::texts(&file));
    sections.entry("sdk/python".to_owned()).or_default().extend(texts.filter(|text| is_sentence(text)));
    let mut written = String::from(
        "# Every sentence in our code, in alphabetical order. A test writes this file; people review its changes.\n",
    );
    for (section, texts) in sections.iter().filter(|(_, texts)| !texts.is_empty()) {
        writeln!(written, "\n## {section}\n").expect("text can be written");
        for text in texts {
            writeln!(written, "{}", text.replace('\n', "\n    ")).expect("text can be written");
        }
    }
    written
}

#[test]
fn every_message_is_in_the_reviewed_file() {
    let path = root().join("conformance/messages.txt");
    let written = written();
    if std::env::var_os("ACTRA_UPDATE").is_some() {
        std::fs::write(&path, written).expect("the file can be written");
        return;
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    let known: BTreeSet<&str> = reviewed.lines().collect();
    let now: BTreeSet<&str> = written.lines().collect();
    let lines = |left: &BTreeSet<&str>, right: &BTreeSet<&str>| {
        left.difference(right).fold(String::new(), |told, line| told + "  " + line + "\n")
    };
    assert!(
        reviewed == written,
        "review these words, then run the test with ACTRA_UPDATE=1\nnew:\n{}gone:\n{}",
        lines(&now, &known),
        lines(&known, &now)
    );
}
