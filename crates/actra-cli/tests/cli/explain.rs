//! `actra explain`: codes, requests and what the explanation of a decision says.

use crate::test_directory::{ALLOWED, BLOCKED, TestDirectory};

#[test]
fn a_code_is_explained_by_its_page() {
    let directory = TestDirectory::empty();
    let run = directory.run("explain E0103");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert!(run.out.starts_with("# E0103"), "{run:?}");
    let run = directory.run("explain W0001 --format json");
    assert_eq!(run.code, 0, "{run:?}");
    let start = r##"{"schema":"actra/code/v1","code":"W0001","severity":"warning","page":"# W0001"##;
    assert!(run.out.starts_with(start), "{run:?}");
    assert_eq!(directory.run("explain e0103").code, 2, "a path, and there is nothing");
}

#[test]
fn a_bad_request_is_wrong_input() {
    let directory = TestDirectory::with_set().file("bad.json", "{\"action\": 1,}");
    let run = directory.run("explain set --request bad.json");
    let expected = "actra: `bad.json`: the request is not JSON (at byte 14)\n";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (2, "", expected));
    let run = directory.run_with("explain set --request -", b"\"\xff\"");
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
}

#[test]
fn json_that_is_no_valid_request_has_its_decision() {
    let directory = TestDirectory::with_set();
    for (request, code) in [
        ("[1]", "not_a_request"),
        (r#"{"action":{"type":"refund","type":"refund"}}"#, "duplicate_key"),
        (r#"{"action":{"type":"refund","x":"\ud800"}}"#, "lone_surrogate"),
        (r#"{"action":{"type":"refund"},"other":1}"#, "unknown_member"),
        (r#"{"action":{"type":"refund"},"unknown":["actor"]}"#, "undeclared_path"),
        ("{}", "action_type_missing"),
    ] {
        let run = directory.run_with("explain set --request - --format json", request);
        assert_eq!(run.code, 0, "{run:?}");
        let start = r#"{"schema":"actra/explain/v1","decision":{"effect":"block","matched_rule":null,"#;
        assert!(run.out.starts_with(start) && run.out.contains(code), "{run:?}");
        assert!(run.err.starts_with("actra: "), "what is wrong is said: {run:?}");
        let decided = directory.run_with("decide set --format json", request);
        assert!(run.out.contains(decided.out.trim_end()), "{decided:?}");
    }
    let run = directory.run_with("explain set --request -", " ".repeat((8 << 20) + 1));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("larger than the limit"), "{run:?}");
}

#[test]
fn what_does_not_fit_the_schema_is_said_beside_the_explanation() {
    let directory = TestDirectory::with_set();
    let request = r#"{"action":{"type":"refund","amuont":5},"actor":{"role":"support"}}"#;
    let run = directory.run_with("explain set --request -", request);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.err.starts_with("actra: `action.amuont` is not declared; did you mean `action.amount`?\n"),
        "{run:?}"
    );
}

#[test]
fn any_json_is_answered_with_its_decision() {
    for request in
        ["[1]", "null", "{}", r#"{"action":{"type":"refund","type":"x"}}"#, r#"{"action":{},"more":1}"#]
    {
        let directory = TestDirectory::with_set();
        let decided = directory.run_with("decide set --format json", request);
        let run = directory.run_with("explain set --request - --format json", request);
        assert_eq!(run.code, 0, "{request}: {run:?}");
        let start = format!("{{\"schema\":\"actra/explain/v1\",\"decision\":{},", decided.out.trim_end());
        assert!(run.out.starts_with(&start), "{request}: {run:?}");
        let run = directory.run_with("explain set --request -", request);
        assert!(run.code == 0 && run.out.starts_with("block; "), "{request}: {run:?}");
    }
}

#[test]
fn names_that_are_not_declared_come_with_a_suggestion() {
    let directory = TestDirectory::with_set();
    let run = directory
        .run_with("explain set --request -", r#"{"action":{"type":"refnd"},"actor":{"rol":"secret"}}"#);
    let expected = "block; the schema declares no such action (action.type)\n";
    assert_eq!((run.code, run.out.as_str()), (0, expected), "{run:?}");
    assert!(run.err.contains("did you mean `refund`?"), "{run:?}");
}

#[test]
fn the_author_reads_their_own_words() {
    let policy = "\
version: 1
default: allow
constants: { limit: 1000, roles: [admin, owner] }
definitions:
  is_large: action.amount >= constants.limit && has(action.note)
  is_trusted: 'actor.role in constants.roles'
rules:
  - id: other
    scope: { action: refund }
    when: action.amount > 5000 || actor.role == \"guest\"
    effect: block
  - id: large
    scope: { action: refund }
    when: is_large && !is_trusted
    unless: actor.role != \"clerk\"
    effect: require_approval
";
    let directory = TestDirectory::empty()
        .file("set/schema.yaml", crate::test_directory::SCHEMA)
        .file("set/policy.yaml", policy);
    let request = r#"{"action":{"type":"refund","amount":1500,"note":"x"},"actor":{"role":"clerk"}}"#;
    let run = directory.run_with("explain set --request -", request);
    let expected = "\
require_approval by large

large (require_approval) is true
  at set/policy.yaml:14:11
  is_large is true
    action.amount >= constants.limit is true
      action.amount = 1500
      constants.limit = 1000
    has(action.note) is true
      action.note = \"x\"
  !is_trusted is true
    is_trusted is false
      actor.role in constants.roles is false
        actor.role = \"clerk\"
        constants.roles = [\"admin\", \"owner\"]
  actor.role == \"clerk\" is true
    actor.role = \"clerk\"

the smallest change for a more permissive outcome, allow:
  action.amount from 1500 to 999

1 other rule covers this action; `--all` shows it
";
    assert_eq!((run.code, run.out.as_str()), (0, expected), "{}", run.out);
    let run = directory.run_with("explain set --request - --all", request);
    let shown = "\nother (block) is false\n  at set/policy.yaml:10:11\n  action.amount > 5000 || actor.role == \"guest\" is false\n";
    assert!(run.out.contains(shown), "{}", run.out);
    let run = directory.run_with("explain set --request -", request.replace("1500", "9000"));
    let expected = "\
  action.amount > 5000 || actor.role == \"guest\" is true
    action.amount > 5000 is true
      action.amount = 9000
";
    assert!(run.out.contains(expected) && !run.out.contains("guest\" is false"), "{}", run.out);
    assert!(run.out.ends_with("of which true: large (require_approval); `--all` shows it\n"), "{}", run.out);
}

#[test]
fn unless_is_told_as_it_was_written() {
    let policy = crate::test_directory::POLICY
        .replace("    effect: block", "    unless: actor.role == \"admin\"\n    effect: block");
    let directory = TestDirectory::empty()
        .file("set/schema.yaml", crate::test_directory::SCHEMA)
        .file("set/policy.yaml", policy);
    let run = directory.run_with("explain set --request -", BLOCKED);
    assert!(
        run.out.contains("\n  unless actor.role == \"admin\" is false\n    actor.role = \"support\"\n"),
        "{}",
        run.out
    );
}

#[test]
fn a_request_is_explained_whatever_the_outcome() {
    let directory = TestDirectory::with_set().file("request.json", format!("{BLOCKED}\n"));
    let run = directory.run("explain set --request request.json");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let expected = "\
block by block_large_refund: too much for support

block_large_refund (block) is true
  at set/policy.yaml:6:11
  action.amount > 1000 is true
    action.amount = 1001

the smallest change for a more permissive outcome, allow:
  action.amount from 1001 to 1000
";
    assert_eq!(run.out, expected);
    let run = directory.run_with("explain set --request - --format json", ALLOWED);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert!(run.out.starts_with(r#"{"schema":"actra/explain/v1","#), "{run:?}");
}

#[test]
fn an_explanation_says_when_there_is_little_to_explain() {
    let directory = TestDirectory::empty()
        .file("set/schema.yaml", crate::test_directory::SCHEMA)
        .file(
        "set/policy.yaml",
        "version: 1\ndefault: block\nrules:\n  - id: a\n    scope: { action: delete_user }\n    when: true\n    effect: allow\n",
    );
    let run = directory.run_with("explain set --request -", ALLOWED);
    assert_eq!((run.code, run.out.as_str()), (0, "block\n\nno rule covers this action\n"), "{run:?}");
    let run =
        directory.run_with("explain set --request -", r#"{"action":{"type":"\u001b"},"actor":{"role":"a"}}"#);
    assert_eq!(
        (run.code, run.out.as_str(), run.err.as_str()),
        (
            0,
            "block; the schema declares no such action (action.type)\n",
            "actra: `action.type` is \"\\u001b\"; expected an action: delete_user, refund\n"
        ),
        "{run:?}"
    );
}
