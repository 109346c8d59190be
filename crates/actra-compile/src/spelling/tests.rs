//! Sets in one spelling, and the same sets in the other.

use super::*;

const SCHEMA: &str = "version: 1
actions:
  a:
    fields: { n: number, s: string, o: 'string?', xs: list<string>, t: timestamp, d: duration, q: quantity, p: path, i: ip, to: { type: object, fields: { c: string } } }
snapshot: { fields: { f: boolean } }
";

fn set(when: &str) -> PolicySet {
    let policy = format!(
        "version: 1\ndefault: allow\nconstants: {{ some: [x, y] }}\nrules:\n  - id: r\n    scope: {{ action: a }}\n    when: {when}\n    effect: block\n"
    );
    PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", policy.as_str())])
}

/// A condition in one spelling gives the other one.
fn check(when: &str, to: Spelling, expected: &str) {
    let converted = convert_spelling(&set(when), to).unwrap_or_else(|| panic!("{when}"));
    let text =
        converted.texts.get("policy.yaml").unwrap_or_else(|| panic!("{when}: {:?}", converted.skipped));
    let (_, text) = text.split_once("when: ").unwrap();
    assert_eq!(text.split_once("\n    effect").unwrap().0, expected);
}

fn atom(field: &str, operator: &str, value: &str) -> String {
    format!("{{ subject: {{ domain: action, field: {field} }}, operator: {operator}, value: {value} }}")
}

#[test]
fn each_operator_has_an_expression() {
    for (field, operator, value, expected) in [
        ("n", "greater_than", "{ literal: 1000 }", "action.n > 1000"),
        ("s", "equals", "{ literal: \"a\\L\" }", "action.s == \"a\\u2028\""),
        ("s", "equals", "{ literal: \"a\\\"\\n\" }", "action.s == \"a\\\"\\n\""),
        ("s", "not_equals", "{ literal: it's }", "action.s != \"it's\""),
        ("s", "in", "{ literal: [a, b] }", "'action.s in [\"a\", \"b\"]'"),
        ("s", "not_in", "{ constant: some }", "'!(action.s in constants.some)'"),
        ("s", "contains", "{ literal: a }", "action.s.contains(\"a\")"),
        ("xs", "contains", "{ literal: a }", "'\"a\" in action.xs'"),
        ("xs", "intersects", "{ literal: [a] }", "'sets.intersects(action.xs, [\"a\"])'"),
        ("xs", "subset_of", "{ constant: some }", "'sets.contains(constants.some, action.xs)'"),
        (
            "t",
            "less_than",
            "{ literal: '2024-01-01T00:00:00Z' }",
            "action.t < timestamp(\"2024-01-01T00:00:00Z\")",
        ),
        ("d", "less_than", "{ literal: 1h }", "action.d < duration(\"1h\")"),
        ("q", "less_than", "{ literal: 5Mi }", "action.q < quantity(\"5Mi\")"),
        ("p", "within", "{ literal: /srv }", "action.p.within(\"/srv\")"),
        ("s", "equals", "{ subject: { domain: action, field: to.c } }", "action.s == action.to.c"),
    ] {
        check(&atom(field, operator, value), Spelling::Expressions, expected);
    }
    let both = format!(
        "{{ all: [{}, {{ any: [{}, snapshot.f] }}, {{ not: snapshot.f }}] }}",
        atom("n", "equals", "{ literal: 1 }"),
        atom("s", "starts_with", "{ literal: a }")
    );
    check(
        &both,
        Spelling::Expressions,
        "action.n == 1 && (action.s.startsWith(\"a\") || (snapshot.f)) && !(snapshot.f)",
    );
}

#[test]
fn expressions_come_back() {
    for (when, expected) in [
        ("action.n > 1000", atom("n", "greater_than", "{ literal: 1000 }")),
        ("1000 < action.n", atom("n", "greater_than", "{ literal: 1000 }")),
        ("action.s == \"a\\u2028\"", atom("s", "equals", "{ literal: \"a\\u2028\" }")),
        ("'\"a\" in action.xs'", atom("xs", "contains", "{ literal: \"a\" }")),
        ("action.s in constants.some", atom("s", "in", "{ constant: some }")),
        ("action.s == action.to.c", atom("s", "equals", "{ subject: { domain: action, field: to.c } }")),
        (
            "has(action.o) && action.o == \"x\"",
            format!(
                "{{ all: [{{ subject: {{ domain: action, field: o }}, operator: exists }}, {}] }}",
                atom("o", "equals", "{ literal: \"x\" }")
            ),
        ),
    ] {
        check(when, Spelling::Structured, &expected);
    }
}

#[test]
fn expressions_in_blocks_come_back() {
    let large = atom("n", "greater_than", "{ literal: 1000 }");
    for when in [
        "|\n      action.n > 1000",
        ">\n      action.n > 1000",
        "|-\n\n      action.n\n      > 1000\n",
        ">+\n      action.n\n      > 1000\n\n",
        "|2\n      action.n > 1000",
        "\n      |\n      action.n > 1000",
        "\"action.n \\\n      > 1000\"",
        "action.n\n      > 1000",
    ] {
        let converted = convert_spelling(&set(when), Spelling::Structured).unwrap();
        let text =
            converted.texts.get("policy.yaml").unwrap_or_else(|| panic!("{when}: {:?}", converted.skipped));
        assert!(text.contains(&large) && !text.contains("1000\n") && !text.contains('|'), "{when}: {text}");
    }
    check("|  # the limit\n      action.n > 1000", Spelling::Structured, &format!("{large}  # the limit"));
    check("&large |\n      action.n > 1000", Spelling::Structured, &format!("&large {large}"));
}

#[test]
fn expressions_in_structured_conditions_come_back() {
    let large = atom("n", "greater_than", "{ literal: 1000 }");
    check(
        "{ any: [action.n > 1000, { not: 'action.s == \"x\"' }] }",
        Spelling::Structured,
        &format!("{{ any: [{large}, {{ not: {} }}] }}", atom("s", "equals", "{ literal: \"x\" }")),
    );
    check(
        "\n      all:\n        - |\n          action.n > 1000\n        - action.n * 2 > 1",
        Spelling::Structured,
        &format!("\n      all:\n        - {large}\n        - action.n * 2 > 1"),
    );
}

#[test]
fn parts_that_an_alias_brings_again_are_rewritten_once() {
    let policy = "version: 1
default: allow
rules:
  - { id: r, scope: { action: a }, when: &both { all: [action.n > 1000, snapshot.f == true] }, effect: block }
  - id: s
    scope: { action: a }
    when: *both
    effect: block
";
    let set = PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", policy)]);
    let converted = convert_spelling(&set, Spelling::Structured).unwrap();
    let text = converted.texts.get("policy.yaml").unwrap();
    assert_eq!(text.matches("greater_than").count(), 1, "{text}");
    assert!(text.contains("when: *both\n"));
}

#[test]
fn what_has_no_other_spelling_is_left() {
    for (when, to) in [
        ("|\n      action.n > 1000  // the limit", Spelling::Structured),
        ("'action.n > 1000 // the limit'", Spelling::Structured),
        ("|\n      // the limit\n      action.n > 1000", Spelling::Structured),
        ("{ all: [snapshot.f, action.n > 1000 // the limit\n      ] }", Spelling::Expressions),
        ("{ not: 'snapshot.f // flagged' }", Spelling::Expressions),
        ("size(action.xs) > 1", Spelling::Structured),
        ("action.n * 2 > 1", Spelling::Structured),
        (
            "\n      subject: { domain: action, field: n }\n      # why\n      operator: equals\n      value: { literal: 1 }",
            Spelling::Expressions,
        ),
    ] {
        let converted = convert_spelling(&set(when), to).unwrap();
        assert!(converted.texts.is_empty(), "{when}: {converted:?}");
        assert_eq!(converted.skipped.len(), 1, "{when}");
    }
    assert_eq!(convert_spelling(&set("nothing"), Spelling::Structured), None);
    assert_eq!(convert_spelling(&set("true"), Spelling::Structured).unwrap().texts.len(), 0);
}

#[test]
fn conditions_of_governance_are_rewritten_and_keep_its_hash() {
    let governance = |when: &str| {
        format!(
            "version: 1\ngovernance:\n  invariants:\n    - id: i\n      for: {{ action: a }}\n      when: {when}\n      effect: block\n      error: e\n"
        )
    };
    let with = |when: &str| {
        let mut set = set("snapshot.f");
        let file = governance(when);
        set.files.extend(PolicySet::from_texts([("governance.yaml", file.as_str())]).files);
        set
    };
    let structured = atom("n", "greater_than", "{ literal: 1000 }");
    for (from, to, expected) in [
        (structured.as_str(), Spelling::Expressions, "action.n > 1000"),
        ("action.n > 1000", Spelling::Structured, structured.as_str()),
    ] {
        let converted = convert_spelling(&with(from), to).unwrap();
        assert_eq!(converted.texts.get("governance.yaml"), Some(&governance(expected)), "{converted:?}");
        let hash = |when: &str| compile(&with(when)).governance.unwrap().hash;
        assert_eq!(hash(from), hash(expected));
        assert_ne!(hash(from), hash("action.n > 1001"));
    }
}
