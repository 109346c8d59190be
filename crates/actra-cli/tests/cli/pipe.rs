//! Output that nobody reads to its end, whatever the command.

use crate::test_directory::{ALLOWED, BLOCKED, SCHEMA, TestDirectory};

/// `actra ... | true` is fine, whatever the command.
#[test]
fn a_closed_pipe_is_fine() {
    let directory = TestDirectory::with_set().file("requests.jsonl", ALLOWED).file("request.json", ALLOWED);
    for arguments in [
        "--help",
        "--version",
        "check --help",
        "init new",
        "check set",
        "check set --format json",
        "check set --format sarif",
        "check set --format github",
        "check set --format markdown",
        "hash set",
        "explain E0103",
        "explain set --request request.json",
        "explain set --plan",
        "decide set --input requests.jsonl",
        "bench set --input requests.jsonl --seconds 0.05",
        "watch set --once",
        "watch set",
        "completions bash",
        "man",
        "man pages",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = directory.command(arguments).stdout(writer).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*message), (Some(0), ""), "{arguments}");
    }
}

/// Whoever stops reading early still learns by the status that the answer is no: `set -o pipefail` relies on it.
#[test]
fn a_closed_pipe_does_not_turn_a_no_into_a_yes() {
    let many: String = (0..3000)
        .map(|idx| format!("  - {{ id: r{idx}, scope: {{ action: nothing }}, when: true, effect: block }}\n"))
        .collect();
    let directory = TestDirectory::with_set()
        .file("wide/policy.yaml", "version:   1\n")
        .file("bad/schema.yaml", SCHEMA)
        .file("bad/policy.yaml", format!("version: 1\nrules:\n{many}"))
        .file(
            "set/tests/t.yaml",
            format!(
                "version: 1\ncases:\n  - {{ name: n, request: {BLOCKED}, expect: {{ effect: allow }} }}\n"
            ),
        );
    for arguments in [
        "check bad --format markdown",
        "check bad --format sarif",
        "check bad --format json",
        "test set",
        "test set --format json",
        "test set --format junit",
        "fmt wide --check",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = directory.command(arguments).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}");
    }
}
