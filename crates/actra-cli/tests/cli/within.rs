//! Answers that hold within cost say so, and others do not.

use crate::test_directory::{Run, TestDirectory};

const ACTION: &str =
    "version: 1\nactions:\n  send: { fields: { recipients: list<string>, urgent: boolean } }\n";
const OPEN: &str = "snapshot: { fields: { words: list<string> } }\n";
const BOUNDED: &str = "version: 1
actions:
  send:
    fields:
      recipients: { type: list, of: { type: string, max_length: 60 }, max_items: 50 }
      urgent: boolean
snapshot: { fields: { words: { type: list, of: { type: string, max_length: 60 }, max_items: 50 } } }
";

fn rule(id: &str, when: &str) -> String {
    format!("  - {{ id: {id}, scope: {{ action: send }}, when: '{when}', effect: block }}\n")
}

fn policy(when: &str) -> String {
    format!("version: 1\ndefault: allow\nrules:\n{}", rule("words", when))
}

const PLAIN: &str = "action.urgent && action.recipients.exists(r, snapshot.words.exists(w, r == w))";
const SWAPPED: &str = "action.recipients.exists(r, snapshot.words.exists(w, r == w)) && action.urgent";
const NOTE: &str =
    "within cost: this does not cover requests that hold so much in `action.recipients`, `snapshot.words`";

fn directory(is_open: bool, governance: &str) -> TestDirectory {
    let schema = if is_open { format!("{ACTION}{OPEN}") } else { BOUNDED.to_owned() };
    let directory = TestDirectory::empty()
        .file("set/schema.yaml", &schema)
        .file("set/policy.yaml", policy(PLAIN))
        .file("other/schema.yaml", &schema)
        .file("other/policy.yaml", policy(SWAPPED));
    match governance {
        "" => directory,
        text => directory.file("set/governance.yaml", text),
    }
}

/// The output of a command, and the containers that its JSON names.
fn asked(directory: &TestDirectory, command: &str) -> (Run, Run, Option<usize>) {
    let [human, markdown, json] =
        ["human", "markdown", "json"].map(|format| directory.run(&format!("{command} --format {format}")));
    let answer: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let found = answer.pointer("/within_cost").or(answer.pointer("/actions/0/within_cost"));
    let found = found.or(answer.pointer("/governance/within_cost"));
    (human, markdown, found.and_then(|found| Some(found.as_array()?.len())))
}

#[test]
fn upper_bounds_and_equivalence_hold_within_cost() {
    for command in [
        "prove set --for action=send --when !action.urgent --effect allow",
        "prove set --for action=send --when !action.urgent --effect at_most:require_approval",
        "diff set other",
        "can set --action send",
    ] {
        let (human, markdown, json) = asked(&directory(true, ""), command);
        assert!(human.out.contains(NOTE), "{command}: {human:?}");
        assert!(markdown.out.contains(NOTE), "{command}: {markdown:?}");
        assert_eq!(json, Some(2), "{command}");
        assert_eq!(human.code, 0, "{command}: {human:?}");
        let (human, markdown, json) = asked(&directory(false, ""), command);
        assert!(!human.out.contains("within cost") && !markdown.out.contains("within cost"), "{command}");
        assert_eq!(json, None, "{command}");
    }
}

#[test]
fn lower_bounds_hold_always() {
    let when = "action.urgent&&action.recipients.exists(r,r==\"a\")&&snapshot.words.exists(w,w==\"a\")";
    for effect in ["at_least:require_approval", "at_least:block"] {
        let command = format!("prove set --for action=send --when {when} --effect {effect}");
        let (human, markdown, json) = asked(&directory(true, ""), &command);
        assert!(human.out.starts_with("proved"), "{human:?}");
        assert!(!human.out.contains("within cost") && !markdown.out.contains("within cost"), "{human:?}");
        assert_eq!(json, None, "{effect}");
    }
}

#[test]
fn governance_says_it_of_each_demand() {
    let invariant = |id: &str, when: &str, effect: &str| {
        format!(
            "    - {{ id: {id}, for: {{ action: send }}, when: '{when}', effect: {effect}, error: no }}\n"
        )
    };
    let least =
        invariant("least", "action.urgent && \"a\" in action.recipients && \"a\" in snapshot.words", "block");
    let most = invariant("most", "!action.urgent", "{ at_most: allow }");
    let governance = format!("version: 1\ngovernance:\n  invariants:\n{least}{most}");
    let directory = directory(true, &governance);
    let (human, markdown, json) = asked(&directory, "check set");
    for run in [&human, &markdown] {
        assert!(run.out.contains(&format!("`most`, {NOTE}")), "{run:?}");
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert_eq!(json, Some(2));
}

#[test]
fn findings_about_rules_say_it() {
    let twice = policy(PLAIN) + &rule("again", PLAIN);
    let run = directory(true, "").file("set/policy.yaml", &twice).run("check set --proofs");
    let said = format!("{}{}", run.out, run.err);
    assert!(said.contains("without `again`") && said.contains(NOTE), "{run:?}");
}
