//! `actra explain SET --plan`

use crate::test_directory::{ALLOWED, TestDirectory};

const SCHEMA: &str = "\
version: 1
actions:
  call:
    fields:
      tool: string
      other: string
      note: string?
      urgent: boolean
      amount: number
      most: number
      tags: list<string>
      numbers: list<number>
      to: { type: object, fields: { name: string } }
actor: { fields: { role: string } }
";

/// A set whose only action has these conditions, each twelve times with other literals.
fn directory(conditions: &[&str]) -> TestDirectory {
    let mut policy = "version: 1\ndefault: allow\nrules:\n".to_owned();
    for (kind, condition) in conditions.iter().enumerate() {
        for number in 10..22 {
            let condition = condition.replace('N', &number.to_string());
            policy += &format!(
                "  - {{ id: r{kind}_{number}, scope: {{ action: call }}, when: '{condition}', effect: block }}\n"
            );
        }
    }
    TestDirectory::empty().file("set/schema.yaml", SCHEMA).file("set/policy.yaml", policy)
}

/// How rules with a condition are found: what stands behind the place, of all twelve.
fn found(condition: &str) -> String {
    let run = directory(&[condition]).run("explain set --plan");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{condition}: {run:?}");
    let rules = run.out.lines().filter_map(|line| Some(line.strip_prefix("r0_")?.split_once("  ")?.1));
    let mut ways: Vec<&str> = rules.filter_map(|rule| Some(rule.split_once("  ")?.1)).collect();
    assert_eq!(ways.len(), 12, "{condition}: {run:?}");
    ways.dedup();
    ways.join(" / ")
}

#[test]
fn tests_of_a_field_against_literals_find_rules() {
    let same_field =
        (0..20).map(|number| format!("action.tool == \"t{number}-N\"")).collect::<Vec<_>>().join(" || ");
    for (condition, way) in [
        ("action.tool == \"tN\"", "by action.tool == ..."),
        ("action.tool in [\"tN\", \"u\"] && action.other != \"x\"", "by action.tool == ..."),
        ("action.amount == N", "by action.amount == ..."),
        ("action.urgent && action.amount + 1 > N", "by action.urgent == ..., with 1 complex part"),
        (&same_field, "by action.tool == ..."),
        ("\"tN\" in action.tags", "by ... in action.tags"),
        ("action.tool.startsWith(\"tN\")", "by action.tool.startsWith(...)"),
        ("action.amount > N", "by threshold"),
        ("!(action.amount <= N)", "by threshold"),
        ("has(action.note) && action.note == \"tN\"", "by action.note == ..."),
        (
            "action.tool == \"tN\" || action.other == \"oN\"",
            "by action.other == ..., or by action.tool == ...",
        ),
        ("action.tool == \"tN\" && action.to.name == \"x\"", "by action.tool == ..., with 1 complex part"),
    ] {
        assert_eq!(found(condition), way, "{condition}");
    }
}

#[test]
fn other_tests_find_no_rules() {
    let many = |count: usize| {
        let tests = (0..count).map(|number| match number % 2 {
            0 => format!("action.tool == \"t{number}-N\""),
            _ => format!("action.other == \"t{number}-N\""),
        });
        tests.collect::<Vec<_>>().join(" || ")
    };
    assert!(!found(&many(16)).contains("every request"));
    for condition in [
        "action.tool != \"tN\"",
        "!(\"tN\" in action.tags)",
        "!action.tool.startsWith(\"tN\")",
        "!(action.tool in [\"tN\", \"u\"])",
        "action.tool == \"tN\" || action.other != \"oN\"",
        "action.amount + 1 > N",
        "action.tool.size() > N",
        "action.tool.endsWith(\"N\")",
        "action.tool.contains(\"N\")",
        "action.tool.matches(\"^tN$\")",
        "action.amount < action.most",
        "N in action.numbers",
        "action.to.name == \"tN\"",
        "action.tags.exists(tag, tag == \"tN\")",
        "has(action.note)",
        &many(17),
    ] {
        assert!(found(condition).starts_with("every request in scope"), "{condition}: {}", found(condition));
    }
}

#[test]
fn few_rules_are_gone_through() {
    let run = TestDirectory::with_set().run("explain set --plan");
    let expected = "\
2 rules
  1 evaluated for every request in scope: the index cannot find it
  1 evaluated for every request in scope: only a few rules
the index can find a rule if its condition compares a field with literals (equality, membership, prefix, threshold)
and joins that comparison to the rest by `&&`; with `||`, each side needs one
up to eight rules for an action are evaluated one by one, and so are fewer than three that the same test finds (fewer than eight for thresholds): that is faster

ask_before_deleting  set/policy.yaml:11  every request in scope
block_large_refund  set/policy.yaml:6  every request in scope, as one of only a few rules
";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, expected, ""));
}

#[test]
fn rules_that_are_not_found_come_first_and_the_rest_is_counted() {
    let conditions =
        ["action.tool == \"tN\"", "action.amount > N", "\"tN\" in action.tags", "false && action.amount > N"];
    let directory =
        directory(&[&conditions[..], &["action.tool != \"tN\"", "action.tool.startsWith(\"tN\")"]].concat());
    let run = directory.run("explain set/ --plan");
    let start = "\
72 rules
  12 evaluated for every request in scope: the index cannot find it
  12 found by equality
  12 found by membership
  12 found by prefix
  12 found by threshold
  12 never evaluated: the condition is false
the index can find a rule if its condition compares a field with literals (equality, membership, prefix, threshold)
and joins that comparison to the rest by `&&`; with `||`, each side needs one

r4_10  set/policy.yaml:52  every request in scope
";
    assert!(run.out.starts_with(start), "{}", run.out);
    assert!(run.out.contains("\nr0_10  set/policy.yaml:4  by action.tool == ...\n"), "{}", run.out);
    assert!(run.out.ends_with("\nand 22 more; `--all` shows them\n"), "{}", run.out);
    let all = directory.run("explain set --plan --all");
    assert_eq!(
        all.out.lines().filter(|line| line.starts_with('r') && line.contains("set/policy.yaml")).count(),
        72
    );
    assert!(!all.out.contains("more;"), "{}", all.out);
}

#[test]
fn programs_get_all_rules_in_file_order() {
    let run = directory(&["action.tool == \"tN\" && action.to.name == \"x\"", "action.tool != \"tN\""])
        .run("explain set --plan --format json");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let start = r#"{"schema":"actra/plan/v1","rules":[{"rule":"r0_10","file":"policy.yaml","line":4,"by":[{"kind":"equality","field":"action.tool"}],"walked":1},"#;
    assert!(run.out.starts_with(start), "{run:?}");
    let end = r#"{"rule":"r1_21","file":"policy.yaml","line":27,"by":[{"kind":"scope"}],"walked":0}]}"#;
    assert!(run.out.trim_end().ends_with(end), "{run:?}");
}

#[test]
fn a_plan_is_of_a_set_and_of_no_request() {
    let directory = TestDirectory::with_set().file("request.json", ALLOWED);
    for arguments in [
        "explain set --plan --request request.json",
        "explain set --all",
        "explain E0103 --plan",
        "explain nothing --plan",
    ] {
        let run = directory.run(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}: {run:?}");
    }
}
