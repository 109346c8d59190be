//! Governance that resolves, and what is reported of other governance.

use crate::{PolicySet, compile};

const SCHEMA: &str = "version: 1
actions:
  refund: { fields: { amount: number } }
  payout: { fields: { amount: number } }
groups: { money: [refund, payout] }
snapshot: { fields: { flag: boolean } }
";

const POLICY: &str = "version: 1\ndefault: block\nrules:\n  - { id: r, scope: { global: true }, when: snapshot.flag, effect: allow }\n";

#[track_caller]
fn hash_with(schema: &str, governance: &str) -> String {
    let text = format!("version: 1\ngovernance:\n{governance}");
    let files = [("schema.yaml", schema), ("policy.yaml", POLICY), ("governance.yaml", text.as_str())];
    let released = [("old/schema.yaml", schema), ("old/policy.yaml", POLICY)];
    let outcome = compile(&PolicySet::from_texts(files.into_iter().chain(released)));
    let governance = outcome.governance.unwrap_or_else(|| panic!("{governance}: {:#?}", outcome.diagnostics));
    governance.hash.to_string()
}

#[track_caller]
fn hash(governance: &str) -> String {
    hash_with(SCHEMA, governance)
}

const RULE: &str = "  rules:
    - id: a
      description: why
      applies_to: { actions: [refund, payout], if_declared: true }
      select: { where: { effect: block, tags: [x, y], scope: { group: money } } }
      must: { min_count: 1 }
      error: e
";

#[test]
fn what_says_the_same_has_one_hash() {
    let whole = hash(RULE);
    for (from, to) in [
        ("      description: why\n", ""),
        ("[refund, payout]", "[payout, refund]"),
        ("    - id: a\n", "    # a comment\n    - id: a\n"),
        ("actions: [refund, payout], if_declared: true", "if_declared: true, actions: [refund, payout]"),
        ("[x, y]", "[y, x]"),
        ("effect: block, tags", "\"effect\": 'block', tags"),
        ("min_count: 1", "exists: true"),
    ] {
        assert!(RULE.contains(from), "{from}");
        assert_eq!(hash(&RULE.replace(from, to)), whole, "{to}");
    }
    let other = SCHEMA.replace("groups: {", "  pay_back: {}\ngroups: { more: [refund],");
    assert_eq!(hash_with(&other, RULE), whole, "another schema is the same governance");
}

#[test]
fn what_says_something_else_has_another_hash() {
    let mut seen = std::collections::BTreeMap::from([(hash(RULE), RULE.to_owned())]);
    let mut check = |governance: String| {
        let other = seen.insert(hash(&governance), governance.clone());
        assert_eq!(other, None, "{governance}");
    };
    for (from, to) in [
        ("id: a", "id: b"),
        ("[refund, payout]", "[refund]"),
        ("if_declared: true", "if_declared: false"),
        ("effect: block", "effect: allow"),
        ("[x, y]", "[x]"),
        ("group: money", "action: refund"),
        ("group: money", "action: refund, global: false"),
        ("min_count: 1", "min_count: 2"),
        ("min_count: 1", "max_count: 1"),
        ("min_count: 1", "forbid: true"),
        ("min_count: 1", "allowed_fields: [snapshot.flag]"),
        ("tags: [x, y]", "when: { subject: { domain: action, field: amount } }"),
        ("tags: [x, y]", "when: { subject: { domain: action, field: amount }, operator: equals }"),
        (
            "tags: [x, y]",
            "when: { subject: { domain: action, field: amount }, operator: equals, value: { literal: 1 } }",
        ),
        ("tags: [x, y]", "mode: enforce"),
        ("tags: [x, y]", "id: r*"),
        ("error: e", "error: f"),
    ] {
        assert!(RULE.contains(from), "{from}");
        check(RULE.replace(from, to));
    }
    for invariant in [
        "for: { action: refund }, effect: block",
        "for: { action: payout }, effect: block",
        "for: { action: refund }, effect: { at_least: block }",
        "for: { action: refund }, effect: { at_most: block }",
        "for: { action: refund }, effect: allow",
        "for: { action: refund }, effect: block, when: snapshot.flag",
        "for: { action: refund }, effect: block, when: '!snapshot.flag'",
        "for: { action: refund }, effect: block, may_be_empty: true",
        "for: { action: refund }, effect: block, unproven: warn",
    ] {
        check(format!("  invariants:\n    - {{ id: i, error: e, {invariant} }}\n"));
    }
    check("  baseline: { no_weaker_than: old }\n".to_owned());
    check("  rules: []\n".to_owned());
}
