//! A guard that help offers never makes an outcome more permissive: than the other guard, and than none where that
//! compiles.
//!
//! Every atom that may find nothing stands in every place, in rules of every effect beside every default and other
//! rules; all requests over a few values are decided.

use actra_engine::diagnostics::Diagnostic;
use actra_engine::model::Effect;
use actra_engine::{Policy, PolicySet, compile, decide};

const SCHEMA: &str = "version: 1
actions:
  a: { fields: { n: number?, b: boolean?, j: any, f: boolean, xs: { type: list, of: boolean, max_items: 9 } } }
snapshot: { fields: { m: map<string> } }
";

/// Tests that may find nothing, with what asks whether they do.
const TESTS: &[(&str, &str)] = &[
    ("action.n > 1", "has(action.n)"),
    ("action.n != 1", "has(action.n)"),
    ("action.n == 1 == false", "has(action.n)"),
    ("(action.n > 1 ? false : action.f)", "has(action.n)"),
    ("(action.n > 1) == action.f", "has(action.n)"),
    ("(action.n > 1) != action.f", "has(action.n)"),
    ("(action.n in [1]) == action.f", "has(action.n)"),
    ("[action.n == 1] == [action.f]", "has(action.n)"),
    ("action.xs == [action.n == 1]", "has(action.n)"),
    ("(action.n == 1) in action.xs", "has(action.n)"),
    ("action.b == action.f", "has(action.b)"),
    ("action.b != false", "has(action.b)"),
    ("(snapshot.m[\"k\"] == \"x\") == action.f", "\"k\" in snapshot.m"),
    ("action.xs.exists_one(e, action.n > 1)", "has(action.n)"),
    ("action.xs.filter(e, e == (action.n > 1)).size() == 0", "has(action.n)"),
    ("snapshot.m[\"k\"] == \"x\"", "\"k\" in snapshot.m"),
    ("snapshot.m[\"k\"] in [\"y\"]", "\"k\" in snapshot.m"),
    ("action.j.k == 1", "has(action.j.k)"),
];

/// Where a test stands.
const PLACES: &[&str] = &[
    "{}",
    "!({})",
    "action.f && {}",
    "action.f || {}",
    "!(action.f && {})",
    "!(action.f || !({}))",
    "(action.f ? {} : false)",
    "(action.f ? true : !({}))",
    "action.xs.all(v, {})",
    "!action.xs.all(v, v || {})",
    "action.xs.exists(v, v && {})",
    "!action.xs.exists(v, {})",
];

/// Where the condition stands in its rule.
#[derive(Debug, Clone, Copy)]
enum Spot {
    When,
    Unless,
    Definition,
    Structured,
}

#[test]
fn offered_guards_make_no_outcome_more_permissive() {
    let requests = requests();
    let (mut asked, mut undecided, mut failed) = (0, 0, Vec::new());
    for (test, there) in TESTS {
        for place in PLACES {
            for spot in [Spot::When, Spot::Unless, Spot::Definition, Spot::Structured] {
                for (effect, default, other) in stakes(spot) {
                    asked += 1;
                    let write = |test: &str| {
                        set(&rule(spot, &place.replace("{}", &format!("({test})")), effect), default, other)
                    };
                    let bare = compile(&write(test));
                    let found = bare.diagnostics.iter().find(|found| is_about_guards(found));
                    let found = found.unwrap_or_else(|| panic!("{place} {test}: {:#?}", bare.diagnostics));
                    let Some(offered) = offered(found, test) else {
                        undecided += 1;
                        assert!(
                            effect == "require_approval" && default == "block" && other == "allow",
                            "nothing is offered for {effect} beside {default} and {other}: {found:#?}"
                        );
                        continue;
                    };
                    let decide_all = |set: &PolicySet| -> Vec<Effect> {
                        let outcome = compile(set);
                        let policy = outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
                        assert!(
                            !outcome.diagnostics.iter().any(is_about_guards),
                            "{:#?}",
                            outcome.diagnostics
                        );
                        effects(&policy, &requests)
                    };
                    let guarded = decide_all(&write(&offered));
                    let mut others = vec![
                        decide_all(&write(&format!("{there} && ({test})"))),
                        decide_all(&write(&format!("!({there}) || ({test})"))),
                    ];
                    others.extend(bare.policy.as_ref().map(|policy| effects(policy, &requests)));
                    let permissive = others
                        .iter()
                        .any(|other| guarded.iter().zip(other).any(|(ours, other)| ours < other));
                    if permissive {
                        failed.push(format!(
                            "{spot:?} {place} {test}, {effect} beside {default} and {other}: {offered}"
                        ));
                    }
                }
            }
        }
    }
    println!(
        "{asked} guards asked for, {undecided} without one that is safe by itself, {} requests each",
        requests.len()
    );
    assert!(
        failed.is_empty(),
        "{} offered guards make an outcome more permissive, such as\n{}",
        failed.len(),
        failed.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// Effect, default, and the effect of another rule, or `none`.
fn stakes(spot: Spot) -> Vec<(&'static str, &'static str, &'static str)> {
    let effects = ["allow", "require_approval", "block"];
    let others: &[&str] = match spot {
        Spot::When => &["none", "allow", "require_approval"],
        _ => &["none"],
    };
    let pairs = effects.into_iter().flat_map(|effect| effects.map(|default| (effect, default)));
    pairs.flat_map(|(effect, default)| others.iter().map(move |other| (effect, default, *other))).collect()
}

fn rule(spot: Spot, condition: &str, effect: &str) -> String {
    let quoted = format!("'{}'", condition.replace('\'', "''"));
    let body = match spot {
        Spot::When => format!("    when: {quoted}\n"),
        Spot::Unless => format!("    when: true\n    unless: {quoted}\n"),
        Spot::Definition => "    when: 'true && !(!(named))'\n".to_owned(),
        Spot::Structured => {
            format!("    when: {{ any: [{{ not: {{ not: {quoted} }} }}, {{ all: [false, true] }}] }}\n")
        }
    };
    let definitions = if let Spot::Definition = spot {
        format!("definitions: {{ named: {quoted} }}\n")
    } else {
        String::new()
    };
    format!("{definitions}rules:\n  - id: r\n    scope: {{ action: a }}\n{body}    effect: {effect}\n")
}

fn set(rule: &str, default: &str, other: &str) -> PolicySet {
    let other = match other {
        "none" => String::new(),
        effect => format!("  - {{ id: other, scope: {{ action: a }}, when: action.f, effect: {effect} }}\n"),
    };
    let policy = format!("version: 1\ndefault: {default}\n{rule}{other}");
    PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", &policy)])
}

fn is_about_guards(found: &Diagnostic) -> bool {
    matches!(found.code.as_str(), "E0601" | "W0002")
}

/// The guard that the first help offers, around a test.
fn offered(found: &Diagnostic, test: &str) -> Option<String> {
    let help = found.help.first().filter(|help| help.starts_with("write `"))?;
    let guard = help.split('`').nth(1).expect("something is offered");
    let around = |test: &str| guard.replace("...", &format!("({test})"));
    if help.contains("around the whole of") {
        return Some(around(test));
    }
    // Who is not told where puts it around the least that it can stand around.
    let least = LEAST.iter().find(|least| test.contains(*least)).copied().unwrap_or(test);
    Some(test.replacen(least, &around(least), 1))
}

/// The least test in each of [`TESTS`].
const LEAST: &[&str] = &["action.n > 1", "action.n != 1", "action.n == 1", "action.n in [1]", "action.b"];

/// A definition that needs opposite guards gets neither.
#[test]
fn contradicting_guards_are_not_offered() {
    for (test, code) in [("action.n == 1", "E0601"), ("snapshot.m[\"k\"] == \"x\"", "W0002")] {
        for second in ["when: action.f, unless: d", "when: '!d'", "when: '!(action.f && d)'"] {
            let policy = format!(
                "version: 1\ndefault: allow\ndefinitions: {{ d: '{test}' }}\nrules:\n  - {{ id: r, scope: {{ action: a }}, when: d, effect: block }}\n  - {{ id: s, scope: {{ action: a }}, {second}, effect: block }}\n"
            );
            let outcome =
                compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", &*policy)]));
            let mut found = outcome.diagnostics.iter().filter(|found| found.code.as_str() == code);
            let first = found.next().expect("a read without a guard");
            assert!(found.next().is_none(), "{:#?}", outcome.diagnostics);
            assert!(!first.help.iter().any(|help| help.starts_with("write `")), "{first:#?}");
            assert!(first.help.iter().any(|help| help.contains("no guard is safe here")), "{first:#?}");
        }
    }
}

/// A guard is put around all of what binds weaker than it.
#[test]
fn guards_take_in_a_whole_choice() {
    let policy = "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { action: a }, when: 'action.n == 1 ? action.f : true', effect: block }\n";
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", policy)]));
    let help = outcome.diagnostics.iter().find(|found| is_about_guards(found)).map(|found| &found.help);
    let first = help.and_then(|help| help.first()).expect("help");
    assert!(first.starts_with("write `(!has(action.n) || (...))` around the whole of"), "{first}");
}

fn requests() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for n in ["", "\"n\":1,", "\"n\":2,\"b\":true,", "\"b\":false,"] {
        for f in ["true", "false"] {
            for xs in ["", "true", "false", "true,false"] {
                for (j, k) in [("", ""), ("\"k\":1", "\"k\":\"x\""), ("\"k\":2", "\"k\":\"y\"")] {
                    all.push(format!("{{\"action\":{{\"type\":\"a\",{n}\"j\":{{{j}}},\"f\":{f},\"xs\":[{xs}]}},\"snapshot\":{{\"m\":{{{k}}}}}}}").into_bytes());
                }
            }
        }
    }
    all
}

fn effects(policy: &Policy, requests: &[Vec<u8>]) -> Vec<Effect> {
    requests.iter().map(|request| decide(policy, &actra_wire::read_request(request)).effect).collect()
}

/// Only rules about the same action can leave something more permissive behind.
#[test]
fn rules_about_other_actions_change_no_help() {
    let schema = SCHEMA.replace("actions:\n", "actions:\n  b: { fields: { f: boolean } }\n");
    let help = |other: &str, effect: Effect| {
        let policy = format!(
            "version: 1\ndefault: block\nrules:\n  - {{ id: r, scope: {{ action: a }}, when: action.n > 1, effect: {effect} }}\n{other}"
        );
        let outcome = compile(&PolicySet::from_texts([("schema.yaml", &*schema), ("policy.yaml", &*policy)]));
        let found = outcome.diagnostics.into_iter().find(|found| found.code.as_str() == "E0601");
        found.map(|found| found.help).unwrap_or_default()
    };
    for effect in [Effect::Allow, Effect::RequireApproval, Effect::Block] {
        let alone = help("", effect);
        assert!(!alone.is_empty());
        let beside = |action: &str, mode: &str| {
            help(
                &format!("  - {{ id: s, scope: {{ action: {action} }}, when: true, effect: allow{mode} }}\n"),
                effect,
            )
        };
        assert_eq!(beside("b", ""), alone, "{effect}");
        assert_eq!(beside("a", ", mode: shadow"), alone, "{effect}");
        let is_same = beside("a", "") == alone;
        assert_eq!(
            is_same,
            effect != Effect::RequireApproval,
            "{effect}: what an allow leaves is more permissive"
        );
    }
}
