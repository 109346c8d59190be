//! Changes that no test notices: by rule, and as a file of tests that do.

use crate::test_directory::TestDirectory;

fn tested() -> TestDirectory {
    TestDirectory::with_set().file(
        "set/tests/one.yaml",
        "version: 1\ncases:\n  - name: one\n    request: { action: { type: refund, amount: 1 }, actor: { role: a } }\n    expect: { effect: allow }\n",
    )
}

#[test]
fn the_tests_that_are_written_notice_every_change() {
    let directory = tested();
    let run = directory.run("test set --mutants --write set/tests/new/mutants.yaml");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("actra: wrote "), "{run:?}");
    let text = std::fs::read_to_string(directory.path().join("set/tests/new/mutants.yaml")).unwrap();
    let run = directory.run("test set --mutants --fail-under 100");
    assert_eq!(run.code, 0, "{text}\n{run:?}");
    assert!(run.out.contains("mutation score 100.00 %"), "{run:?}");
    let again = directory.run("test set --mutants --write set/tests/more.yaml");
    assert!(again.code == 0 && again.err.contains("is not written: tests notice every change"), "{again:?}");
}

#[test]
fn nothing_is_overwritten_or_written_where_it_would_not_run() {
    let directory = tested();
    for (file, reason) in [
        ("set/tests/one.yaml", "already exists"),
        ("set/new.yaml", "would not be run"),
        ("set/tests/new.txt", "would not be run"),
        ("set/tests/../new.yaml", "would not be run"),
        ("elsewhere/tests/new.yaml", "would not be run"),
    ] {
        let run = directory.run(&format!("test set --mutants --write {file}"));
        assert!(run.code == 2 && run.out.is_empty() && run.err.contains(reason), "{file}: {run:?}");
    }
    assert_eq!(directory.run("test set --write set/tests/new.yaml").code, 2, "only with mutants");
    let run = directory.run("test set set --mutants --write set/tests/new.yaml");
    assert!(run.code == 2 && run.err.contains("works with one set at a time"), "{run:?}");
}

#[test]
fn changes_stand_by_their_rules() {
    let run = tested().run("test set --mutants");
    let (_, listed) = run.out.split_once("not noticed:\n").unwrap();
    assert!(listed.contains("\n  rule ask_before_deleting: "), "{listed}");
    assert!(listed.contains("`--all` shows them\n"), "{listed}");
    assert!(!tested().run("test set --mutants --all").out.contains("`--all` shows"));
}
