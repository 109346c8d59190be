//! The SARIF of every failing example of the code pages is valid by the official JSON schema of SARIF 2.1.0.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use actra_diagnostics::codes;
use actra_engine::{Compilation, PolicySet, check, compile};
use serde_json::Value;

use crate::{section, set};

#[test]
fn every_log_is_valid() {
    let validator = validator();
    let mut rules = BTreeSet::new();
    for (code, page) in codes::ALL {
        let outcome = check(&set(section(page, "Fails")));
        for origin in [".", "a directory/é", "/srv/set"] {
            let log = log(&outcome, origin);
            let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{code}: {}", errors.join("\n"));
        }
        let log = log(&outcome, ".");
        for rule in log.pointer("/runs/0/tool/driver/rules").and_then(Value::as_array).into_iter().flatten() {
            rules.extend(rule["id"].as_str().map(str::to_owned));
        }
    }
    println!("logs with {} codes are valid", rules.len());
    assert!(rules.len() * 10 > codes::ALL.len() * 8, "only {} codes occur: {rules:?}", rules.len());
}

#[test]
fn what_is_no_log_is_not_valid() {
    let validator = validator();
    let mut log = log(&compile(&PolicySet::default()), ".");
    assert!(validator.is_valid(&log));
    let driver = log.pointer_mut("/runs/0/tool/driver").and_then(Value::as_object_mut);
    driver.expect("the log names its tool").remove("name");
    assert!(!validator.is_valid(&log));
}

fn log(outcome: &Compilation, origin: &str) -> Value {
    let mut out = Vec::new();
    actra_wire::write_sarif(&[(outcome, origin)], &mut out);
    serde_json::from_slice(&out).expect("the log is JSON")
}

/// The schema as the standard publishes it, out of the directory of the crate that ships it.
fn validator() -> jsonschema::Validator {
    // Without a platform, crates for others would have to be there, too.
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs").stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(["--filter-platform", host, "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package =
        packages.iter().find(|package| package["name"] == "serde-sarif").expect("the crate is used");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("the manifest has a path"));
    let text = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json"));
    // One pattern has a bare `]`, which stands for itself in browsers and is refused elsewhere.
    let text = text.expect("the schema is there").replace("[a-zA-Z]{2}]?$", r"[a-zA-Z]{2}\\]?$");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    let title = schema["title"].as_str().unwrap_or_default();
    assert!(title.contains("(SARIF) Version 2.1.0"), "the schema is that of {title}");
    jsonschema::validator_for(&schema).expect("the schema is a JSON schema")
}
