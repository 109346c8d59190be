//! What an earlier package of this name did with small policies, recorded in `compat_cases.json`.
//!
//! A case that wants `same` must compile or be refused as it was there, and each of its calls must have the effect
//! and the rule it had, except where the language says otherwise: [`DECIDED_OTHERWISE`] lists those with the reason.
//! Cases that want something else are only counted: the conformance corpus says what we do there.
//! Run with `--nocapture` for the table.

#![expect(clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "indexing a JSON value gives null where there is nothing")]

use std::collections::BTreeMap;

use actra_engine::model::{RawRequest, RawValue};
use actra_engine::{Compilation, Policy, PolicySet, compile, decide};
use serde_json::Value;

/// Cases that want `same` and that the language decides otherwise: case, section of the language, reason.
const DECIDED_OTHERWISE: &[(&str, &str, &str)] = &[
    ("corpus/yaml-number-octal", "2", "numerals are plain decimal, so `0o10` is refused"),
    ("corpus/yaml-number-plus", "2", "numerals are plain decimal, so `+5` is refused"),
    (
        "corpus/schema-numeric-action-name",
        "2",
        "YAML 1.2 reads `1` as a number, and names are text: write `\"1\"`",
    ),
    (
        "corpus/shape-global-flag-plus-action",
        "6",
        "of two true blocks the first in file order matches, global or not",
    ),
];

/// The recorded cases.
fn cases() -> Vec<Value> {
    let path = actra_conformance::corpora().join("compat_cases.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let recorded: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases = list(&recorded["cases"]).to_vec();
    let governed = cases.iter().filter(|case| case["governance_yaml"].is_string()).count();
    println!("{} cases, {governed} of them with governance", cases.len());
    cases
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn compiled(case: &Value) -> Compilation {
    let files = [
        ("schema.yaml", "schema_yaml"),
        ("policy.yaml", "policy_yaml"),
        ("governance.yaml", "governance_yaml"),
    ];
    let files = files.map(|(path, key)| Some((path, case[key].as_str()?)));
    compile(&PolicySet::from_texts(files.into_iter().flatten()))
}

/// A recorded value. Numbers that JSON cannot say are `{"$int": digits}` and `{"$float": "nan"}`.
fn raw(value: &Value) -> RawValue {
    if let Some(digits) = value["$int"].as_str() {
        return number(digits);
    }
    match (value, value["$float"].as_str()) {
        (_, Some(written)) => {
            RawValue::from(written.parse::<f64>().unwrap_or_else(|error| panic!("{written}: {error}")))
        }
        (Value::Null, None) => RawValue::Null,
        (Value::Bool(value), None) => RawValue::Bool(*value),
        (Value::Number(value), None) => number(&value.to_string()),
        (Value::String(value), None) => RawValue::String(value.clone()),
        (Value::Array(items), None) => RawValue::List(items.iter().map(raw).collect()),
        (Value::Object(members), None) => {
            RawValue::Map(members.iter().map(|(key, member)| (key.clone(), raw(member))).collect())
        }
    }
}

fn number(written: &str) -> RawValue {
    actra_wire::json_reader::parse_value(written.as_bytes())
        .unwrap_or_else(|error| panic!("{written}: {error:?}"))
}

/// The effect and the rule of a call.
fn decided(policy: &Policy, call: &Value) -> (String, Option<String>) {
    let decision = decide(policy, &RawRequest::from_value(raw(&call["context"])));
    (decision.effect.to_string(), decision.matched_rule.map(|rule| rule.to_string()))
}

/// How a case differs from what was recorded; empty if it does not.
fn differences(case: &Value) -> Vec<String> {
    let outcome = compiled(case);
    let mut differences = violations(case, &outcome);
    differences.extend(decisions(case, outcome));
    differences
}

/// Rules of governance that were recorded as broken and are not named, where governance itself was the reason.
fn violations(case: &Value, outcome: &Compilation) -> Vec<String> {
    let told = |id: &&Value| {
        let quoted = format!("`{}`", text(id));
        outcome.diagnostics.iter().any(|found| found.is_error() && found.message.contains(&quoted))
    };
    let compiles =
        outcome.diagnostics.iter().all(|found| !found.is_error() || found.code.as_str() == "E0901");
    let recorded = list(&case["compile"]["violations"]).iter().filter(|_| compiles);
    recorded.filter(|id| !told(id)).map(|id| format!("does not break {id}")).collect()
}

/// How what is decided differs.
fn decisions(case: &Value, outcome: Compilation) -> Vec<String> {
    let accepted = case["compile"]["ok"] == Value::Bool(true);
    let Some(policy) = outcome.policy.filter(|_| accepted) else {
        let refused = outcome.diagnostics.iter().filter(|found| found.is_error()).map(|found| &found.message);
        return match accepted {
            true => vec![format!("is refused: {:?}", refused.collect::<Vec<_>>())],
            false if refused.count() == 0 => vec!["is accepted".to_owned()],
            false => Vec::new(),
        };
    };
    let recorded =
        |call: &Value| (text(&call["effect"]).to_owned(), call["matched_rule"].as_str().map(str::to_owned));
    let calls = list(&case["calls"]).iter().filter(|call| call["effect"].is_string());
    calls
        .map(|call| (call, decided(&policy, call), recorded(call)))
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(call, ours, theirs)| format!("{}: {ours:?}, was {theirs:?}", call["context"]))
        .collect()
}

#[test]
#[cfg_attr(not(corpus = "compat"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `compat`")]
fn cases_that_must_be_the_same() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|case| case["want"] == "same") {
        let name = text(&case["example"]);
        let differences = differences(case);
        match DECIDED_OTHERWISE.iter().find(|(listed, _, _)| *listed == name) {
            Some((_, section, _)) if differences.is_empty() => {
                wrong.push(format!("{name} does not differ any more (section {section})"));
            }
            Some((_, section, reason)) => println!("{name}: section {section}: {reason}"),
            None => wrong.extend(differences.iter().map(|difference| format!("{name} {difference}"))),
        }
    }
    for (listed, _, _) in DECIDED_OTHERWISE {
        if cases.iter().all(|case| case["want"] != "same" || text(&case["example"]) != *listed) {
            wrong.push(format!("{listed} is listed and not recorded"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
#[cfg_attr(not(corpus = "compat"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `compat`")]
fn cases_that_may_differ_are_answered() {
    let cases = cases();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for case in cases.iter().filter(|case| case["want"] != "same") {
        let answer = answer(case);
        *counts.entry((text(&case["want"]), answer)).or_default() += 1;
    }
    for ((want, answer), count) in counts {
        println!("{count:3} {answer:<38} wanted: {want}");
    }
}

/// What we do with a case, in a few words.
fn answer(case: &Value) -> &'static str {
    let was_accepted = case["compile"]["ok"] == Value::Bool(true);
    match (compiled(case).policy, was_accepted) {
        (None, false) => "refused, as before",
        (None, true) => "refused, accepted before",
        (Some(_), false) => "accepted, refused before",
        (Some(_), true) if differences(case).is_empty() => "the same",
        (Some(policy), true) if stricter(&policy, case) => "other outcomes, none more permissive",
        (Some(_), true) => "other outcomes, some more permissive",
    }
}

fn stricter(policy: &Policy, case: &Value) -> bool {
    let rank = |effect: &str| ["allow", "require_approval", "block"].iter().position(|word| *word == effect);
    let calls = list(&case["calls"]).iter().filter(|call| call["effect"].is_string());
    calls
        .map(|call| (decided(policy, call).0, text(&call["effect"])))
        .all(|(ours, theirs)| rank(&ours) >= rank(theirs))
}
