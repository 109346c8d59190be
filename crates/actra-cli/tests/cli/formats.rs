//! The formats of `check` that other tools read.

use serde_json::Value;

use crate::test_directory::{POLICY, SCHEMA, TestDirectory};

/// With a warning and an error, in files whose names need escaping.
fn directory(set: &str) -> TestDirectory {
    let policy = POLICY.replace("action.amount > 1000", "action.amuont > 1000");
    TestDirectory::empty()
        .file(&format!("{set}/schema.yaml"), SCHEMA)
        .file(&format!("{set}/policy.yaml"), policy.replace("default: allow\n", ""))
}

#[test]
fn sarif_names_files_as_the_repository_does() {
    for (set, uri) in [("set", "set/policy.yaml"), ("./é:%/", "%C3%A9%3A%25/policy.yaml")] {
        let run = directory(set).run(&format!("check {set} --format sarif"));
        assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
        let log: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        for result in results {
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], uri);
            assert!(place["region"]["startColumn"].as_u64().unwrap() > 0);
            let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        }
    }
}

#[test]
fn a_set_in_the_current_directory_has_plain_paths() {
    let directory = directory("set");
    let mut command = directory.command("check . --format github");
    let output = command.current_dir(directory.path().join("set")).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("::error file=policy.yaml,line=5,"), "{out}");
}

#[test]
fn github_gets_one_command_a_problem() {
    let run = directory("a,b").run("check a,b --format github");
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 3, "{run:?}");
    assert!(lines[0].starts_with("::warning file=a%2Cb/policy.yaml,line=1,"), "{run:?}");
    assert!(lines[1].starts_with("::error file=a%2Cb/policy.yaml,line=5,endLine=5,col=18,"), "{run:?}");
    assert!(lines[1].contains(",title=E0501::"), "{run:?}");
    assert_eq!(lines[2], "refused: 1 error, 1 warning");
}

#[test]
fn markdown_is_a_verdict_and_a_table() {
    let run = directory("set").run("check set --format markdown");
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
    assert!(run.out.starts_with("refused: 1 error, 1 warning\n\n| severity | code | place | what |\n|"));
    assert_eq!(run.out.lines().filter(|line| line.starts_with("| ")).count(), 3, "{run:?}");
    let fine = TestDirectory::with_set().run("check set --format markdown");
    assert_eq!(fine.code, 0, "{fine:?}");
    assert_eq!(fine.out.lines().count(), 1, "{fine:?}");
}

#[test]
fn denied_warnings_are_a_no_in_every_format() {
    let warned = POLICY.replace("default: allow\n", "");
    let directory = TestDirectory::empty().file("set/schema.yaml", SCHEMA).file("set/policy.yaml", warned);
    for format in ["human", "json", "sarif", "github", "markdown"] {
        assert_eq!(directory.run(&format!("check set --format {format}")).code, 0, "{format}");
        assert_eq!(
            directory.run(&format!("check set --deny-warnings --format {format}")).code,
            1,
            "{format}"
        );
    }
}
