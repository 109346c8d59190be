//! `actra test`: results for people and programs, coverage, and mutants.

use crate::test_directory::TestDirectory;

const PASSING: &str = "\
version: 1
fixtures:
  support: { actor: { role: support } }
cases:
  - name: a small refund is allowed
    use: [support]
    request: { action: { type: refund, amount: 1 } }
    expect: { effect: allow, matched_rule: null }
  - name: refunds by amount
    use: [support]
    request: { action: { type: refund } }
    table: [action.amount, effect]
    rows:
      - [1000, allow]
      - [1000.01, block]
";

const FAILING: &str = "\
version: 1
policy: ..
cases:
  - name: a <large> refund is allowed
    request: { action: { type: refund, amount: 1001 }, actor: { role: support } }
    expect:
      effect: allow
      message: too much for support
      matched_rule: null
";

fn tested(text: &str) -> TestDirectory {
    TestDirectory::with_set().file("set/tests/refunds.yaml", text)
}

#[test]
fn tests_that_hold_are_counted() {
    let run = tested(PASSING).run("test set");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "3 tests passed\n", ""));
    let run = tested(PASSING).run("test set/ --filter row");
    assert_eq!((run.code, run.out.as_str()), (0, "2 tests passed\n"));
}

/// What only `check` finds counts as well: neither is a lint missed, nor one made up.
#[test]
fn tests_about_what_check_reports_run_check() {
    let checked = |expected: &str| {
        format!(
            "version: 1
cases:
  - name: a rule for nobody
    files:
      policy.yaml: |
        version: 1
        default: allow
        rules:
          - {{ id: r, scope: {{ action: refund }}, when: 1 > 2 || actor.role == \"x\", effect: require_approval }}
    check: {expected}
"
        )
    };
    let found = "[{ code: W0006, file: policy.yaml, line: 4, column: 47 }]";
    let run = tested(&checked(found)).run("test set");
    assert_eq!((run.code, run.out.as_str()), (0, "1 test passed\n"), "{run:?}");
    assert_eq!(tested(&checked("[]")).run("test set").code, 1);
}

#[test]
fn a_failing_test_shows_place_difference_and_explanation() {
    let directory = tested(PASSING).file("set/tests/deep/more.yaml", FAILING.replace("..", "../.."));
    let run = directory.run("test set");
    let expected = "\
FAILED a <large> refund is allowed
  at set/tests/deep/more.yaml:4
  set/tests/deep/more.yaml:7: `effect` is \"block\", expected \"allow\"
  set/tests/deep/more.yaml:9: `matched_rule` is \"block_large_refund\", expected null
  the request {\"action\": {\"type\": \"refund\", \"amount\": 1001}, \"actor\": {\"role\": \"support\"}}
  block by block_large_refund: too much for support

  block_large_refund (block) is true
    at set/policy.yaml:6:11
    action.amount > 1000 is true
      action.amount = 1001

3 tests passed, 1 failed
";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (1, expected, ""), "{}", run.out);
}

#[test]
fn json_holds_all_of_it() {
    let run = tested(FAILING).run("test set --format json");
    let start = "{\"schema\":\"actra/test/v1\",\"ok\":false,\"passed\":0,\"failed\":1,\"tests\":[{\"name\":\"a <large> \
                 refund is allowed\",\"file\":\"tests/refunds.yaml\",\"line\":4,\"ok\":false,\"differences\":[{\"line\":7,\
                 \"subject\":\"effect\",\"actual\":\"\\\"block\\\"\",\"expected\":\"\\\"allow\\\"\"},";
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.starts_with(start), "{}", run.out);
    assert!(run.out.contains("\"explanation\":{\"schema\":\"actra/explain/v1\","), "{}", run.out);
    let run = tested(PASSING).run("test set --format json --filter small");
    let expected = "{\"schema\":\"actra/test/v1\",\"ok\":true,\"passed\":1,\"failed\":0,\"tests\":[{\"name\":\"a small \
                    refund is allowed\",\"file\":\"tests/refunds.yaml\",\"line\":5,\"ok\":true,\"differences\":[],\
                    \"explanation\":null}]";
    assert!(run.code == 0 && run.out.starts_with(expected), "{}", run.out);
}

#[test]
fn junit_is_xml_that_counts() {
    let directory = tested(FAILING).file("set/tests/a.yaml", PASSING);
    let run = directory.run("test set --format junit");
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    let document = roxmltree::Document::parse(&run.out).unwrap();
    let suites = document.root_element();
    assert_eq!((suites.tag_name().name(), suites.attribute("tests")), ("testsuites", Some("4")));
    assert_eq!(suites.attribute("failures"), Some("1"));
    let counted: Vec<_> = suites
        .children()
        .filter(roxmltree::Node::is_element)
        .map(|suite| {
            let cases = suite.children().filter(|node| node.has_tag_name("testcase")).count();
            (suite.attribute("name").unwrap(), suite.attribute("tests").unwrap(), cases)
        })
        .collect();
    assert_eq!(counted, [("tests/a.yaml", "3", 3), ("tests/refunds.yaml", "1", 1)]);
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    let case = failure.parent().unwrap();
    assert_eq!(case.attribute("name"), Some("a <large> refund is allowed"));
    assert_eq!(case.attribute("line"), Some("4"));
    assert!(failure.text().unwrap().contains("action.amount > 1000 is true\n"), "{}", run.out);
}

#[test]
fn tests_that_cannot_be_run_are_wrong_input() {
    let cases = "version: 1\ncases: [{ nme: a }]\n";
    let directory = tested(cases).file("set/tests/other.yml", "");
    let run = directory.run("test set");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    for line in [
        "set/tests/other.yml:1:1: the names of test files end in `.yaml`\n",
        "set/tests/refunds.yaml:2:11: unknown key `nme`",
        "set/tests/refunds.yaml:2:9: a case needs a `name`\n",
        "actra: 2 test files have errors\n",
    ] {
        assert!(run.err.contains(line), "{line}{}", run.err);
    }
    let run = tested("version: 1\npolicy: nowhere\ncases: []\n").run("test set");
    assert!(run.code == 2 && run.err.contains("refunds.yaml:2:9: there is no policy directory"), "{run:?}");
}

#[test]
fn nothing_to_run_is_no_success() {
    for (directory, arguments, message) in [
        (
            TestDirectory::with_set(),
            "test set",
            "actra: there are no tests in `set`: test cases are in `tests/**/*.yaml`\n",
        ),
        (
            tested(PASSING).file("set/tests/empty.yaml", "version: 1\ncases: []\n"),
            "test set",
            "set/tests/empty.yaml:1:1: the file holds no cases\nactra: a test file has errors\n",
        ),
        (tested(PASSING), "test set --filter x", "actra: no test in `set` has `x` in its name\n"),
        (TestDirectory::empty(), "test set", "actra: there is no policy directory `set`\n"),
    ] {
        let run = directory.run(arguments);
        assert!(run.code == 2 && run.out.is_empty() && run.err.starts_with(message), "{run:?}");
    }
    let run =
        tested(PASSING).file("set/policy.yaml", "version: 1\ndefault: allow\nrules: [{}]").run("test set");
    assert!(run.code == 2 && run.err.contains("the policy set `set` does not compile"), "{run:?}");
}

#[test]
fn coverage_shows_what_was_never_seen() {
    let run = tested(PASSING).run("test set --coverage");
    let expected = "\
3 tests passed

coverage by 3 requests: 2 of 4 rules and conditions were seen true and false
not covered:
  set/policy.yaml:9:9: rule ask_before_deleting: never reached
  set/policy.yaml:11:11: actor.role == \"admin\": never reached
   true   false  undetermined
      1       2             0  set/policy.yaml:4:9: rule block_large_refund
      1       2             0  set/policy.yaml:6:11: action.amount > 1000
      0       0             0  set/policy.yaml:9:9: rule ask_before_deleting
      0       0             0  set/policy.yaml:11:11: actor.role == \"admin\"
";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, expected, ""), "{}", run.out);
    let run = tested(PASSING).run("test set --coverage --format json --filter small");
    let expected = "\"coverage\":{\"requests\":1,\"default\":1,\"rules\":[{\"rule\":\"block_large_refund\",\
                    \"file\":\"policy.yaml\",\"line\":4,\"column\":9,\"true\":0,\"false\":1,\"undetermined\":0,\
                    \"atoms\":[{\"text\":\"action.amount > 1000\",\"file\":\"policy.yaml\",\"line\":6,\"column\":11,\
                    \"true\":0,\"false\":1,\"undetermined\":0}]}";
    assert!(run.code == 0 && run.out.contains(expected), "{}", run.out);
}

#[test]
fn mutants_that_no_test_notices_come_with_one_that_would() {
    let directory = tested(PASSING);
    let run = directory.run("test set --mutants --fail-under 30");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let expected = "
    set/policy.yaml:9:9: `rule ask_before_deleting` dropped
      require_approval becomes allow, and this test would notice:
        - name: \"policy.yaml:9:9: `rule ask_before_deleting` dropped\"
          request: {\"action\": {\"type\": \"delete_user\", \"user\": \"plain\"}, \"actor\": {\"role\": \"plain\"}}
          expect: { effect: require_approval }
";
    assert!(run.out.contains(expected), "{}", run.out);
    let low = directory.run("test set --mutants --fail-under 90");
    assert_eq!((low.code, low.out), (1, run.out));
    let json = directory.run("test set --mutants --format json").out;
    for part in [
        "\"mutants\":{\"tests\":3,\"killed\":",
        "\"fate\":\"killed\",\"test\":\"refunds by amount, row 1\"",
        "\"fate\":\"survived\",\"request\":{\"action\": {\"type\": \"delete_user\"",
    ] {
        assert!(json.contains(part), "{part}\n{json}");
    }
}

#[test]
fn mutants_wait_for_tests_that_pass() {
    let run = tested(FAILING).run("test set --mutants");
    assert_eq!((run.code, run.err.as_str()), (1, "actra: mutants are tried once all tests pass\n"));
    assert!(!run.out.contains("mutation score"), "{}", run.out);
}
