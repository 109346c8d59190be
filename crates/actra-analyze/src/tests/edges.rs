//! Claims that were once made of more than they held for.

use actra_compile::{PolicySet, compile};
use actra_ir::Policy;
use actra_model::{ActionId, Effect, RawMap, RawRequest, RawValue};

use crate::{AcceptedEffects, Analyzer, ProofVerdict, Region, Statement};

fn rule_about(schema: &str, when: &str) -> Policy {
    let rules = format!(
        "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: {{ action: act }}\n    when: '{when}'\n    effect: block\n"
    );
    let schema = format!(
        "version: 1\nactions: {{ act: {{ fields: {{ {schema} }} }} }}\nactor: {{ fields: {{ x: string? }} }}\n"
    );
    let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules.as_str())]);
    let outcome = compile(&set);
    outcome.policy.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
}

#[test]
fn lists_that_fit_into_no_request_are_not_written_out() {
    let policy = rule_about(
        "nest: { type: list, of: { type: list, of: list<string> } }",
        "action.nest.all(l, size(l) == 10000 && l.all(k, size(k) == 10000)) && size(action.nest) == 10000",
    );
    let statement = Statement {
        actions: &[ActionId(0)],
        when: None,
        accepted: AcceptedEffects::AtMost(Effect::Allow),
        with: &[],
    };
    assert!(matches!(Analyzer::default().prove(&policy, &statement), ProofVerdict::Unproven(_)));
}

#[test]
fn texts_that_functions_make_may_be_longer_than_a_request() {
    let policy = rule_about("s: string", r#"size(action.s.replace("a", "aaaaaaaa")) > 3000000"#);
    assert_eq!(Analyzer::default().rule(&policy, &policy.rules[0]), None);
    for never in [r#"size(action.s.replace("a", "aaaaaaaa")) > 5000000"#, "size(action.s) > 2000000"] {
        let policy = rule_about("s: string", never);
        let finding = Analyzer::default().rule(&policy, &policy.rules[0]);
        assert_eq!(finding, Some(crate::RuleFinding::NeverTrue), "{never}");
    }
}

/// What is shown as the nearest change of a request, `actor.x` and the snapshot being as given.
fn nearest(policy: &Policy, actor: Option<RawValue>, unknown: &[&str]) -> Option<crate::NearestChange> {
    let action = [("type".to_owned(), "act".into()), ("n".to_owned(), RawValue::from(9))];
    let unknown = unknown.iter().map(|path| (*path).to_owned()).collect();
    let action = Some(RawValue::Map(action.into()));
    let request = RawRequest { action, actor, unknown, ..RawRequest::default() };
    Analyzer::default().nearest(policy, &request)
}

#[test]
fn the_nearest_change_is_one_of_the_request_as_it_is() {
    let empty = || Some(RawValue::Map(RawMap::default()));
    let both = rule_about("n: integer", "has(actor.x) || action.n > 5");
    // Whether the fact is there is not known, so that no change of another field helps.
    assert_eq!(nearest(&both, None, &[]), None);
    assert_eq!(nearest(&both, empty(), &["actor.x"]), None);
    let change = nearest(&both, empty(), &[]).unwrap();
    assert_eq!((change.effect, change.fields.len()), (Effect::Allow, 1));
    let either = rule_about("n: integer", "has(actor.x) && action.n > 5");
    for (actor, unknown) in [(None, [].as_slice()), (empty(), &["actor.x"])] {
        let change = nearest(&either, actor, unknown).unwrap();
        assert_eq!(change.request.unknown, unknown);
        assert_eq!(change.fields.first().and_then(|field| field.after.clone()), Some(RawValue::from(5)));
    }
}

#[test]
fn a_known_list_without_elements_is_not_written() {
    let given = RawRequest {
        actor: Some(RawValue::Map([("xs".to_owned(), RawValue::List(Vec::new()))].into())),
        ..RawRequest::default()
    };
    let rules = "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { action: act }, when: 'action.s in actor.xs || action.s in actor.ys', effect: block }\n";
    let schema = "version: 1\nactions: { act: { fields: { s: string } } }\nactor: { fields: { xs: list<string>, ys: list<string> } }\n";
    let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", rules)]);
    let policy = compile(&set).policy.unwrap();
    let possible = Analyzer::default().can(&policy, ActionId(0), &given);
    let printed: Vec<String> = possible.rules.iter().map(|(.., rest)| actra_ir::print::print(rest)).collect();
    assert!(printed.iter().all(|text| !text.contains("[]")), "{printed:?}");
}

#[test]
fn a_sum_of_choices_takes_no_more_than_its_parts() {
    let steps = |count: usize| {
        let fields: Vec<String> = (0..count).map(|idx| format!("b{idx}: boolean")).collect();
        let part = |idx: usize| format!("(action.b{idx} ? {} : 0)", 10 + idx);
        let score: Vec<String> = (0..count).map(part).collect();
        let policy = rule_about(&fields.join(", "), &format!("{} > 50", score.join(" + ")));
        let asked =
            rule_about(&fields.join(", "), "action.b0 && action.b1 && action.b2 && action.b3 && action.b4");
        let when = asked.rules.first().map(|rule| &rule.condition);
        let statement = Statement {
            actions: &[ActionId(0)],
            when,
            accepted: AcceptedEffects::Exactly(Effect::Block),
            with: &[],
        };
        let mut analyzer = Analyzer::default();
        assert_eq!(analyzer.prove(&policy, &statement), ProofVerdict::Proved, "{count}");
        analyzer.steps()
    };
    let (few, many) = (steps(8), steps(24));
    assert!(many < 20 * few && many < 400_000, "{few} and {many} steps");
}

#[test]
fn a_rule_in_the_same_words_is_proved_also_where_no_request_is_found() {
    for when in [
        r#"action.t.getHours("Europe/Berlin") == 3 && action.t.getMonth() == 6 && action.t.getDayOfMonth() == 17"#,
        r#"action.s.replace("-", "") == "49301234" && size(action.s) == 10"#,
        r#"action.s.indexOf("x") == 7 && action.n > 5"#,
    ] {
        let policy = rule_about("t: timestamp, s: string, n: integer", when);
        let when = policy.rules.first().map(|rule| &rule.condition);
        let accepted = AcceptedEffects::Exactly(Effect::Block);
        let statement = Statement { actions: &[ActionId(0)], when, accepted, with: &[] };
        assert_eq!(Analyzer::default().prove(&policy, &statement), ProofVerdict::Proved);
    }
}

#[test]
fn sums_of_what_may_be_absent_take_no_more_than_their_parts() {
    let fields: Vec<String> = (0..18).map(|idx| format!("f{idx}: integer?")).collect();
    let sum: Vec<String> = (0..18).map(|idx| format!("action.?f{idx}.orValue(0)")).collect();
    let policy = rule_about(&fields.join(", "), &format!("{} > 100", sum.join(" + ")));
    let mut analyzer = Analyzer::default();
    let accepted = AcceptedEffects::AtMost(Effect::Allow);
    let statement = Statement { actions: &[ActionId(0)], when: None, accepted, with: &[] };
    assert!(matches!(analyzer.prove(&policy, &statement), ProofVerdict::Refuted(_)));
    assert!(analyzer.steps() < 400_000, "{}", analyzer.steps());
}

/// A rule that was not asked, since the schema rejected the request, held nothing back.
#[test]
fn rules_are_named_for_requests_that_they_judged() {
    let version = |facts: &str, when: &str| {
        let schema = format!(
            "version: 1\nactions: {{ act: {{ fields: {{ n: integer }} }} }}\n{facts}extra_fields: reject\n"
        );
        let rules = format!(
            "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: {{ action: act }}\n    when: '{when}'\n    effect: require_approval\n"
        );
        let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules.as_str())]);
        compile(&set).policy.unwrap()
    };
    let old = version("", "true");
    let new = version("snapshot: { fields: { added: integer } }\n", "action.n == 5");
    let difference = Analyzer::default().diff(&old, &new);
    let named = difference.regions.iter().filter(|region| region.because == crate::StricterBy::Rule);
    let requests: Vec<_> = named.filter_map(Region::witness).collect();
    assert_eq!(requests.len(), 1);
    for request in requests {
        let before = actra_eval::decide(&old, &actra_model::Request::from_raw(&old.schema, request));
        assert_eq!(before.matched_rule.as_deref(), Some("r"), "{request:?}");
    }
}

#[test]
fn what_is_left_compiles_where_a_known_value_is_never_the_other_side() {
    let schema = "version: 1\nactions: { a: { fields: { rate: { type: number, max: 1.5 }, kind: { type: string, one_of: [x, y] }, to: { type: object, fields: { kind: { type: string, one_of: [x, y] } } }, kinds: { type: list, of: { type: string, one_of: [x, y] } }, any: string } } }\nactor: { fields: { cap: number, kind: string, kinds: { type: list, of: string } } }\n";
    let compiled = |when: &str| {
        let text = format!(
            "version: 1\ndefault: allow\nrules:\n  - {{ id: r, scope: {{ global: true }}, when: '{when}', effect: block }}\n"
        );
        compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", &text)])).policy
    };
    let members = [
        ("cap".to_owned(), RawValue::from(2)),
        ("kind".to_owned(), RawValue::from("z")),
        ("kinds".to_owned(), RawValue::List(vec!["x".into(), "z".into()])),
    ];
    let given =
        RawRequest { actor: Some(RawValue::Map(members.into_iter().collect())), ..RawRequest::default() };
    for (when, left) in [
        (
            "action.rate != actor.cap && action.any == \"b\"",
            "action.rate != actor.cap && action.any == \"b\"",
        ),
        (
            "actor.cap == action.rate || action.any == \"b\"",
            "actor.cap == action.rate || action.any == \"b\"",
        ),
        ("action.rate < actor.cap && action.any == \"b\"", "action.rate < 2 && action.any == \"b\""),
        (
            "action.kind == actor.kind || action.any == actor.kind",
            "action.kind == actor.kind || action.any == \"z\"",
        ),
        (
            "action.to.kind != actor.kind && action.any == \"b\"",
            "action.to.kind != actor.kind && action.any == \"b\"",
        ),
        (
            "action.kind in actor.kinds && action.any in actor.kinds",
            "action.kind in actor.kinds && action.any in [\"x\", \"z\"]",
        ),
        (
            "action.kinds.exists(k, k == actor.kind) || action.any == \"b\"",
            "action.kinds.exists(k, k == actor.kind) || action.any == \"b\"",
        ),
    ] {
        let policy = compiled(when).unwrap();
        let can = Analyzer::default().can(&policy, ActionId(0), &given);
        let shown: Vec<_> = can.rules.iter().map(|(_, _, rest)| actra_ir::print::print(rest)).collect();
        assert!(shown.iter().all(|shown| compiled(shown).is_some()), "{shown:?}");
        assert_eq!(shown, [left]);
    }
}
