//! Files that decode, and what is reported of those that do not.

use actra_diagnostics::{Diagnostic, FileId, Sources};
use proptest::prelude::*;

mod governance;

use super::{decode_policy, decode_schema, read_policy};
use crate::ast::{AtomOperand, ConditionKind, DataKind, PolicyFile, Schema, TemplatePart};
use crate::yaml;

fn read<T>(text: &str, decode: fn(&yaml::Node, &mut Vec<Diagnostic>) -> T) -> (Option<T>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let root = yaml::parse(FileId(0), text, &mut 100_000, &mut diagnostics);
    let file = root.map(|root| decode(&root, &mut diagnostics));
    (file, diagnostics)
}

fn policy(text: &str) -> (Option<PolicyFile>, Vec<Diagnostic>) {
    read(text, decode_policy)
}

fn schema(text: &str) -> (Option<Schema>, Vec<Diagnostic>) {
    read(text, decode_schema)
}

/// Each diagnostic as `CODE line:column`, with its fix.
fn told(text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    let mut sources = Sources::new();
    let file = sources.add("test.yaml", text);
    diagnostics
        .iter()
        .map(|diagnostic| {
            let at = sources.position(file, diagnostic.span.map_or(0, |span| span.start));
            let fix = diagnostic.fix.as_ref().map_or(String::new(), |fix| format!(" -> {}", fix.replacement));
            format!("{} {}:{}{fix}", diagnostic.code, at.line, at.column)
        })
        .collect()
}

#[track_caller]
fn check_policy(text: &str, expected: &[&str]) {
    let (_, diagnostics) = policy(text);
    assert_eq!(told(text, &diagnostics), expected, "{text}\n{diagnostics:#?}");
}

#[track_caller]
fn check_schema(text: &str, expected: &[&str]) {
    let (_, diagnostics) = schema(text);
    assert_eq!(told(text, &diagnostics), expected, "{text}\n{diagnostics:#?}");
}

/// One rule, of which one line is the given one; it is line 4 of the file.
#[track_caller]
fn check_rule(line: &str, expected: &[&str]) {
    let key = line.split(':').next().unwrap();
    let rest: String = [("scope", "{ global: true }"), ("when", "true"), ("effect", "block")]
        .into_iter()
        .filter(|(other, _)| *other != key)
        .map(|(key, value)| format!("    {key}: {value}\n"))
        .collect();
    check_policy(&format!("version: 1\nrules:\n  - id: r\n    {line}\n{rest}"), expected);
}

const POLICY: &str = r#"version: 1
default: allow
constants: { refund_limit: 1000, oncall: [ana, bo], nested: { a: [null, true, "x", -1.5e3] } }
definitions:
  trusted: actor.role in ["admin"] || actor.id in constants.oncall
  large:
    all:
      - { subject: { domain: action, field: money.amount }, operator: greater_than, value: { constant: refund_limit } }
      - not: { any: [trusted, 'actor.type == "agent"'] }
rules:
  - id: block_large_refund
    scope: { action: refund }
    when:
      subject: { domain: action, field: amount }
      operator: greater_than
      value: { literal: 1000 }
    effect: block
  - id: second_pair
    scope: { group: destructive, actor: [agent, bot] }
    when: actor.type == "agent"
    unless: trusted
    effect: require_approval
    description: why
    message: "{{x}} {actor.id} wants {action.type}"
    required_actions: [{ type: human_approval, role: finance_manager }]
    tags: [a, b]
    mode: shadow
  - id: everything
    scope: { global: true }
    when: true
    unless: { subject: { domain: actor, field: id }, operator: exists }
    effect: block
"#;

#[test]
fn a_policy_is_read() {
    let (file, diagnostics) = policy(POLICY);
    assert_eq!(diagnostics, []);
    let file = file.unwrap();
    assert_eq!(file.default.unwrap().value, "allow");
    assert_eq!(file.constants.len(), 3);
    assert_eq!(file.definitions.len(), 2);
    let ids: Vec<_> = file.rules.iter().map(|rule| rule.id.value.as_str()).collect();
    assert_eq!(ids, ["block_large_refund", "second_pair", "everything"]);
    let ConditionKind::StructuredAtom(atom) = &file.rules[0].when.kind else { panic!("no atom") };
    let Some(AtomOperand::Literal(literal)) = &atom.value else { panic!("no literal") };
    assert_eq!(literal.value, DataKind::Number("1000".to_owned()));
    let message = file.rules[1].message.as_ref().unwrap();
    assert_eq!(message.parts[0], TemplatePart::Text("{x} ".to_owned()));
    let TemplatePart::Hole(hole) = &message.parts[1] else { panic!("no hole") };
    let words: Vec<_> = hole.iter().map(|name| (name.value.as_str(), source(POLICY, name.span))).collect();
    assert_eq!(words, [("actor", "actor"), ("id", "id")]);
    let ConditionKind::All(large) = &file.definitions[1].1.kind else { panic!("no all") };
    let ConditionKind::StructuredAtom(atom) = &large[0].kind else { panic!("no atom") };
    let path: Vec<_> = atom.subject.field.iter().map(|name| source(POLICY, name.span)).collect();
    assert_eq!(path, ["money", "amount"]);
    assert!(source(POLICY, file.rules[0].span).starts_with("id: block_large_refund"));
    assert!(source(POLICY, file.rules[0].span).ends_with("effect: block"));
}

fn source(text: &str, span: actra_diagnostics::Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

const SCHEMA: &str = r#"version: 1
actions:
  refund:
    fields:
      amount: number
      currency: { type: string, one_of: [USD, EUR], sensitive: true }
      note: string?
      recipients: { type: list, of: string, max_items: 50 }
      address: { type: object, optional: true, fields: { zip: { type: string, pattern: "^[0-9]+$", max_length: 5 } } }
      rows: { type: list, of: { type: map, of: integer }, }
      share: { type: number, min: 0, max: 1.0 }
  delete_user: { fields: { user_id: string } }
  ping:
  pong: {}
  db.drop_table: { fields: }
groups: { destructive: [delete_user, "db.drop_*"] }
actor: { fields: { id: string, no: string } }
snapshot:
extra_fields: reject
invalid_fields: ignore
"#;

#[test]
fn a_schema_is_read() {
    let (schema, diagnostics) = schema(SCHEMA);
    assert_eq!(diagnostics, []);
    let schema = schema.unwrap();
    let names: Vec<_> = schema.actions.iter().map(|action| action.name.value.as_str()).collect();
    assert_eq!(names, ["refund", "delete_user", "ping", "pong", "db.drop_table"]);
    let address = &schema.actions[0].fields[4].ty;
    assert_eq!(address.fields.as_ref().unwrap().value[0].name.value, "zip");
    assert!(source(SCHEMA, address.fields.as_ref().unwrap().span).starts_with("fields: {"));
    assert_eq!(schema.actor.len(), 2);
    assert_eq!(schema.groups[0].1.len(), 2);
    assert!(schema.actions_span.is_some());
}

#[test]
fn files_are_checked() {
    check_policy("", &["E0104 1:1"]);
    check_policy("[]", &["E0105 1:1"]);
    check_policy("x", &["E0105 1:1"]);
    check_policy("{}", &["E0104 1:1", "E0008 1:1"]);
    check_policy("version: 1\n", &["E0008 1:1"]);
    check_policy("version: 1\nrules:\n", &["E0008 2:1"]);
    check_policy("version: 1\nrules: []\n", &["E0008 2:1"]);
    check_policy("version: 1\nrules: {}\n", &["E0105 2:8"]);
    check_policy("version: 1\nrules: none\n", &["E0105 2:8"]);
    check_policy("version: 2\nrules:\n", &["E0007 1:10", "E0008 2:1"]);
    check_policy("version: 1.0\nrules: []\n", &["E0007 1:10", "E0008 2:1"]);
    check_policy("version: '1'\nrules: []\n", &["E0105 1:10", "E0008 2:1"]);
    check_policy("version: [1]\nrules: []\n", &["E0105 1:10", "E0008 2:1"]);
    check_policy("version: 1\nrule: []\n", &["E0103 2:1 -> rules", "E0008 1:1"]);
    check_policy("version: 1\nrules: []\ndefalt: allow\n", &["E0103 3:1 -> default", "E0008 2:1"]);
    check_policy("version: 1\nrules: [1]\nextra: allow\n", &["E0103 3:1", "E0105 2:9"]);
    check_policy("version: 1\nconstants: [a]\nrules: []\n", &["E0105 2:12", "E0008 3:1"]);
    check_policy(
        "version: 1\nconstants: { a: 010, b: .inf, c: 0x1 }\nrules: []\n",
        &["E0111 2:17", "E0111 2:25", "E0111 2:34", "E0008 3:1"],
    );
    check_policy("version: 1\n<<: *x\n", &["E0107 2:1", "E0113 2:5"]);
}

#[test]
fn schemas_are_checked() {
    check_schema("version: 1\n", &["E0104 1:1"]);
    check_schema("version: 1\nactions:\n", &[]);
    check_schema("version: 1\nactions: []\n", &["E0105 2:10"]);
    check_schema("version: 1\nactions: {}\ngroup: {}\n", &["E0103 3:1 -> groups"]);
    check_schema("version: 1\nactions: { a: [x] }\n", &["E0105 2:15"]);
    check_schema("version: 1\nactions: { a: { amount: number } }\n", &["E0103 2:17"]);
    check_schema("version: 1\nactions: { a: { fields: { x: } } }\n", &["E0105 2:28"]);
    check_schema("version: 1\nactions: { a: { fields: { x: [string] } } }\n", &["E0105 2:30"]);
    check_schema("version: 1\nactions: { a: { fields: { x: { optional: true } } } }\n", &["E0104 2:32"]);
    check_schema(
        "version: 1\nactions: { a: { fields: { x: { type: string, optional: yes } } } }\n",
        &["E0105 2:56"],
    );
    check_schema(
        "version: 1\nactions: { a: { fields: { x: { type: string, one_off: [a] } } } }\n",
        &["E0103 2:46 -> one_of"],
    );
    check_schema(
        "version: 1\nactions: { a: { fields: { x: { type: string, one_of: a } } } }\n",
        &["E0105 2:54"],
    );
    check_schema(
        "version: 1\nactions: { a: { fields: { x: { type: number, min: .nan } } } }\n",
        &["E0111 2:51"],
    );
    check_schema("version: 1\nactions: { a: {} }\ngroups: { g: a }\n", &["E0105 3:14"]);
    check_schema("version: 1\nactions: { a: {} }\nextra_fields: true\n", &["E0105 3:15"]);
}

#[test]
fn rules_are_checked() {
    check_rule("color: red", &["E0103 4:5"]);
    check_rule("unles: true", &["E0103 4:5 -> unless"]);
    check_rule("effect: [block]", &["E0105 4:13"]);
    check_rule("effect:", &["E0105 4:11"]);
    check_rule("description: 5", &["E0105 4:18 -> '5'"]);
    check_rule("mode: true", &["E0105 4:11"]);
    check_rule("tags: a", &["E0105 4:11"]);
    check_rule("tags: [a, 1.0]", &["E0105 4:15 -> '1.0'"]);
    check_rule("required_actions: {type: x}", &["E0105 4:23"]);
    check_rule("required_actions: [x]", &["E0308 4:24"]);
    check_rule("required_actions: [{}]", &["E0308 4:24"]);
    check_rule("required_actions: [{role: a}, {type: 1}, {type: ok}]", &["E0308 4:25", "E0308 4:42"]);
    check_policy(
        "version: 1\nrules:\n  - id: a\n  - {}\n  - x\n  -\n  - effect: block\n    id: b\n    scope: { global: true }\n    when: 5\n",
        &[
            "E0104 3:5",
            "E0104 3:5",
            "E0104 3:5",
            "E0104 4:5",
            "E0104 4:5",
            "E0104 4:5",
            "E0104 4:5",
            "E0105 5:5",
            "E0105 6:4",
            "E0105 10:11",
        ],
    );
}

#[test]
fn a_faulty_rule_leaves_the_others() {
    let text = "version: 1\nrules:\n  - {id: a, scope: {global: true}, when: true, effect: block}\n\
                \x20 - {id: b, scope: {global: true}, when: 1, effect: block}\n\
                \x20 - {id: c, scope: {global: true}, when: true, unless: [], effect: block}\n\
                \x20 - {id: d, scope: {global: true}, when: true, effect: block, message: '}'}\n";
    let (file, diagnostics) = policy(text);
    let ids: Vec<_> = file.unwrap().rules.into_iter().map(|rule| rule.id.value).collect();
    assert_eq!(ids, ["a", "d"]);
    assert_eq!(told(text, &diagnostics), ["E0105 4:42", "E0105 5:56", "E0701 6:73"]);
}

#[test]
fn scopes_are_checked() {
    check_rule("scope: refund", &["E0105 4:12"]);
    check_rule("scope: all", &["E0105 4:12 -> { global: true }"]);
    check_rule("scope: global", &["E0105 4:12 -> { global: true }"]);
    check_rule("scope:", &["E0305 4:10"]);
    check_rule("scope: {}", &["E0305 4:12"]);
    check_rule("scope: [refund]", &["E0105 4:12"]);
    check_rule("scope: { action: [] }", &["E0305 4:22"]);
    check_rule("scope: { actor: [] }", &["E0305 4:21"]);
    check_rule("scope: { action: [1, a] }", &["E0105 4:23"]);
    check_rule("scope: { group: [a] }", &["E0105 4:21"]);
    check_rule("scope: { actions: a }", &["E0103 4:14 -> action"]);
    check_rule("scope: { global: false }", &["E0305 4:22"]);
    check_rule("scope: { global: true, action: a }", &["E0112 4:14"]);
    check_rule("scope: { global: yes }", &["E0105 4:22"]);
}

#[test]
fn conditions_are_checked() {
    check_rule("when:", &["E0105 4:9"]);
    check_rule("when: 5", &["E0105 4:11"]);
    check_rule("when: ~", &["E0105 4:11"]);
    check_rule("when: false", &[]);
    check_rule("when: not_a_keyword", &[]);
    check_rule("when: [a, b]", &["E0403 4:11"]);
    check_rule("when: {a: b}", &["E0403 4:11"]);
    check_rule("when: {\"a\": 1}", &["E0403 4:11"]);
    check_rule("when: {}", &["E0104 4:11"]);
    check_rule("when: {alll: [a]}", &["E0103 4:12 -> all"]);
    check_rule("when: { all: [] }", &["E0512 4:18"]);
    check_rule("when: { any: }", &["E0512 4:16"]);
    check_rule("when: { all: a }", &["E0105 4:18"]);
    check_rule("when: { all: [a], any: [b] }", &["E0112 4:23"]);
    check_rule("when: { subject: { domain: action, field: a }, operator: exists, not: b }", &["E0112 4:70"]);
    check_rule("when: { all: [a, 1, [b], {x: y}] }", &["E0105 4:22", "E0105 4:25", "E0103 4:31"]);
    check_rule("when: { not: 1 }", &["E0105 4:18"]);
    check_rule("when: { operator: equals, value: { literal: 1 } }", &["E0104 4:13"]);
    check_rule("when: { subject: { domain: action, field: a } }", &["E0104 4:13"]);
    check_rule("when: { subject: { domain: action, field: a }, operator: equals }", &["E0104 4:13"]);
    check_rule("when: { subject: { domain: action, field: a }, operator: eq }", &[]);
    check_rule(
        "when: { subject: { domain: action, field: a }, operator: exists, value: { literal: 1 } }",
        &["E0112 4:70"],
    );
    check_rule("when: { subject: action.a, operator: exists }", &["E0105 4:22"]);
    check_rule("when: { subject: { domain: action }, operator: exists }", &["E0104 4:24"]);
    check_rule("when: { subject: { domain: action, field: a..b }, operator: exists }", &["E0205 4:47"]);
    check_rule("when: { subject: { domain: action, field: '' }, operator: exists }", &["E0205 4:47"]);
    let atom = |value: &str| {
        format!("when: {{ subject: {{ domain: action, field: a }}, operator: equals, value: {value} }}")
    };
    check_rule(&atom("1000"), &["E0105 4:77 -> { literal: 1000 }"]);
    check_rule(&atom("abc"), &["E0105 4:77"]);
    check_rule(&atom("[1]"), &["E0105 4:77"]);
    check_rule(&atom("{}"), &["E0104 4:77"]);
    check_rule(&atom("{ literal: 1, constant: c }"), &["E0112 4:91"]);
    check_rule(&atom("{ literal: 1, subject: { domain: a, field: b } }"), &["E0112 4:91"]);
    check_rule(&atom("{ litteral: 1 }"), &["E0103 4:79 -> literal"]);
    check_rule(&atom("{ literal: 1.5.5 }"), &[]);
    check_rule(&atom("{ literal: +5 }"), &["E0111 4:88"]);
    check_rule(&atom("{ literal: null }"), &[]);
    check_rule(&atom("{ constant: 5 }"), &["E0105 4:89"]);
}

#[test]
fn expressions_are_checked_in_place() {
    check_rule("when: action.a ==", &["E0401 4:22"]);
    check_rule("when: action.a == \"x #1\"", &["E0403 4:11 -> 'action.a == \"x #1\"'"]);
    check_rule("when: action.a == 1 # fine", &[]);
    check_rule("when: true # fine", &[]);
}

#[test]
fn messages_are_checked() {
    for good in ["plain", "'{{}}'", "'{action.a.b} {snapshot.c}'", "\"\\u00e9{actor.id}\"", "''"] {
        check_rule(&format!("message: {good}"), &[]);
    }
    check_rule("message: 5", &["E0105 4:14 -> '5'"]);
    check_rule("message: {x}", &["E0403 4:14 -> '{x}'"]);
    check_rule("message: [x]", &["E0403 4:14 -> '[x]'"]);
    check_rule("message: {x} can", &["E0403 4:14 -> '{x} can'"]);
    check_rule("message: 'a {actor.id'", &["E0701 4:17"]);
    check_rule("message: 'a {actor.{x}}'", &["E0701 4:17"]);
    check_rule("message: 'a } b } c'", &["E0701 4:17", "E0701 4:21"]);
    check_rule("message: 'a {} b'", &["E0701 4:17"]);
    check_rule("message: 'a {actor} b'", &["E0701 4:17"]);
    check_rule("message: 'a {user.id} b'", &["E0701 4:17"]);
    check_rule("message: 'a { actor.id } b'", &["E0701 4:17"]);
    check_rule("message: 'it''s {actor.} b'", &["E0701 4:21"]);
    check_rule("message: \"\\u00e9 {x}\"", &["E0701 4:22"]);
}

#[test]
fn sizes_are_limited() {
    let list = format!("version: 1\nconstants: {{ a: [{}] }}\nrules: []\n", "1, ".repeat(10_001));
    check_policy(&list, &["E0805 2:17", "E0008 3:1"]);
    let list = format!("version: 1\nconstants: {{ a: [{}] }}\nrules: []\n", "1, ".repeat(10_000));
    check_policy(&list, &["E0008 3:1"]);
}

/// A text with some bytes cut out, doubled, or replaced by what matters to YAML.
fn mutated(base: &'static str) -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "", "\n", " ", ":", ": ", "- ", "[", "]", "{", "}", "'", "\"", "#", " #", "&a ", "*a", "!", "|", ">",
        "\t", ",", "  ", "{{", "null", "1", "é", "\u{feff}", "---\n", "<<: ", "?", "\\", "\r\n",
    ]);
    let edit = (any::<prop::sample::Index>(), 0..12_usize, pieces);
    prop::collection::vec(edit, 1..6).prop_map(move |edits| {
        let mut text: Vec<char> = base.chars().collect();
        for (at, length, piece) in edits {
            let start = at.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

fn in_bounds(text: &str, diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().all(|diagnostic| {
        let spans = diagnostic.span.into_iter().chain(diagnostic.fix.iter().map(|fix| fix.span));
        spans.into_iter().all(|span| text.get(span.start as usize..span.end as usize).is_some())
            && !diagnostic.message.contains('\n')
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_policy_panics(text in mutated(POLICY)) {
        let (file, diagnostics) = policy(&text);
        prop_assert!(in_bounds(&text, &diagnostics), "{:#?}", diagnostics);
        prop_assert!(file.is_some() || !diagnostics.is_empty());
    }

    #[test]
    fn no_schema_panics(text in mutated(SCHEMA)) {
        let (schema, diagnostics) = schema(&text);
        prop_assert!(in_bounds(&text, &diagnostics), "{:#?}", diagnostics);
        prop_assert!(schema.is_some() || !diagnostics.is_empty());
    }
}

/// Reading each rule as soon as it is parsed changes nothing.
#[test]
fn rules_read_one_by_one_are_those_of_the_tree() {
    for text in [
        "version: 1\nrules:\n  - id: a\n    scope: { action: x }\n    when: true\n    effect: block\n  - id: b\n  - c\n",
        "version: 1\nrules:\n- { id: a }\nrules:\n- { id: b }\n",
        "version: 1\nrules: [a, { id: b }]\nother:\n  - x\ndefault: [a]\n",
        "version: 1\ndefinitions: { rules: [a] }\nrules: {}\n",
        "version: 1\nrules:\n  - id: a # actra: allow(W0003) for a test\n",
        "version: 1\nrules:\n  - id: a\n    when: |\n      true\n",
        "- rules:\n  - a\n",
        "version: 1\nrules:\n  -\n",
        "",
        "a: [\n",
    ] {
        let (mut budget, mut found) = (100_000, Vec::new());
        let read = read_policy(FileId(0), text, &mut budget, &mut found);
        let (mut whole_budget, mut whole_found) = (100_000, Vec::new());
        let node = yaml::parse(FileId(0), text, &mut whole_budget, &mut whole_found);
        let whole = node.as_ref().map(|node| decode_policy(node, &mut whole_found));
        let place = |found: &Diagnostic| (found.span, found.code, found.message.clone());
        found.sort_by_key(place);
        whole_found.sort_by_key(place);
        assert_eq!((read.map(|(_, read)| read), found), (whole, whole_found), "{text:?}");
        assert_eq!(budget, whole_budget);
    }
}
