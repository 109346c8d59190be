//! Governance through the commands.

use super::test_directory::TestDirectory;

const RULES: &str = "version: 1
governance:
  rules:
    - id: blocks
      select: { where: { effect: block } }
      must: { min_count: 1 }
      error: Something must be blocked
    - id: ships
      applies_to: { actions: [ship], if_declared: true }
      select: { where: { effect: block } }
      must: { min_count: 9 }
      error: Ships are blocked
";

fn governed(governance: &str) -> TestDirectory {
    TestDirectory::with_set().file("set/governance.yaml", governance)
}

#[test]
fn a_set_that_keeps_to_it_is_fine_and_says_what_was_skipped() {
    let directory = governed(RULES);
    let run = directory.run("check set");
    assert_eq!(run.code, 0, "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines[0].starts_with("ok: 2 rules, 2 actions, 1 demand of governance, sha256:"), "{run:?}");
    assert_eq!(lines[1..], ["skipped: `ships`, since the schema declares none of `ship`"]);
    let json = directory.run("check set --format json").out;
    let skipped = r#""skipped":[{"rule":"ships","actions":["ship"],"file":"governance.yaml","line":8,"#;
    assert!(json.contains(skipped), "{json}");
    assert!(json.contains(r#""rules":1,"invariants":0,"baseline":false"#), "{json}");
}

#[test]
fn every_command_refuses_a_set_that_breaks_it_and_every_format_says_so() {
    let directory = governed(&RULES.replace("min_count: 1", "max_count: 0"));
    let run = directory.run("check set");
    assert_eq!(
        (run.code, run.out.as_str()),
        (1, "refused: 1 error\nskipped: `ships`, since the schema declares none of `ship`\n")
    );
    assert!(run.err.contains("error[E0901]: `blocks`: Something must be blocked"), "{run:?}");
    for format in ["json", "sarif", "github", "markdown"] {
        let run = directory.run(&format!("check set --format {format}"));
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains("E0901") && run.out.contains("Something must be blocked"), "{run:?}");
        assert!(run.out.contains("governance.yaml"), "{run:?}");
    }
    let directory = directory.file("requests.jsonl", "{}").file("r.json", "{}");
    for command in
        ["decide set --input requests.jsonl", "hash set", "explain set --request r.json", "test set"]
    {
        let run = directory.run(command);
        assert_eq!(run.code, 2, "{command}: {run:?}");
        assert!(run.err.contains("E0901"), "{command}: {run:?}");
    }
}

#[test]
fn the_governance_has_a_hash_of_its_own() {
    let hashes = |directory: &TestDirectory| {
        let json = directory.run("hash set --format json").out;
        let (policy, governance) = json.split_once(",\"governance_hash\":").unwrap();
        (policy.to_owned(), governance.to_owned())
    };
    let (policy, governance) = hashes(&governed(RULES));
    assert!(governance.starts_with("\"sha256:"), "{governance}");
    assert_eq!(hashes(&TestDirectory::with_set()), (policy.clone(), "null}\n".to_owned()));
    assert_eq!(hashes(&governed(&format!("# a comment\n{RULES}"))), (policy.clone(), governance.clone()));
    let (same, other) = hashes(&governed(&RULES.replace("min_count: 9", "min_count: 8")));
    assert!(same == policy && other != governance);
}

#[test]
fn what_stands_in_its_place_is_never_an_absence() {
    let codes = |directory: &TestDirectory| {
        let json = directory.run("check set --format json").out;
        let codes = json.split("\"code\":\"").skip(1).filter_map(|rest| rest.get(..5));
        codes.filter(|code| code.starts_with('E')).map(str::to_owned).collect::<Vec<_>>()
    };
    for name in
        ["governance.yml", "Governance.yaml", "governance.YAML", "governance.json", "governance.yaml.yaml"]
    {
        assert_eq!(
            codes(&TestDirectory::with_set().file(&format!("set/{name}"), RULES)),
            ["E0003"],
            "{name}"
        );
    }
    assert_eq!(codes(&TestDirectory::with_set().file("set/governance.yaml/rules.yaml", RULES)), ["E0002"]);
    assert_eq!(codes(&governed("")), ["E0104"]);
    assert_eq!(codes(&governed("version: 1\ngovernance: {}\n")), ["E0104"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_no_absence() {
    let directory = TestDirectory::with_set();
    std::os::unix::fs::symlink("nowhere", directory.path().join("set/governance.yaml")).unwrap();
    let run = directory.run("check set");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("E0002") && run.err.contains("a link that leads nowhere"), "{run:?}");
}

#[test]
fn a_baseline_is_read_relative_to_the_set() {
    let governance =
        |path: &str| format!("version: 1\ngovernance: {{ baseline: {{ no_weaker_than: {path} }} }}\n");
    let directory = governed(&governance("../released"));
    let run = directory.run("check set");
    assert!(run.err.contains("E0906") && run.err.contains("there is no policy directory"), "{run:?}");
    let run = governed(&governance("../set")).run("check set");
    assert!(run.err.contains("E0906") && run.err.contains("it is the set itself"), "{run:?}");
}

#[test]
fn a_weaker_policy_is_refused_with_a_request_and_both_rules() {
    let released = super::test_directory::POLICY.replace("1000", "500");
    let directory = governed("version: 1\ngovernance: { baseline: { no_weaker_than: ../released } }\n")
        .file("released/schema.yaml", super::test_directory::SCHEMA)
        .file("released/policy.yaml", released);
    let run = directory.run("check set");
    assert_eq!(run.code, 1, "{run:?}");
    for part in
        ["E0905", "for example {", "was `block` by the rule `block_large_refund`", "released/policy.yaml:4:9"]
    {
        assert!(run.err.contains(part), "{part}: {run:?}");
    }
    let same = directory.file("released/policy.yaml", super::test_directory::POLICY).run("check set");
    assert_eq!(same.code, 0, "{same:?}");
}

#[test]
fn governance_is_formatted_like_any_file() {
    let directory = governed("version: 1\ngovernance:\n    rules:   [ ]\n");
    let run = directory.run("fmt set/governance.yaml");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(directory.run("fmt set/governance.yaml --check").code, 0);
}
