//! What is read of test files, and how cases are judged.

use super::*;

const HEAD: &str = "version: 1
schema: { actions: { refund: { fields: { amount: number, note: string? } } } }
default: block
rules:
  - { id: small, scope: { action: refund }, when: action.amount < 10, effect: allow, message: fine }
  - { id: shady, scope: { action: refund }, when: action.amount > 5, effect: block, mode: shadow }
fixtures:
  tiny: { action: { type: refund, amount: 1 } }
cases:
";

/// A case that passes and uses the fixture, which must not be left unused.
const USED: &str = "  - { name: used, use: [tiny], expect: { effect: allow } }\n";

/// The line of the first line after [`HEAD`].
const FIRST: u32 = 10;

/// The failures of a file made of `HEAD` and one case.
fn failures(case: &str) -> Vec<String> {
    outcomes(&format!("{HEAD}  - {case}\n{USED}"))
}

fn outcomes(text: &str) -> Vec<String> {
    let mut load = |path: &str| match path {
        "empty" => Ok(actra_engine::PolicySet::default()),
        _ => Err(format!("no set `{path}`")),
    };
    let results = run_file("t.yaml", text, &mut load);
    let failed = results.into_iter().filter_map(|result| match result.outcome {
        CaseOutcome::Failed(text) => Some(text),
        CaseOutcome::Passed => None,
    });
    failed.collect()
}

#[test]
fn what_holds_passes() {
    for case in [
        "{ name: a, use: [tiny], expect: { effect: allow, matched_rule: small, matched_rules: [small], message: fine } }",
        "{ name: a, use: [tiny], request: { action: { amount: 9.9 } }, expect: { shadow: [{ rule: shady }] } }",
        "{ name: a, use: [tiny], request: { unknown: [] }, expect: { effect: allow } }",
        "{ name: a, use: [tiny], request: { action: { nots: 1 } }, expect: { errors: [{ path: action.nots }] } }",
        "{ name: a, use: [tiny], request: { action: { amount: null } }, expect: { undetermined: [{ rule: small, code: 'null' }], errors: [{ path: action.amount }] } }",
        "{ name: a, request_json: '', expect: { effect: block, errors: [{ path: '', code: malformed_json }] } }",
        "{ name: a, use: [tiny], explain: [{ rule: small, truth: 'true', condition: { text: action.amount < 10, parts: [{ value: 1 }] } }, { truth: 'false' }] }",
        "{ name: a, diagnostics: [] }",
        "{ name: a, files: { schema.yaml: null }, diagnostics: [{ code: E0001, file: schema.yaml, line: 1 }] }",
    ] {
        assert_eq!(failures(case), Vec::<String>::new(), "{case}");
    }
}

/// A test that is decided by something that it does not mention passes for the wrong reason.
#[test]
fn what_a_test_does_not_mention_fails_it() {
    for (case, told) in [
        (
            "{ name: a, request: { action: { type: refund, amuont: 5 } }, expect: { effect: block } }",
            "10: the request has faults
  `action.amuont` is not declared; did you mean `action.amount`?
  `action.amount` is missing; expected number
if the test is about them, list them under `errors` in `expect`
10: rules could not be decided
  `small`: `action.amount`: a required value is missing (missing)
if the test is about them, list them under `undetermined` in `expect`",
        ),
        (
            "{ name: a, use: [tiny], request: { action: { nots: 1 } }, expect: { effect: allow } }",
            "10: the request has faults
  `action.nots` is not declared; did you mean `action.note`?
if the test is about them, list them under `errors` in `expect`",
        ),
        (
            "{ name: a, use: [tiny], request: { action: { amount: '1' } }, expect: { undetermined: [{ rule: small }] } }",
            "10: the request has faults
  `action.amount` is \"1\"; expected number
if the test is about them, list them under `errors` in `expect`",
        ),
        (
            "{ name: a, use: [tiny], request: { action: { nots: 1 } }, expect: { errors: [] } }",
            "10: the request has faults
  `action.nots` is not declared; did you mean `action.note`?",
        ),
        (
            "{ name: a, request: { action: { type: refund, amuont: 5 } }, expect: { effect: block, undetermined: [{}], errors: [{}] } }",
            "10: the request has faults
  `action.amuont` is not declared; did you mean `action.amount`?",
        ),
        (
            "{ name: a, request_json: '{\"action\":{\"type\":\"refund\",\"type\":1}}', expect: { effect: block } }",
            "10: the request has faults
  an object of the request has the same key twice
if the test is about them, list them under `errors` in `expect`",
        ),
        (
            "{ name: a, use: [tiny], request: { unknown: [snapshot.flag] }, expect: { effect: block } }",
            "10: the request has faults
  `snapshot.flag` is not declared; `unknown` lists fields of actor and snapshot
if the test is about them, list them under `errors` in `expect`",
        ),
        (
            "{ name: a, table: [action.type, action.amuont, effect], rows: [[refund, 1, block]] }",
            "`action.amuont` is not declared; did you mean `action.amount`?",
        ),
    ] {
        let strict = format!("{HEAD}  - {case}\n{USED}");
        let failures = outcomes(&strict);
        assert_eq!(failures.len(), 1, "{case}");
        assert!(failures[0].contains(told), "{case}\n{}", failures[0]);
        let lenient = outcomes(&strict.replacen("version: 1", "version: 1\nlenient: true", 1));
        assert_eq!(lenient, Vec::<String>::new(), "{case}");
    }
}

#[test]
fn each_difference_is_seen_and_placed() {
    for (case, mismatch) in [
        ("{ name: a, use: [tiny], expect: { effect: block } }", "`effect` is \"allow\", expected \"block\""),
        (
            "{ name: a, use: [tiny], expect: { matched_rule: null } }",
            "`matched_rule` is \"small\", expected null",
        ),
        (
            "{ name: a, use: [tiny], expect: { matched_rules: [] } }",
            "`matched_rules` is [\"small\"], expected []",
        ),
        ("{ name: a, use: [tiny], expect: { message: Fine } }", "`message` is \"fine\""),
        ("{ name: a, use: [tiny], expect: { required_actions: [{ type: x }] } }", "`required_actions` is []"),
        ("{ name: a, use: [tiny], expect: { undetermined: [{ rule: small }] } }", "`undetermined` is []"),
        ("{ name: a, use: [tiny], expect: { shadow: [{ rule: shady }] } }", "`shadow` is []"),
        (
            "{ name: a, request: {}, expect: { errors: [{ code: missing }] } }",
            "`errors` is [{ code: \"action_type_missing\"",
        ),
        ("{ name: a, request: {}, expect: { errors: [] } }", "`errors` is [{"),
        ("{ name: a, use: [tiny], explain: [{ rule: small }] }", "the explanation is\n  [{"),
        (
            "{ name: a, use: [tiny], explain: [{ condition: { parts: [{ value: 2 }] } }, {}] }",
            "the explanation is\n  [{",
        ),
        ("{ name: a, use: [tiny], decision: '{}' }", "the decision is\n  {\"effect\":\"allow\""),
        ("{ name: a, hash: 'sha256:00' }", "`hash` is sha256:"),
        (
            "{ name: a, diagnostics: [{ code: E0001 }] }",
            "the diagnostics are\n  none\nexpected\n  - { code: E0001 }",
        ),
        (
            "{ name: a, files: { schema.yaml: null }, diagnostics: [] }",
            "the diagnostics are\n  - { code: E0001, file: schema.yaml, line: 1, column: 1 }",
        ),
        (
            "{ name: a, files: { schema.yaml: null }, diagnostics: [{ code: E0001, file: a.yaml }] }",
            "the diagnostics are",
        ),
        (
            "{ name: a, files: { schema.yaml: null }, use: [tiny], expect: { effect: allow } }",
            "the set does not compile",
        ),
    ] {
        let failures = failures(case);
        let expected = format!("{FIRST}: {mismatch}");
        assert!(failures.len() == 1 && failures[0].starts_with(&expected), "{case}\n{failures:#?}");
    }
}

#[test]
fn places_of_diagnostics_are_compared() {
    let case = |place: &str| {
        format!(
            "name: a\n    files: {{ policy.yaml: \"version: 1\\ndefault: allow\\nrule: 1\" }}\n    diagnostics: [{{ code: E0008 }}, {{ code: E0103, {place} }}]"
        )
    };
    let outcome = |place: &str| failures(&case(place)).len();
    assert_eq!(outcome("file: policy.yaml, line: 3, column: 1"), 0, "{:#?}", failures(&case("line: 3")));
    for wrong in ["file: schema.yaml", "line: 2", "column: 2", "file: null"] {
        assert_eq!(outcome(wrong), 1, "{wrong}");
    }
}

#[test]
fn a_case_that_cannot_be_understood_is_refused() {
    for (case, problem) in [
        ("{ name: a, uses: [tiny], diagnostics: [] }", "10:16: unknown key `uses`"),
        ("{ name: a }", "10:5: a case needs one of"),
        ("{ diagnostics: [] }", "10:5: a case needs a `name`"),
        (
            "{ name: a, use: [tiny], diagnostics: [] }",
            "10:5: `request` or `request_json` is used together with",
        ),
        ("{ name: a, expect: { effect: allow } }", "10:5: `request` or `request_json` is used together with"),
        ("{ name: a, use: [tony], expect: { effect: allow } }", "10:22: there is no fixture `tony`"),
        ("{ name: a, use: [tiny], expect: { effect: alow } }", "10:47: an effect is"),
        ("{ name: a, use: [tiny], expect: { efect: allow } }", "10:39: unknown key `efect`"),
        ("{ name: a, use: [tiny], expect: {} }", "10:37: `expect` names nothing"),
        ("{ name: a, use: [tiny], expect: { errors: [{ pth: x }] } }", "10:50: unknown key `pth`"),
        ("{ name: a, use: [tiny], explain: [{ thruth: x }] }", "10:41: unknown key `thruth`"),
        (
            "{ name: a, use: [tiny], explain: [{ condition: { parts: [{ txt: x }] } }] }",
            "10:64: unknown key `txt`",
        ),
        ("{ name: a, explain: [] }", "10:5: `request` or `request_json` is used together with"),
        ("{ name: a, request: { acton: {} }, expect: { effect: allow } }", "10:27: unknown key `acton`"),
        (
            "{ name: a, request: { action: { amount: 0x1 } }, expect: { effect: allow } }",
            "10:45: write the number",
        ),
        (
            "{ name: a, request: {}, request_json: '{}', expect: { effect: block } }",
            "10:43: `request_json` must stand alone",
        ),
        ("{ name: a, diagnostics: [{ code: E9999 }] }", "10:30: there is no code `E9999`"),
        ("{ name: a, diagnostics: [{ code: E0001, line: x }] }", "10:51: a line or column"),
        ("{ name: a, name: b, diagnostics: [] }", "10:16: "),
        // Names in a request may be what nobody is to see.
        (
            "{ name: a, request: { action: { type: a, s: { KEY: 1, KEY: 2 } } }, expect: { effect: allow } }",
            "10:59: a key appears twice in one mapping",
        ),
        ("{ name: a, request: { action: { s: *KEY } }, expect: { effect: allow } }", "10:40: "),
        (
            "{ name: a, diagnostics: [] }\n  - { name: a, diagnostics: [] }",
            "11:5: the name `a` appears twice",
        ),
    ] {
        let failures = failures(case);
        assert!(failures.iter().any(|failure| failure.starts_with(problem)), "{case}\n{failures:#?}");
        assert!(!failures.concat().contains("KEY"), "{failures:#?}");
    }
}

#[test]
fn a_file_that_cannot_be_understood_is_refused() {
    for (text, problem) in [
        ("", "1:1: "),
        ("version: 2\ncases: []\n", "1:1: a case file must start with `version: 1`"),
        ("version: 1\n", "1:1: `cases` is missing"),
        ("version: 1\ncases: {}\n", "2:8: a list is expected"),
        ("version: 1\npolicy: nowhere\ncases: []\n", "2:9: no set `nowhere`"),
        (
            "version: 1\npolicy: empty\nrules: []\ncases: []\n",
            "3:8: `rules` cannot be used here: `policy` is a path",
        ),
        (
            "version: 1\npolicy: |\n  version: 1\nrules: []\ncases: []\n",
            "4:8: `rules` is given together with `policy`",
        ),
        ("version: 1\ncase: []\n", "2:1: unknown key `case`"),
        ("version: 1\ncases: [\n", ""),
    ] {
        let failures = outcomes(text);
        assert!(failures.iter().any(|failure| failure.starts_with(problem)), "{text}\n{failures:#?}");
    }
}

#[test]
fn texts_of_files_are_taken_as_they_are() {
    let text = "version: 1
schema: |
  # a comment
  version: 1
  actions: { a: }
policy: |
  version: 1
  default: allow
  rules:
    - { id: r, scope: { action: b }, when: true, effect: block }
cases:
  - name: a place in the policy
    diagnostics: [{ code: E0303, file: policy.yaml, line: 4, column: 31 }]
";
    assert_eq!(outcomes(text), Vec::<String>::new());
}

const TABLE: &str = "name: t, use: [tiny]";

#[test]
fn a_table_is_a_case_for_each_row() {
    let text = format!(
        "{HEAD}  - {{ {TABLE}, expect: {{ undetermined: [] }}, table: [name, action.amount, effect, matched_rule], \
         rows: [[below, 9, allow, small], [at, 10, allow, null], [above, 11, block, small]] }}\n"
    );
    let mut load = |_: &str| Err(String::new());
    let case_file = CaseFile::read("t.yaml", &text, &mut load).unwrap();
    let names: Vec<_> = case_file.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["t, below", "t, at", "t, above"]);
    let expected = [
        format!("{FIRST}: `effect` is \"block\", expected \"allow\""),
        format!("{FIRST}: `matched_rule` is null, expected \"small\""),
    ];
    assert_eq!(outcomes(&text), expected);
}

#[test]
fn a_table_with_a_fault_is_refused() {
    for (rest, problem) in [
        ("table: [effect]", "`table` names columns, and `rows` is missing"),
        ("rows: [[allow]], expect: { effect: allow }", "`rows` needs `table`"),
        ("table: [effect], rows: []", "a table needs at least one row"),
        ("table: [effect], rows: [[allow, 1]]", "the row has 2 cells, and the table 1 columns"),
        ("table: [effect], rows: [[alow]]", "an effect is"),
        ("table: [action.amount], rows: [[1]]", "a table must expect something"),
        ("table: [effect, effect], rows: [[allow, allow]]", "`effect` appears twice"),
        ("table: [effect], rows: [[allow]], expect: { effect: allow }", "`effect` appears twice"),
        ("table: [efect], rows: [[allow]]", "`efect` is not a column"),
        ("table: [acton.amount, effect], rows: [[1, allow]]", "`acton.amount` is not a column"),
        ("table: [action., effect], rows: [[1, allow]]", "`action.` is not a column"),
        ("table: [effect], rows: [[allow]], decision: '{}'", "`decision` cannot be used with `table`"),
        ("table: [name, effect], rows: [[a, allow], [a, allow]]", "the name `t, a` appears twice"),
        ("table: effect, rows: [[allow]]", "a list is expected here"),
    ] {
        let failures = failures(&format!("{{ {TABLE}, {rest} }}"));
        assert!(failures.iter().any(|failure| failure.contains(problem)), "{rest}\n{failures:#?}");
    }
}

#[test]
fn cases_are_about_the_given_set_if_the_file_names_none() {
    let set = actra_engine::PolicySet::from_texts([
        ("schema.yaml", "version: 1\nactions: { a: }"),
        (
            "policy.yaml",
            "version: 1\ndefault: block\nrules: [{ id: r, scope: { action: a }, when: true, effect: allow }]",
        ),
    ]);
    let text =
        "version: 1\ncases: [{ name: a, request: { action: { type: a } }, expect: { effect: allow } }]";
    let mut load = |_: &str| Err(String::new());
    let case_file = CaseFile::read_for(&set, "t.yaml", text, &mut load).unwrap();
    assert_eq!(case_file.set, set);
    assert!(case_file.run("t.yaml").iter().all(CaseResult::passed));
}
