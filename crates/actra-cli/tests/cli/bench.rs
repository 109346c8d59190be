//! `actra bench`: the times that it measures, for people and for programs, and what it finds slow.

use serde_json::Value;

use crate::test_directory::{ALLOWED, ASKED, BLOCKED, POLICY, SCHEMA, TestDirectory};

fn directory() -> TestDirectory {
    TestDirectory::with_set().file("requests.jsonl", [ALLOWED, "", BLOCKED, ASKED, ""].join("\n"))
}

#[test]
fn people_get_times_and_rules() {
    let run = directory().run("bench set --input requests.jsonl --seconds 0.05");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    for expected in [
        "3 requests, ",
        "  p50    ",
        "  p99    ",
        "  p99.9  ",
        " decisions a second in one thread",
        "  block_large_refund  set/policy.yaml:6",
        "  ask_before_deleting  set/policy.yaml:11",
        "rules that the index cannot find",
    ] {
        assert!(run.out.contains(expected), "no {expected:?} in {}", run.out);
    }
}

#[test]
fn programs_get_the_same() {
    let run = directory().run("bench set --input requests.jsonl --seconds 0.05 --format json");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert!(run.out.starts_with(r#"{"schema":"actra/bench/v1","requests":3,"faults":0,"#), "{run:?}");
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let time = |name: &str| report["nanoseconds"][name].as_u64().unwrap();
    assert!(time("p50") <= time("p99") && time("p99") <= time("p99.9"), "{report}");
    assert!(report["decisions"].as_u64().unwrap() > 100, "{report}");
    assert!(report["decisions_per_second"].as_u64().unwrap() > 1000, "{report}");
    assert_eq!(report["slowest"].as_array().unwrap().len(), 2, "{report}");
    assert_eq!(report["plan"].as_array().unwrap().len(), 2, "{report}");
}

/// Of many rules, one compares with nothing that the index knows, and one takes much longer than the others.
#[test]
fn the_slow_and_the_unfound_are_named() {
    let fast: String = (0..20)
        .map(|idx| {
            format!("  - {{ id: fast_{idx}, scope: {{ action: refund }}, when: action.amount == {idx}, effect: block }}\n")
        })
        .collect();
    let slow = "  - { id: slow, scope: { action: refund }, when: 'action.amount < 0 && actor.role.matches(\"^[a-z]*[0-9]+$\") || actor.role.replace(\"s\", \"t\").split(\"p\").exists(x, x.contains(\"zz\"))', effect: block }\n";
    let policy = format!("version: 1\ndefault: allow\nrules:\n{fast}{slow}");
    let directory = TestDirectory::empty()
        .file("set/schema.yaml", SCHEMA)
        .file("set/policy.yaml", policy)
        .file("r.jsonl", ALLOWED);
    let run = directory.run("bench set --input r.jsonl --seconds 0.2 --format json");
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["slowest"][0]["rule"], "slow", "{report}");
    let human = directory.run("bench set --input r.jsonl --seconds 0.05").out;
    let (_, unfound) = human.split_once("rules that the index cannot find").unwrap();
    assert!(unfound.contains("  slow  set/policy.yaml:24"), "{human}");
    assert!(!unfound.contains("fast_"), "{human}");
}

#[test]
fn there_must_be_something_to_measure() {
    let directory = directory().file("empty.jsonl", "\n \n").file("bad.jsonl", format!("{ALLOWED}\n{{\n"));
    let run = directory.run("bench set --input empty.jsonl");
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
    assert_eq!(run.err, "actra: `empty.jsonl` has no requests to measure\n");
    for arguments in ["", " --input nowhere", " --input requests.jsonl --seconds 0", " --input . --seconds 1"]
    {
        assert_eq!(directory.run(&format!("bench set{arguments}")).code, 2, "{arguments}");
    }
    let broken = TestDirectory::empty()
        .file("set/schema.yaml", SCHEMA)
        .file("set/policy.yaml", POLICY.replace("when", "wen"));
    assert_eq!(broken.run("bench set --input requests.jsonl").code, 2);

    let run = directory.run("bench set --input bad.jsonl --seconds 0.05");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.out.starts_with("2 requests, "), "{run:?}");
    assert!(run.err.starts_with("actra: line 2, byte 2: "), "{run:?}");
    assert!(run.err.ends_with("actra: `bad.jsonl`: 1 of 2 lines are not requests\n"), "{run:?}");
}
