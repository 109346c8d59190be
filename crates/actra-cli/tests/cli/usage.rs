//! Help, wrong arguments, output that cannot be written, and hashes.

use std::fs::File;

use crate::test_directory::TestDirectory;

#[test]
fn help_and_version_are_fine() {
    let directory = TestDirectory::empty();
    for (arguments, expected) in [
        ("--version", "actra 0."),
        ("--help", "Exit codes: 0 fine, 1 the answer is no"),
        ("help check", "actra check policies/payments --deny-warnings"),
        ("check --help", "Examples:"),
        ("decide --help", "actra decide policies/payments --input requests.jsonl --format json"),
        ("explain --help", "actra explain E0103"),
        ("hash --help", "actra hash policies/payments"),
        ("test --help", "actra test policies/payments --coverage --mutants --fail-under 95"),
    ] {
        let run = directory.run(arguments);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments}");
        assert!(run.out.contains(expected), "{arguments}: {}", run.out);
    }
}

#[test]
fn wrong_arguments_are_wrong_input() {
    let directory = TestDirectory::with_set();
    for arguments in [
        "",
        "frobnicate",
        "check --format",
        "check set --frobnicate",
        "check set --format xml",
        "decide set --format sarif",
        "decide set --jobs 0",
        "decide set --jobs x",
        "decide set --input nowhere.jsonl",
        "decide set --input .",
        "explain",
        "explain set",
        "explain set --request nowhere.json",
        "explain E9999",
        "explain E0103 --request request.json",
        "hash",
        "test",
        "test set --fail-under 90",
        "test set --mutants --fail-under 101",
        "test set --format sarif",
        "hash nowhere",
        "check nowhere",
        "check set/schema.yaml",
        "check compiled.actra",
    ] {
        let run = directory.run(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}: {run:?}");
        assert!(!run.err.is_empty(), "{arguments}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let directory = TestDirectory::with_set().file("requests.jsonl", crate::test_directory::ALLOWED);
    for arguments in [
        "--help",
        "--version",
        "check set",
        "check set --format json",
        "hash set",
        "explain E0103",
        "decide set --input requests.jsonl",
        "explain set --request requests.jsonl",
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = directory.command(arguments).stdout(full).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments}: {message}");
        assert!(message.starts_with("actra: cannot write to standard output"), "{arguments}: {message}");
    }
}

#[test]
fn the_hash_is_that_of_the_check() {
    let directory = TestDirectory::with_set();
    let hash = directory.run("hash set");
    assert_eq!(hash.code, 0, "{hash:?}");
    let hash = hash.out.trim_end();
    assert!(hash.starts_with("sha256:") && hash.len() == 71, "{hash}");
    let json = directory.run("hash set --format json").out;
    assert_eq!(
        json,
        format!("{{\"schema\":\"actra/hash/v1\",\"policy_hash\":\"{hash}\",\"governance_hash\":null}}\n")
    );
    assert_eq!(directory.run("check set").out, format!("ok: 2 rules, 2 actions, {hash}\n"));
}
