//! What somebody needs who comes to the repository for the first time: pages name files that are there, and every
//! crate says what it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use actra_conformance::root;
use serde_json::Value;

/// The pages about the repository itself.
const PAGES: &[&str] =
    &["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", ".github/pull_request_template.md"];

/// Folders at the top of the repository: what begins with one of them is a path.
const FOLDERS: &[&str] =
    &["benches", "conformance", "crates", "docs", "examples", "fuzz", "policies", "scripts", "sdk"];

/// Files at the top of the repository that pages name.
const FILES: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
];

/// Crates that are not published, as their `Cargo.toml` says with the reason.
const UNPUBLISHED: &[&str] = &["actra-conformance", "actra-examples", "actra-python", "actra-reference"];

/// What of a text stands between backticks on one line and names a file or directory of the repository.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    code.map(|code| code.split_whitespace().last().unwrap_or_default()).filter(|path| {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        !path.contains(['*', ':']) && (FILES.contains(path) || FOLDERS.contains(&first) && !rest.is_empty())
    })
}

#[test]
fn pages_name_files_that_are_there() {
    let pages = PAGES.iter().map(|page| root().join(page));
    let pages: Vec<PathBuf> =
        pages.chain(crates().into_iter().map(|directory| directory.join("README.md"))).collect();
    let mut found = 0;
    let mut missing = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for path in paths(&text) {
            found += 1;
            if !root().join(path).exists() {
                missing.push(format!("{} names {path}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(found > 80, "only {found} paths were found");
}

/// The targets that a stranger is told about, and no others.
#[test]
fn every_target_of_make_is_explained() {
    let makefile = fs::read_to_string(root().join("Makefile")).expect("the file is readable");
    let phony = makefile.lines().find_map(|line| line.strip_prefix(".PHONY: ")).expect("targets");
    let targets: BTreeSet<&str> = phony.split_whitespace().filter(|target| *target != "clean").collect();
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("the page is readable");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `make "));
    let explained: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    assert_eq!(targets, explained);
}

#[test]
fn every_crate_says_what_it_is() {
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let published = package["publish"].is_null();
        assert_eq!(published, !UNPUBLISHED.contains(&name), "{name} is published, or not");
        assert_eq!(package["license"], "Apache-2.0", "{name}");
        if !published {
            continue;
        }
        let length = |key: &str| package[key].as_array().map_or(0, Vec::len);
        let described =
            package["description"].as_str().is_some_and(|text| text.contains("ctra") || text.len() > 40);
        assert!(described, "{name} has no description");
        assert_eq!(package["readme"], "README.md", "{name}");
        assert!((1..=5).contains(&length("keywords")), "{name} has no keywords, or too many");
        assert!((1..=5).contains(&length("categories")), "{name} has no categories, or too many");
        let features = package["features"].as_object().is_some_and(|features| !features.is_empty());
        let documented = package["metadata"]["docs"]["rs"]["all-features"] == true;
        assert_eq!(features, documented, "{name}: docs.rs is told about features");
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let own = dependency["path"].is_string() && dependency["name"] != name;
            assert!(!own || dependency["req"] != "*", "{name} uses {} without a version", dependency["name"]);
        }
    }
}

#[test]
fn every_readme_says_who_should_not_use_the_crate() {
    for directory in crates() {
        let page = directory.join("README.md");
        let text = fs::read_to_string(&page).expect("the crate has a README");
        let lines = text.lines().count();
        assert!((10..=40).contains(&lines), "{} has {lines} lines", page.display());
        let face = directory.ends_with("actra");
        assert!(face || text.contains("an internal crate of Actra"), "{}", page.display());
        assert!(text.contains("ARCHITECTURE.md"), "{}", page.display());
    }
}

fn crates() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("crates")).expect("the directory is readable");
    let mut directories: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    directories.retain(|directory| directory.join("Cargo.toml").exists());
    directories.sort();
    directories
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}
