//! What each command prints, for people and for programs, as files to review.

use insta::assert_snapshot;

use crate::test_directory::TestDirectory;

/// Each run with its command, exit status and what it printed.
fn runs(directory: &TestDirectory, commands: &[&str]) -> String {
    let mut text = String::new();
    for arguments in commands {
        let run = directory.run(arguments);
        text += &format!("$ actra {arguments}\n");
        for (name, printed) in [("stdout", &run.out), ("stderr", &run.err)] {
            if !printed.is_empty() {
                text += &format!("--- {name}\n{}", stable(printed));
            }
        }
        text += &format!("--- exit {}\n\n", run.code);
    }
    text
}

/// Without what changes with each version.
fn stable(text: &str) -> String {
    let mut shown = String::new();
    for (idx, part) in text.replace(env!("CARGO_PKG_VERSION"), "VERSION").split("sha256:").enumerate() {
        if idx == 0 {
            shown += part;
        } else {
            shown += "sha256:...";
            shown += part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        }
    }
    shown
}

fn payments() -> TestDirectory {
    let directory = TestDirectory::empty();
    assert_eq!(directory.run("init payments --kind payments").code, 0);
    directory
}

/// Each of the first faults that people make.
fn broken() -> TestDirectory {
    let directory = payments();
    let path = directory.path().join("payments/policy.yaml");
    let policy = std::fs::read_to_string(&path).unwrap();
    let policy =
        policy.replace("default: allow\n", "").replace("fraud_flag", "fraud_flg").replace("unless", "unles");
    directory.file("payments/policy.yaml", policy)
}

#[test]
fn init() {
    let commands = ["init", "init .", "init new --kind deployments", "init new", "init --kind other"];
    assert_snapshot!(runs(&TestDirectory::empty(), &commands));
}

#[test]
fn check() {
    let commands = ["check payments", "check payments --format json", "check payments --format markdown"];
    assert_snapshot!(runs(&payments(), &commands));
}

#[test]
fn check_refused() {
    let formats = ["human", "json", "sarif", "github", "markdown"];
    let commands = formats.map(|format| format!("check payments --format {format}"));
    assert_snapshot!(runs(&broken(), &commands.each_ref().map(String::as_str)));
}

#[test]
fn decide() {
    let commands = [
        "decide payments --input payments/requests.jsonl",
        "decide payments --input payments/requests.jsonl --format json",
    ];
    assert_snapshot!(runs(&payments(), &commands));
}

#[test]
fn explain() {
    let commands = [
        "explain payments --request payments/request.json",
        "explain payments --request payments/request.json --format json",
        "explain payments --plan",
        "explain payments --plan --format json",
        "explain W0001",
        "explain W0001 --format json",
    ];
    assert_snapshot!(runs(&payments(), &commands));
}

#[test]
fn hash() {
    assert_snapshot!(runs(&payments(), &["hash payments", "hash payments --format json", "hash nowhere"]));
}

#[test]
fn watch() {
    let directory = payments().file(
        "payments/tests/more.yaml",
        "version: 1\npolicy: ..\ncases:\n  - name: wrong\n    request: {}\n    expect: { effect: allow }\n",
    );
    assert_snapshot!(runs(&directory, &["watch payments --once"]));
}

#[test]
fn usage() {
    assert_snapshot!(runs(
        &TestDirectory::empty(),
        &["", "check", "chek set", "check set --format xml", "bench set"]
    ));
}
