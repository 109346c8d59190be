//! A part that is always true, or never, keeps an outcome strict where what it reads is missing or invalid: taking it
//! away is offered only where that makes no outcome more permissive.

use actra_engine::diagnostics::Diagnostic;
use actra_engine::model::Effect;
use actra_engine::{PolicySet, check, compile, decide};

const SCHEMA: &str = "version: 1
actions:
  a: { fields: { n: { type: number, min: 0, max: 1000 }, s: string, f: boolean, c: { type: string, one_of: [x, y] } } }
";

/// Parts that always come to the same.
const PARTS: &[&str] = &[
    "action.n <= 1000",
    "action.n > 2000",
    "!(action.n > 2000)",
    "size(action.s) != -1",
    "!(size(action.s) != -1)",
    "size(action.s) >= 0",
    "size(action.s) == -1",
    "action.s.lowerAscii() == \"A\"",
    "action.c in [\"x\", \"y\"]",
    "1 == 1",
    "1 == 2",
];

/// Where a part stands: with it, and without it.
const PLACES: &[(&str, &str)] = &[
    ("{} && action.f", "action.f"),
    ("action.f || {}", "action.f"),
    ("!({} && action.f)", "!action.f"),
    ("!(action.f || {})", "!action.f"),
    ("action.f && (action.s == \"a\" || {})", "action.f && action.s == \"a\""),
    ("action.f || !({} && action.s == \"a\")", "action.f || !(action.s == \"a\")"),
];

#[test]
fn taking_a_part_away_makes_no_outcome_more_permissive_where_it_is_offered() {
    let requests = requests();
    let (mut warned, mut offered) = (0, 0);
    for part in PARTS {
        for (place, without) in PLACES {
            for key in ["when", "when: true\n    unless"] {
                for (effect, default) in stakes() {
                    let set = |condition: &str| set(key, condition, effect, default);
                    let with = set(&place.replace("{}", &format!("({part})")));
                    let outcome = check(&with);
                    let found = outcome.diagnostics.iter().find(|found| found.code.as_str() == "W0006");
                    let found = found.unwrap_or_else(|| panic!("{place} {part}: {:#?}", outcome.diagnostics));
                    assert_true(found, part);
                    warned += 1;
                    if !found.help.iter().any(|help| help.starts_with("or remove it")) {
                        continue;
                    }
                    offered += 1;
                    let permissive = effects(&set(without), &requests)
                        .into_iter()
                        .zip(effects(&with, &requests))
                        .any(|(after, before)| after < before);
                    assert!(!permissive, "{key} {place} {part}, {effect} beside {default}: {found:#?}");
                }
            }
        }
    }
    println!("{warned} warnings, {offered} offer to take a part away");
    assert!(offered > 0);
}

/// The words about what stands in the text are true of it.
fn assert_true(found: &Diagnostic, part: &str) {
    let reads = part.contains("action.");
    let message = &found.message;
    if message.starts_with("this is true for every request") {
        assert_eq!(message.contains("where it can be read"), reads, "{part}: {message}");
    }
    assert!(!reads || !message.contains("decides nothing"), "{part}: {message}");
}

fn stakes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let effects = ["allow", "require_approval", "block"];
    effects.into_iter().flat_map(move |effect| effects.map(|default| (effect, default)))
}

fn set(key: &str, condition: &str, effect: &str, default: &str) -> PolicySet {
    let policy = format!(
        "version: 1\ndefault: {default}\nrules:\n  - id: r\n    scope: {{ action: a }}\n    {key}: '{condition}'\n    effect: {effect}\n"
    );
    PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", &policy)])
}

fn requests() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for n in ["", "\"n\":5,", "\"n\":5000,"] {
        for s in ["", "\"s\":\"a\",", "\"s\":1,"] {
            for c in ["\"c\":\"x\",", "\"c\":\"z\","] {
                for f in ["true", "false"] {
                    all.push(format!("{{\"action\":{{\"type\":\"a\",{n}{s}{c}\"f\":{f}}}}}").into_bytes());
                }
            }
        }
    }
    all
}

fn effects(set: &PolicySet, requests: &[Vec<u8>]) -> Vec<Effect> {
    let outcome = compile(set);
    let policy = outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
    requests.iter().map(|request| decide(&policy, &actra_wire::read_request(request)).effect).collect()
}

/// What is said stands under what it is said about.
#[test]
fn a_negation_is_told_as_a_whole() {
    for (condition, shown, truth) in [
        ("!(size(action.s) != -1)", "!(size(action.s) != -1)", "no request"),
        ("!(size(action.s) != -2) || action.f", "!(size(action.s) != -2)", "no request"),
        ("size(action.s) != -1 || action.f", "size(action.s) != -1", "every request"),
        ("!!(size(action.s) != -1) || action.f", "!!(size(action.s) != -1)", "every request"),
    ] {
        for key in ["when", "unless"] {
            let key = if key == "when" { key.to_owned() } else { "when: true\n    unless".to_owned() };
            let outcome = check(&set(&key, condition, "block", "allow"));
            let found = outcome.diagnostics.iter().find(|found| found.code.as_str() == "W0006");
            let found = found.unwrap_or_else(|| panic!("{condition}: {:#?}", outcome.diagnostics));
            let place = found.span.expect("a place");
            let quoted = outcome.sources.snippet(place).trim_matches('\'');
            assert_eq!(quoted, shown, "{key} {condition}");
            assert!(found.message.contains(truth), "{key} {condition}: {}", found.message);
        }
    }
}
