//! Tells the tests which corpora `ACTRA_CORPORA` has, so that the others are reported as ignored instead of as passed.

use std::path::PathBuf;

/// The corpora: a folder or a file in `ACTRA_CORPORA` each, and the value of `cfg(corpus)` that says that it is there.
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
    let Some(folder) = std::env::var_os("ACTRA_CORPORA").filter(|path| !path.is_empty()) else { return };
    let folder = PathBuf::from(folder);
    assert!(folder.is_dir(), "ACTRA_CORPORA names {}, which is no folder", folder.display());
    for (name, path) in CORPORA {
        let path = folder.join(path);
        println!("cargo::rerun-if-changed={}", path.display());
        if path.exists() {
            println!("cargo::rustc-cfg=corpus=\"{name}\"");
        }
    }
}
