//! What is alike is shown a few times and counted, whatever the command; programs get everything.

use crate::test_directory::{SCHEMA, TestDirectory};

/// A set in which every one of many rules reads a field that has another name now.
fn renamed(rules: usize) -> TestDirectory {
    let rule = |number: usize| {
        format!(
            "  - id: rule_{number}\n    scope: {{ action: refund }}\n    when: action.amuont > {number}\n    effect: block\n"
        )
    };
    let rules: String = (0..rules).map(rule).collect();
    TestDirectory::empty()
        .file("set/schema.yaml", SCHEMA)
        .file("set/policy.yaml", format!("version: 1\ndefault: allow\nrules:\n{rules}"))
        .file("requests.jsonl", "{}\n")
        .file("request.json", "{}\n")
}

#[test]
fn one_cause_is_counted_by_every_command() {
    let directory = renamed(100);
    for command in [
        "check set",
        "check set --proofs",
        "decide set",
        "explain set --request request.json",
        "explain set --plan",
        "prove set --for action=refund --effect block",
        "diff set set",
        "can set",
        "test set",
        "fmt set --expressions",
        "schema --for set",
        "codegen python set",
        "watch set --once",
        "bench set --input requests.jsonl",
        "hash set",
        "compile set -o set.actra",
    ] {
        let run = directory.run(command);
        assert_ne!(run.code, 0, "{command}: {run:?}");
        assert!(run.err.contains("... and 96 more like it; `--all` shows them\n"), "{command}: {}", run.err);
        assert!(run.err.lines().count() < 40, "{command}: {}", run.err);
        let all = directory.run(&format!("{command} --all"));
        assert_eq!(all.err.matches("error[E0501]").count(), 100, "{command}");
    }
}

#[test]
fn one_renamed_field_in_thousands_of_rules_is_a_screenful() {
    let directory = renamed(5_000);
    for command in ["check set", "compile set -o set.actra"] {
        let run = directory.run(command);
        assert!(
            run.err.contains("... and 4,996 more like it; `--all` shows them\n"),
            "{command}: {}",
            run.err
        );
        assert!(run.err.lines().count() <= 41, "{command}: {}", run.err);
    }
}

#[test]
fn programs_get_everything() {
    let directory = renamed(100);
    for format in ["json", "sarif"] {
        let run = directory.run(&format!("check set --format {format}"));
        assert_eq!(run.out.matches("did you mean").count(), 100, "{format}");
    }
}

#[test]
fn github_and_markdown_are_read_by_people() {
    let directory = renamed(100);
    let run = directory.run("check set --format github");
    assert_eq!(run.out.matches("::error ").count(), 10, "{}", run.out);
    assert!(
        run.out.contains("90 more errors: GitHub shows only 10 per step; `--all` shows them\n"),
        "{}",
        run.out
    );
    assert_eq!(directory.run("check set --format github --all").out.matches("::error ").count(), 100);
    let run = directory.run("check set --format markdown");
    assert!(
        run.out.contains("| ... and 96 more like it; <code>&#45;&#45;all</code>")
            || run.out.contains("96 more like it")
    );
    assert!(run.out.lines().count() < 12, "{}", run.out);
}

#[test]
fn failing_tests_are_counted() {
    let cases: String = (0..30)
        .map(|number| {
            format!("  - name: case {number}\n    request: {{ action: {{ type: refund, amount: 1 }}, actor: {{ role: a }} }}\n    expect: {{ effect: block }}\n")
        })
        .collect();
    let directory =
        TestDirectory::with_set().file("set/tests/many.yaml", format!("version: 1\ncases:\n{cases}"));
    let run = directory.run("test set");
    assert_eq!((run.code, run.out.matches("FAILED ").count()), (1, 20), "{}", run.out);
    assert!(run.out.contains("... and 10 more failing tests; `--all` shows them\n"), "{}", run.out);
    assert_eq!(directory.run("test set --all").out.matches("FAILED ").count(), 30);
    assert_eq!(directory.run("test set --format junit").out.matches("<failure ").count(), 30);
}
