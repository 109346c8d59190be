//! `actra prove`, `actra diff` and `actra can`.

use std::process::Command;

use crate::test_directory::{SCHEMA, TestDirectory};

const OLD: &str = "version: 1\ndefault: allow\nrules:\n  - { id: large, scope: { action: refund }, when: action.amount > 1000, effect: block, message: no }\n";

fn versions(new: &str) -> TestDirectory {
    TestDirectory::empty()
        .file("old/schema.yaml", SCHEMA)
        .file("old/policy.yaml", OLD)
        .file("new/schema.yaml", SCHEMA)
        .file("new/policy.yaml", new)
}

#[test]
fn diff_says_which_way_an_outcome_moved() {
    for (from, to, verdict, fails) in [
        ("1000", "2000", "weaker", [1, 0, 1]),
        ("1000", "500", "stricter", [0, 1, 1]),
        ("action.amount > 1000", "'!(action.amount <= 1000)'", "equivalent", [0, 0, 0]),
        ("action.amount > 1000", "action.amount > 2000 || action.amount < 0", "both", [1, 1, 1]),
        ("effect: block", "effect: require_approval", "weaker", [1, 0, 1]),
        ("effect: block", "effect: block, mode: shadow", "weaker", [1, 0, 1]),
        ("default: allow", "default: block", "stricter", [0, 1, 1]),
    ] {
        let directory = versions(&OLD.replace(from, to));
        let run = directory.run("diff old new --format json");
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
        let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(answer["schema"], "actra/diff/v1");
        assert_eq!(answer["verdict"], verdict, "{to}: {answer}");
        for region in answer["regions"].as_array().unwrap() {
            assert_ne!(region["old"]["effect"], region["new"]["effect"], "{region}");
        }
        for (what, code) in ["weaker", "stricter", "any"].iter().zip(fails) {
            assert_eq!(directory.run(&format!("diff old new --fail-on {what}")).code, code, "{to} {what}");
        }
    }
}

/// A version that its governance refuses is what a reviewer wants to see.
#[test]
fn diff_shows_a_set_that_breaks_its_governance() {
    let directory = versions(&OLD.replace("1000", "2000"));
    let governance = "version: 1\ngovernance:\n  invariants:\n    - { id: limit, for: { action: refund }, when: action.amount > 1000, effect: block, error: too much }\n";
    std::fs::write(directory.path().join("new/governance.yaml"), governance).unwrap();
    let run = directory.run("diff old new");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.starts_with("more permissive\n"), "{run:?}");
    assert!(run.err.contains("E0902") && run.err.contains("breaks its governance"), "{run:?}");
    assert_eq!(directory.run("check new").code, 1);
}

/// A fact that only one version declares: what names it in `unknown` is left out, and said to be.
#[test]
fn diff_says_what_it_does_not_compare() {
    let directory =
        versions(OLD).file("new/schema.yaml", SCHEMA.replace("role: string", "role: string, risk: integer?"));
    let run = directory.run("diff old new");
    assert!(
        run.out.starts_with("equivalent: every request that is compared has the same effect as before\n"),
        "{run:?}"
    );
    assert!(run.out.contains("not compared: ") && run.out.contains("`actor.risk`"), "{run:?}");
    let markdown = directory.run("diff old new --format markdown").out;
    assert!(markdown.contains("Not compared: ") && markdown.contains("`actor.risk`"), "{markdown}");
    let json: serde_json::Value =
        serde_json::from_str(&directory.run("diff old new --format json").out).unwrap();
    assert_eq!(json["not_compared"], serde_json::json!(["actor.risk"]));
    assert_eq!(directory.run("diff old old").out, "the same policy\n");
}

/// What was not decided is not claimed.
#[test]
fn diff_claims_only_what_it_decided() {
    let directory =
        versions(&OLD.replace("action.amount > 1000", "action.amount * action.amount * action.amount > 7"));
    let run = directory.run("diff old new --format json");
    let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let shown = |way: &str| {
        let regions = answer["regions"].as_array().unwrap();
        regions.iter().any(|region| region["direction"] == way && region["request"].is_object())
    };
    let open = |way: &str| {
        let regions = answer["regions"].as_array().unwrap();
        regions.iter().any(|region| region["direction"] == way && !region["request"].is_object())
    };
    let verdict = answer["verdict"].as_str().unwrap();
    let expected = match (shown("weaker"), shown("stricter"), open("weaker") || open("stricter")) {
        (true, true, _) => "both",
        (true, false, false) => "weaker",
        (false, true, false) => "stricter",
        (false, false, false) => "equivalent",
        _ => "undecided",
    };
    assert_eq!(verdict, expected, "{answer}");
}

#[test]
fn diff_reads_what_a_repository_had() {
    let directory = versions(&OLD.replace("1000", "2000"));
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "old"]);
    git(&["commit", "--quiet", "-m", "first"]);
    for name in ["git:HEAD:old", "git:HEAD:old/", "git:HEAD:/old", "git:HEAD:./old"] {
        assert_eq!(directory.run(&format!("diff {name} old --fail-on any")).code, 0, "{name}");
    }
    assert_eq!(directory.run("diff git:HEAD:old new --fail-on weaker").code, 1);
    for name in
        ["git:HEAD", "git:", "git::old", "git:--help:old", "git:nowhere:old", "git:HEAD:nowhere", "nowhere"]
    {
        let run = directory.run(&format!("diff {name} new"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{name}: {run:?}");
        assert!(!run.err.is_empty());
    }
}

#[test]
fn can_speaks_of_every_action() {
    let directory = versions(OLD);
    let run = directory.run("can old");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.starts_with("delete_user  always\n"), "{run:?}");
    assert!(run.out.contains("block when 1000 < action.amount  (rule `large`)"), "{run:?}");
    let answer: serde_json::Value =
        serde_json::from_str(&directory.run("can old --format json").out).unwrap();
    assert_eq!(answer["schema"], "actra/can/v1");
    assert_eq!(answer["actions"][1]["verdict"], "depends");
    assert!(directory.run("can old --format markdown").out.starts_with("| action |"));
    std::fs::write(directory.path().join("actor.json"), r#"{"role":"support"}"#).unwrap();
    assert_eq!(directory.run("can old --actor @actor.json --snapshot {} --action refund").code, 0);
    for wrong in ["--actor [1]", "--actor {", "--actor @nowhere", "--snapshot 5", "--action nothing"] {
        let run = directory.run(&format!("can old {wrong}"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{wrong}: {run:?}");
    }
}

/// Nobody is answered about somebody else than they meant.
#[test]
fn can_takes_no_record_that_does_not_fit() {
    let directory = versions(OLD);
    for (given, told) in [
        (r#"--actor {"rol":"support"}"#, "`actor.rol` is not declared; did you mean `actor.role`?"),
        (r#"--actor {"role":1}"#, "`actor.role` is 1; expected string"),
        ("--actor {}", "`actor.role` is missing; expected string"),
        (
            r#"--actor {"role":"a","role":"b"}"#,
            "an object of the request has the same key twice (see byte 13)",
        ),
        (r#"--snapshot {"flag":true}"#, "`snapshot.flag` is not declared; `snapshot` has no fields"),
    ] {
        let run = directory.run(&format!("can old {given}"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{given}: {run:?}");
        assert!(run.err.contains(told), "{given}: {run:?}");
    }
}

#[test]
fn prove_proves_refutes_or_says_why_not() {
    let directory = versions(OLD);
    for (question, code, verdict) in [
        ("--for action=refund --when action.amount>1000 --effect block", 0, "proved"),
        ("--for action=refund --when action.amount>999 --effect block", 1, "refuted"),
        ("--for action=refund --when action.amount>1000 --effect at_most:require_approval", 1, "refuted"),
        ("--for action=refund action=delete_user --effect at_most:block", 0, "proved"),
        ("--for global=true --effect at_least:block", 1, "refuted"),
        ("--for action=refund --when action.amount<1&&action.amount>1 --effect block", 1, "empty"),
        // A product with too many digits cannot be compared, which counts for a lower bound.
        ("--for action=refund --when action.amount*action.amount==2 --effect block", 1, "refuted"),
        (r#"--for action=refund --when actor.role.trim()=="\t" --effect block"#, 1, "unproven"),
    ] {
        let run = directory.run(&format!("prove old {question} --format json"));
        assert_eq!((run.code, run.err.as_str()), (code, ""), "{run:?}");
        let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(
            (&answer["schema"], &answer["verdict"]),
            (&"actra/prove/v1".into(), &verdict.into()),
            "{question}"
        );
        assert_eq!(answer["request"].is_object(), verdict == "refuted");
        assert_eq!(directory.run(&format!("prove old {question} --format markdown")).code, code);
        assert_eq!(directory.run(&format!("prove old {question}")).code, code);
    }
    for (question, message) in [
        ("--for action=refnd --effect block", "did you mean `refund`?"),
        ("--for colour=red --effect block", "a scope has no key `colour`"),
        ("--for action=refund --when action.amuont>1 --effect block", "did you mean `amount`?"),
        ("--for action=refund --when action.amount>1 --effect blok", "did you mean `block`?"),
        ("--for action=refund --effect at_leest:block", "did you mean `at_least`?"),
        ("--for action=refund --when a\"}{: --effect block", ""),
        ("--for refund --effect block", "KEY=VALUE is expected"),
        ("--effect block", "--for"),
    ] {
        let run = directory.run(&format!("prove old {question}"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{question}: {run:?}");
        assert!(run.err.contains(message), "{question}: {run:?}");
    }
}

#[test]
fn prove_refuses_names_and_values_that_are_not_there() {
    let schema = "version: 1
actions:
  pay: { fields: { currency: { type: string, one_of: [USD, EUR] }, amount: { type: number, max: 100 }, to: { type: object, fields: { iban: string } } } }
groups: { money: [pay] }
actor: { fields: { type: { type: string, one_of: [human, agent] } } }
snapshot: { fields: { frozen: boolean, tags: list<string> } }
";
    let rules = "version: 1\ndefault: block\nrules:\n  - { id: r, scope: { action: pay }, when: snapshot.frozen, effect: block, message: no }\n";
    let directory = TestDirectory::empty().file("set/schema.yaml", schema).file("set/policy.yaml", rules);
    for (question, message) in [
        ("--for action=pya", "did you mean `pay`?"),
        ("--for action=pa*yy", "matches no declared action"),
        ("--for actions=pay", "did you mean `action`?"),
        ("--for group=mony", "did you mean `money`?"),
        ("--for action=pay actor=agnet", "`actor.type` is never `agnet`"),
        ("--for action=pay --when snapshot.frozn", "did you mean `frozen`?"),
        ("--for action=pay --when snapshto.frozen", "did you mean `snapshot`?"),
        ("--for action=pay --when action.to.ibn==\"a\"", "did you mean `iban`?"),
        ("--for action=pay --when action.currency==\"USDD\"", "did you mean `USD`?"),
        ("--for action=pay --when action.currency==\"CHF\"", "it is one of `USD`, `EUR`"),
        ("--for action=pay --when action.amount>\"5\"", "there is no coercion"),
        ("--for action=pay --when action.amount==500", "the field never has this value"),
        ("--for action=pay --when actor.type==\"humn\"", "did you mean `human`?"),
        ("--for action=pay --when snapshot.tags.contians(\"a\")", "did you mean `contains`?"),
        ("--for action=pay --when constants.limit>1", "constants"),
    ] {
        let run = directory.run(&format!("prove set {question} --effect block"));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{question}: {run:?}");
        assert!(run.err.contains(message), "{question}: {run:?}");
    }
}

#[test]
fn prove_names_the_rules_that_stand_in_the_way() {
    let directory = versions(&OLD.replace("action.amount > 1000", "'actor.role.trim() == \"a\"'"));
    let run = directory.run("prove new --for action=refund --when actor.role==\"a\" --effect block");
    let expected = "\
not proved: actor.role.trim()
  `actor.role.trim()` is used in rule `large`, which covers `refund`
";
    assert_eq!((run.code, run.out.as_str()), (1, expected), "{run:?}");
}
