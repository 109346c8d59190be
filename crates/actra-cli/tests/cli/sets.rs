//! Where sets come from: several in one run, the working directory, and repositories.

use std::process::Command;

use crate::test_directory::{POLICY, SCHEMA, TestDirectory};

const CASES: &str = "version: 1\ncases:\n  - name: small\n    request: { action: { type: refund, amount: 1 }, actor: { role: a } }\n    expect: { effect: allow }\n";

/// Two sets that are fine and one that is refused.
fn three() -> TestDirectory {
    let mut directory = TestDirectory::empty();
    for set in ["a", "b", "bad"] {
        let policy = if set == "bad" { POLICY.replace("amount", "amuont") } else { POLICY.to_owned() };
        directory = directory
            .file(&format!("{set}/schema.yaml"), SCHEMA)
            .file(&format!("{set}/policy.yaml"), policy)
            .file(&format!("{set}/tests/cases.yaml"), CASES);
    }
    directory
}

fn git(directory: &TestDirectory, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn check_takes_several_sets() {
    let directory = three();
    let run = directory.run("check a b");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let starts: Vec<&str> = run.out.lines().map(|line| line.split(" rules").next().unwrap()).collect();
    assert_eq!(starts, ["a: ok: 2", "b: ok: 2"]);
    let run = directory.run("check a bad b");
    assert!(run.code == 1 && run.out.contains("bad: refused: 1 error\nb: ok"), "{run:?}");
    let run = directory.run("check a nowhere b");
    assert!(run.code == 2 && run.out.contains("b: ok"), "{run:?}");
    assert_eq!(run.err, "actra: there is no policy directory `nowhere`\n");
    let json = directory.run("check a bad --format json").out;
    let sets: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&sets[0]["set"], &sets[1]["ok"]), (&"a".into(), &false.into()));
    let sarif: serde_json::Value =
        serde_json::from_str(&directory.run("check a bad --format sarif").out).unwrap();
    assert_eq!(sarif["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn test_takes_several_sets() {
    let directory = three();
    let run = directory.run("test a b");
    let expected = "a: 1 test passed\nb: 1 test passed\n";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, expected, ""));
    let run = directory.run("test bad b");
    assert_eq!((run.code, run.out.as_str()), (2, "b: 1 test passed\n"), "{run:?}");
    let junit = directory.run("test a b --format junit").out;
    let document = roxmltree::Document::parse(&junit).unwrap();
    let files: Vec<_> = document.descendants().filter_map(|node| node.attribute("classname")).collect();
    assert_eq!(files, ["a/tests/cases.yaml", "b/tests/cases.yaml"]);
    let run = directory.run("test a b --filter nothing");
    assert_eq!((run.code, run.err.as_str()), (2, "actra: no test in `a`, `b` has `nothing` in its name\n"));
    let directory = three().file("a/tests/other.yaml", CASES.replace("small", "other"));
    let run = directory.run("test a b --filter other");
    assert_eq!((run.code, run.out.as_str()), (0, "a: 1 test passed\n"), "only one of them has it");
}

#[test]
fn the_working_folder_is_the_set_that_is_meant() {
    let directory = TestDirectory::empty()
        .file("schema.yaml", SCHEMA)
        .file("policy.yaml", POLICY)
        .file("tests/cases.yaml", CASES);
    for command in ["check", "test", "fmt --check"] {
        assert!(directory.run(command).code < 2, "{command}: {:?}", directory.run(command));
    }
    let other = TestDirectory::empty().file("compose.yaml", "a:   1\n");
    let run = other.run("fmt");
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(run.err, "actra: there is no `schema.yaml` here; name the files or directories to format\n");
    assert_eq!(std::fs::read_to_string(other.path().join("compose.yaml")).unwrap(), "a:   1\n");
}

#[test]
fn a_repository_is_read_from_any_folder() {
    let directory = three()
        .file("a/governance.yaml", "version: 1\ngovernance:\n  baseline: { no_weaker_than: ../b }\n")
        .file("elsewhere/x", "");
    git(&directory, &["init", "--quiet"]);
    git(&directory, &["add", "a", "b"]);
    git(&directory, &["commit", "--quiet", "-m", "first"]);
    std::fs::remove_dir_all(directory.path().join("b")).unwrap();
    for (place, name) in [
        (".", "git:HEAD:b"),
        ("a", "git:HEAD:../b"),
        ("a/tests", "git:HEAD:../../b"),
        ("a", "git:HEAD:/b"),
        ("a", "git:HEAD:."),
        ("a", "git:HEAD:"),
        ("elsewhere", "git:HEAD:../a"),
    ] {
        for command in ["check", "test", "hash", "decide"] {
            let mut run = directory.command(&format!("{command} {name}"));
            let output = run.current_dir(directory.path().join(place)).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{command} {name} in {place}: {output:?}");
        }
    }
    let run = directory.command("check git:HEAD:../b").current_dir(std::env::temp_dir()).output().unwrap();
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let name = format!("check git:HEAD:{}/a", directory.path().file_name().unwrap().to_str().unwrap());
    let run = directory.command(&name).current_dir(std::env::temp_dir()).output().unwrap();
    assert_eq!(run.status.code(), Some(0), "from outside of the repository: {run:?}");
    // As in a hook of git.
    let run = directory.command("check git:HEAD:a").env("GIT_DIR", ".git").output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let run = directory.run("check git:HEAD:gone/../../a");
    assert!(run.code == 2 && run.err.contains("leads out of the repository"), "{run:?}");
    let run = directory.run("fmt git:HEAD:a");
    assert!(run.code == 2 && run.err.contains("cannot be changed"), "{run:?}");
}

#[test]
fn a_repository_may_hold_a_new_set() {
    let directory = TestDirectory::empty().file(".git/HEAD", "").file(".editorconfig", "");
    let run = directory.run("init --kind payments");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(directory.run("check").code, 0);
}

#[test]
fn json_over_several_lines_is_one_fault() {
    let pretty = "{\n  \"action\": {\n    \"type\": \"refund\",\n    \"amount\": 1\n  }\n}\n";
    let directory =
        TestDirectory::with_set().file("pretty.json", pretty).file("list.json", format!("[\n{pretty}]\n"));
    let expected = "actra: `pretty.json` holds a request over several lines, but each line must be one request; \
                    `jq -c . pretty.json` converts it\n";
    for command in [
        "decide set --input pretty.json",
        "decide set --input pretty.json --jobs 2",
        "bench set --input pretty.json",
    ] {
        let run = directory.run(command);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (2, "", expected), "{command}");
    }
    let run = directory.run_with("decide set --format json", pretty);
    assert!(
        run.code == 2 && run.err.contains("standard input holds a request over several lines"),
        "{run:?}"
    );
    assert!(directory.run("decide set --input list.json").err.contains("`jq -c '.[]' list.json`"));
}
