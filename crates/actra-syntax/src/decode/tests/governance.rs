//! Files of governance that decode, and what is reported of others.

use super::{read, told};
use crate::ast::governance::{EffectBound, Governance, Must};
use crate::decode::decode_governance;

fn governance(text: &str) -> Governance {
    let (read, diagnostics) = read(text, decode_governance);
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    read.unwrap()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let (_, diagnostics) = read(text, decode_governance);
    assert_eq!(told(text, &diagnostics), expected, "{text}\n{diagnostics:#?}");
}

/// A rule of governance, one line of which is the given one; it is line 5 of the file.
#[track_caller]
fn check_rule(line: &str, expected: &[&str]) {
    let key = line.split(':').next().unwrap();
    let rest: String =
        [("select", "{ where: { effect: block } }"), ("must", "{ exists: true }"), ("error", "no")]
            .into_iter()
            .filter(|(other, _)| *other != key)
            .map(|(key, value)| format!("      {key}: {value}\n"))
            .collect();
    check(&format!("version: 1\ngovernance:\n  rules:\n    - id: r\n      {line}\n{rest}"), expected);
}

#[track_caller]
fn check_invariant(line: &str, expected: &[&str]) {
    let key = line.split(':').next().unwrap();
    let rest: String = [("for", "{ global: true }"), ("effect", "block"), ("error", "no")]
        .into_iter()
        .filter(|(other, _)| *other != key)
        .map(|(key, value)| format!("      {key}: {value}\n"))
        .collect();
    check(&format!("version: 1\ngovernance:\n  invariants:\n    - id: r\n      {line}\n{rest}"), expected);
}

#[test]
fn a_whole_file_is_read() {
    let read = governance(
        "version: 1
governance:
  rules:
    - id: require_fraud_rule
      applies_to: { actions: [refund, 'db.*'], if_declared: true }
      description: why
      select:
        where:
          effect: block
          scope: { action: refund, global: false }
          when: { subject: { domain: snapshot, field: user.flag }, operator: equals, value: { literal: true } }
          id: 'fraud_*'
          mode: enforce
          tags: [a, b]
      must: { min_count: 2 }
      error: look at the flag
    - { id: fields, select: { where: {} }, must: { allowed_fields: [action.a, actor.b.c] }, error: no }
  invariants:
    - { id: i, for: { action: refund }, when: 'snapshot.flag == true', effect: block, error: e }
    - { id: j, for: { global: true }, effect: { at_least: require_approval }, error: e, may_be_empty: true, unproven: warn }
    - { id: k, for: { actor: agent }, effect: { at_most: allow }, error: e }
  baseline: { no_weaker_than: released/, new_actions: [refund] }
",
    );
    let [first, second] = read.rules.as_slice() else { panic!("{read:#?}") };
    let applies_to = first.applies_to.as_ref().unwrap();
    assert!(applies_to.if_declared && applies_to.actions.value.len() == 2);
    let select = first.select.as_ref().unwrap();
    assert!(!select.scope.as_ref().unwrap().global.as_ref().unwrap().value);
    assert_eq!(select.when.as_ref().unwrap().field.len(), 2);
    assert_eq!(select.tags.len(), 2);
    assert_eq!(first.must.as_ref().unwrap().value, Must::MinCount(2));
    assert!(matches!(&second.must.as_ref().unwrap().value, Must::AllowedFields(fields) if fields.len() == 2));
    let bounds: Vec<_> = read.invariants.iter().map(|found| found.demand.as_ref().unwrap().bound).collect();
    assert_eq!(bounds, [EffectBound::Exactly, EffectBound::AtLeast, EffectBound::AtMost]);
    assert!(read.invariants[1].may_be_empty && !read.invariants[0].may_be_empty);
    assert_eq!(read.baseline.unwrap().new_actions.len(), 1);
}

#[test]
fn keys_are_checked_everywhere() {
    check_rule("aplies_to: { actions: [a] }", &["E0103 5:7 -> applies_to"]);
    check_rule("applies_to: { action: [a] }", &["E0103 5:21 -> actions", "E0104 5:21"]);
    check_rule("applies_to: { actions: a }", &["E0105 5:30"]);
    check_rule("select: { were: {} }", &["E0103 5:17 -> where", "E0104 5:17"]);
    check_rule("select: { where: { efect: block } }", &["E0103 5:26 -> effect"]);
    check_rule("select: { where: { scope: { acton: a } } }", &["E0103 5:35 -> action"]);
    check_rule("select: { where: { when: { operator: equals } } }", &["E0104 5:34"]);
    check_rule("select: { where: { when: { subject: {} } } }", &["E0104 5:43"]);
    check_rule("select: { where: { tags: [] } }", &["E0512 5:32"]);
    check_rule(
        "select: { where: { when: { subject: { field: a }, value: { literal: 1 } } } }",
        &["E0104 5:34"],
    );
    check_rule("must: {}", &["E0104 5:13"]);
    check_rule("must: { exist: true }", &["E0103 5:15 -> exists"]);
    check_rule("must: { exists: true, forbid: true }", &["E0112 5:29"]);
    check_rule("must: { min_count: -1 }", &["E0105 5:26"]);
    check_rule("must: { min_count: 1.5 }", &["E0105 5:26"]);
    check_rule("must: { max_count: '1' }", &["E0105 5:26"]);
    check_rule("must: { forbid: yes }", &["E0105 5:23"]);
    check_rule("must: { allowed_fields: [a..b] }", &["E0205 5:32"]);
    check_rule("error: ''", &["E0105 5:14"]);
    check_rule("error:", &["E0105 5:12"]);
    check_invariant("for: {}", &["E0305 5:12"]);
    check_invariant("effect: {}", &["E0104 5:15"]);
    check_invariant("effect: { atleast: block }", &["E0103 5:17 -> at_least"]);
    check_invariant("effect: { at_least: block, at_most: block }", &["E0112 5:34"]);
    check_invariant("may_be_empty: maybe", &["E0105 5:21"]);
    check_invariant("maybe: x", &["E0103 5:7"]);
}

#[test]
fn what_is_missing_is_said() {
    check("", &["E0104 1:1"]);
    check("version: 1\nrules: []", &["E0103 2:1", "E0104 1:1"]);
    check("governance: { rules: [] }", &["E0104 1:1"]);
    check("version: 2\ngovernance: { rules: [] }", &["E0007 1:10"]);
    check("version: 1\ngovernance: {}", &["E0104 2:13"]);
    check("version: 1\ngovernance:", &["E0105 2:11"]);
    check("version: 1\ngovernance: { rules: [{}] }", &["E0104 2:23"; 4]);
    check("version: 1\ngovernance: { invariants: [{}] }", &["E0104 2:28"; 4]);
    check("version: 1\ngovernance: { baseline: {} }", &["E0104 2:25"]);
    let read = governance("version: 1\ngovernance: { rules: [], invariants: [] }");
    let empty: Vec<_> = read.empty.iter().map(|key| key.value.as_str()).collect();
    assert_eq!(empty, ["rules", "invariants"]);
}
