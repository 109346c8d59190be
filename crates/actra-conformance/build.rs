//! Tells the tests which corpora `ACTRA_CORPORA` has, so that the others are reported as ignored instead of as passed.

use std::path::PathBuf;

/// The corpora: a directory or a file in `ACTRA_CORPORA` each, and the value of `cfg(corpus)` that says that it is
/// there.
const CORPORA: &[(&str, &str)] = &[
    ("agentdojo", "agentdojo"),
    ("bfcl", "bfcl"),
    ("compat", "compat_cases.json"),
    ("kubernetes", "kubernetes"),
    ("mcp", "mcp"),
    ("tau2", "tau2"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ACTRA_CORPORA");
    let names: Vec<String> = CORPORA.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    println!("cargo::rustc-check-cfg=cfg(corpus, values({}))", names.join(", "));
    let Some(directory) = std::env::var_os("ACTRA_CORPORA").filter(|path| !path.is_empty()) else { return };
    let directory = PathBuf::from(directory);
    assert!(directory.is_dir(), "ACTRA_CORPORA names {}, which is no directory", directory.display());
    for (name, path) in CORPORA {
        let path = directory.join(path);
        println!("cargo::rerun-if-changed={}", path.display());
        if path.exists() {
            println!("cargo::rustc-cfg=corpus=\"{name}\"");
        }
    }
}
