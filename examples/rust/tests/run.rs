//! The examples run, and print what `output/` says. To write that anew: `ACTRA_WRITE=1 cargo test -p actra-examples`.

use std::fs;
use std::path::Path;
use std::process::Command;

/// In this order they are explained in the book.
const EXAMPLES: &[(&str, &str)] = &[
    ("refund", env!("CARGO_BIN_EXE_refund")),
    ("session", env!("CARGO_BIN_EXE_session")),
    ("agent", env!("CARGO_BIN_EXE_agent")),
    ("service", env!("CARGO_BIN_EXE_service")),
    ("worker", env!("CARGO_BIN_EXE_worker")),
    ("rollout", env!("CARGO_BIN_EXE_rollout")),
];

#[test]
fn every_example_prints_what_is_shown() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, program) in EXAMPLES {
        let output =
            Command::new(program).current_dir(directory).env_remove("ACTRA_POLICY").output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{name} fails: {said}");
        let shown = directory.join("output").join(format!("{name}.txt"));
        if std::env::var_os("ACTRA_WRITE").is_some() {
            fs::write(&shown, &printed).unwrap();
        }
        assert_eq!(printed, fs::read_to_string(&shown).unwrap_or_default(), "{name} prints something else");
    }
}

#[test]
fn every_example_is_run() {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin")).unwrap();
    for source in sources.map(|entry| entry.unwrap().path()) {
        let name = source.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(EXAMPLES.iter().any(|(known, _)| *known == name), "`{name}` is not run");
    }
}
