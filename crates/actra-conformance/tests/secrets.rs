//! What the schema marks `sensitive`, the keys of maps that hold it, and what the schema does not declare, appear in no
//! output: every place of a request gets a secret, and every output is searched for them.

mod secrets {
    pub mod command;
    pub mod outputs;
    pub mod plant;
}

use actra_engine::analyze::Analyzer;
use actra_engine::model::{RawMap, RawRequest, RawValue};
use actra_engine::{Policy, PolicySet, compile, redact};
use actra_wire::read_request;
use secrets::command::TestDirectory;
use secrets::outputs::{Names, answers, outputs};
use secrets::plant::{NAME, NUMBER, SECRET, policy_text, requests, schema_with, sound};
use serde_json::{Value, json};

const SETTINGS: [&str; 3] = ["", "extra_fields: reject", "invalid_fields: reject"];

fn policy(setting: &str) -> Policy {
    let (schema, rules) = (schema_with(setting), policy_text());
    let outcome =
        compile(&PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", &rules)]));
    outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
}

fn raw(request: &Value) -> RawRequest {
    read_request(request.to_string().as_bytes())
}

/// What an output shows that it must not, with what is around it.
fn leak(output: &str, names: Names) -> Option<String> {
    let hidden = [SECRET, NUMBER].into_iter().chain((names == Names::Hidden).then_some(NAME));
    let at = hidden.filter_map(|text| output.find(text)).min()?;
    let start = (0..=at.saturating_sub(100)).rev().find(|start| output.is_char_boundary(*start)).unwrap_or(0);
    Some(output.chars().skip(output[..start].chars().count()).take(180).collect())
}

fn report(leaks: Vec<String>) {
    let count = leaks.len();
    let shown: Vec<String> = leaks.into_iter().take(40).collect();
    assert_eq!(count, 0, "{count} leaks, such as\n{}", shown.join("\n"));
}

#[test]
fn no_output_of_the_library_shows_a_secret() {
    let mut leaks = Vec::new();
    let requests = requests();
    for setting in SETTINGS {
        let policy = policy(setting);
        for (name, request) in &requests {
            for (output, names, text) in outputs(&policy, &raw(request)) {
                let leak = leak(&text, names);
                leaks.extend(leak.map(|leak| format!("{setting} {name}: {output}: {leak}")));
            }
        }
    }
    assert!(requests.len() > 250, "{}", requests.len());
    report(leaks);
}

#[test]
fn no_answer_of_analysis_shows_a_secret() {
    let policy = policy("");
    let mut analyzer = Analyzer::default();
    let mut leaks = Vec::new();
    let mut changes = 0;
    let all = requests();
    // One of several is enough where an answer takes as long as this.
    for (name, request) in all.iter().step_by(15).chain(&near()) {
        for (output, names, text) in answers(&mut analyzer, &policy, &raw(request)) {
            changes += usize::from(output == "nearest" && text != "null");
            leaks.extend(leak(&text, names).map(|leak| format!("{name}: {output}: {leak}")));
        }
    }
    assert!(changes >= 8, "only {changes} requests have a change that would help");
    report(leaks);
}

/// Requests that one or two sensitive values keep from a more permissive effect.
fn near() -> Vec<(String, Value)> {
    let base = || json!({ "action": { "type": "pay", "amount": 5, "to": "bo", "pin": "good" }, "actor": { "id": "ana" }, "snapshot": { "risk": 1 } });
    let all = sound();
    let parts = [
        "/action/pin",
        "/action/code",
        "/action/one",
        "/action/flag",
        "/action/json",
        "/action/texts",
        "/action/box",
        "/action/o",
        "/action/l",
        "/action/m",
        "/actor/token",
        "/actor/badge",
        "/snapshot/owner",
    ];
    let with = |part: &&str| {
        let mut request = base();
        let (record, name) = part[1..].split_once('/').expect("a record and a field");
        request[record][name] = all.pointer(part).expect("the sound request has it").clone();
        (format!("near {part}"), request)
    };
    let mut found: Vec<(String, Value)> = parts.iter().map(with).collect();
    // The name has to change, the card may stay.
    let mut named = base();
    named["action"]["o"] = json!({ "name": "bad", "card": "S3CR3Tcard", NAME: "S3CR3Tmore" });
    found.push(("near name".to_owned(), named));
    found
}

#[test]
fn no_output_of_the_command_shows_a_secret() {
    let mut leaks = Vec::new();
    let directory = TestDirectory::new(&[
        ("request.json", sound().to_string()),
        ("set/schema.yaml", schema_with("")),
        ("set/policy.yaml", policy_text()),
    ]);
    let printed = directory.run(&["explain", "set", "--request", "request.json"]);
    assert!(printed.contains("block by card"), "{printed}");
    let all = requests();
    let mut look = |what: &str, text: &str, names: Names| {
        leaks.extend(leak(text, names).map(|leak| format!("{what}: {leak}")));
    };
    for (name, request) in all.iter().step_by(60).chain(&near()) {
        directory.write("request.json", &request.to_string());
        for arguments in [
            "decide set request.json",
            "decide set request.json --format json",
            "explain set --request request.json",
            "explain set --request request.json --all",
            "explain set --request request.json --format json",
        ] {
            let words: Vec<&str> = arguments.split(' ').collect();
            look(&format!("{name}: {arguments}"), &directory.run(&words), Names::Shown);
        }
        for record in ["actor", "snapshot"] {
            directory.write("record.json", &request[record].to_string());
            for format in ["human", "json", "markdown"] {
                let option = format!("--{record}");
                let printed = directory.run(&["can", "set", &option, "@record.json", "--format", format]);
                look(&format!("{name}: can {option} {format}"), &printed, Names::Shown);
            }
        }
    }
    report(leaks);
}

/// Tests that fail, tests that do not say what stands in their way, and tests that let changes pass.
#[test]
fn no_report_of_tests_shows_a_secret() {
    let mut leaks = Vec::new();
    let all: Vec<(String, Value)> = requests().into_iter().chain(near()).collect();
    let failing = cases(&all, "{ matched_rule: another, errors: [{ path: x }] }");
    let unsaid = cases(&all, "{ effect: allow }");
    let passing = cases(&near(), "{ shadow: [] }");
    for (name, cases) in [("failing", failing), ("unsaid", unsaid), ("passing", passing)] {
        let directory = TestDirectory::new(&[
            ("set/schema.yaml", schema_with("")),
            ("set/policy.yaml", policy_text()),
            ("set/tests/a.yaml", format!("version: 1\nlenient: {}\ncases:\n{cases}", name == "passing")),
        ]);
        for arguments in [
            "test set",
            "test set --all",
            "test set --format json --coverage",
            "test set --format junit",
            "test set --all --mutants --coverage",
            "test set --format json --mutants",
            "test set --mutants --write set/tests/b.yaml",
        ] {
            let words: Vec<&str> = arguments.split(' ').collect();
            let printed = directory.run(&words);
            assert!(is_report(&printed), "{name}: {arguments}: {printed}");
            leaks.extend(leak(&printed, Names::Shown).map(|leak| format!("{name}: {arguments}: {leak}")));
        }
        let written = directory.read("set/tests/b.yaml");
        assert_eq!(written.is_empty(), name != "passing", "{name}: {written}");
        leaks.extend(leak(&written, Names::Shown).map(|leak| format!("{name}: written: {leak}")));
    }
    report(leaks);
}

/// Test cases that all expect the same.
fn cases(requests: &[(String, Value)], expect: &str) -> String {
    let case = |(idx, (name, request)): (usize, &(String, Value))| {
        let name = name.replace(SECRET, "secret");
        format!("  - name: '{idx} {name}'\n    request_json: '{request}'\n    expect: {expect}\n")
    };
    requests.iter().enumerate().map(case).collect()
}

/// A count for people, a member of JSON, an attribute of XML, or what is said of a file that was written.
fn is_report(printed: &str) -> bool {
    let said = [" passed", "\"passed\":", "failures=\"", "wrote ", "mutants are tried once"];
    said.iter().any(|said| printed.contains(said))
}

#[test]
fn no_event_shows_a_secret() {
    let lines: std::sync::Arc<std::sync::Mutex<Vec<String>>> = std::sync::Arc::default();
    let kept = std::sync::Arc::clone(&lines);
    let request = raw(&sound());
    let (actor, snapshot) = (request.actor.clone().unwrap(), request.snapshot.clone().unwrap());
    let members =
        |record: RawValue| if let RawValue::Map(members) = record { members } else { RawMap::new() };
    let (actor, snapshot) = (members(actor), members(snapshot));
    let runtime = actra::builder(policy(""))
        .actor(move |_| Ok(actor.clone()))
        .snapshot(move |_| Ok(snapshot.clone()))
        .on_event(move |event| {
            let mut line = Vec::new();
            actra::write_event(event, &mut line);
            kept.lock().unwrap().push(format!("{} {event:?}", String::from_utf8(line).unwrap()));
        })
        .build()
        .unwrap();
    let mut arguments = members(request.action.clone().unwrap());
    arguments.remove("type");
    arguments.insert(NAME.to_owned(), SECRET.into());
    let refused = runtime.admit(&(), "pay", arguments).unwrap_err();
    let mut said = lines.lock().unwrap().clone();
    assert_eq!(said.len(), 1);
    said.extend([refused.to_string(), format!("{refused:?}")]);
    report(said.iter().filter_map(|text| leak(text, Names::Hidden)).collect());
}

/// What stands in the place of what is not shown.
#[test]
fn what_is_shown_of_a_request() {
    let shown = |request: Value| {
        let mut out = Vec::new();
        actra_wire::write_request(&redact(&policy("").schema, &raw(&request)), &mut out);
        serde_json::from_slice::<Value>(&out).unwrap()
    };
    let sound = shown(sound());
    assert_eq!(
        sound["action"],
        json!({
            "type": "pay", "amount": 5, "to": "bo", "tags": ["a"], "free": { "k": 1 }, "names": { "k": "v" },
            "pin": "[redacted]", "code": "[redacted]", "one": "[redacted]", "flag": "[redacted]", "json": "[redacted]",
            "texts": "[redacted]", "whole": "[redacted]", "box": "[redacted]",
            "o": { "name": "n", "card": "[redacted]", "deep": { "note": "n", "cvv": "[redacted]" } },
            "l": [{ "sku": "s", "key": "[redacted]" }, { "sku": "t", "key": "[redacted]" }],
            "m": "[redacted]",
            "lm": ["[redacted]"],
        })
    );
    assert_eq!(
        sound["snapshot"],
        json!({ "risk": 1, "keys": "[redacted]", "owner": { "name": "o", "ssn": "[redacted]" } })
    );
    let many: Value =
        (0..25).map(|idx| (format!("m{idx:02}"), json!(idx))).collect::<serde_json::Map<_, _>>().into();
    let odd = shown(json!({
        "action": {
            "type": "pay", "amount": "a text where a number is declared", "to": { "any": 1, "more": 2 },
            "tags": ["a", ["b"]], "o": "{}", "l": [7, null],
            "evil": "twelve bytes", "é": "é", "flags": [true], "n": 1, "b": false, "z": null, "m1": { "k": 1 },
        },
        "actor": [1, 2],
        "snapshot": many,
        "unknown": ["snapshot.owner.ssn", "snapshot.nothing"],
    }));
    assert_eq!(
        odd,
        json!({
            "action": {
                "type": "pay", "amount": "a text where a number is declared", "to": "[object, 2 members]",
                "tags": ["a", "[list, 1 element]"], "o": "[redacted]", "l": ["[redacted]", null],
                "[undeclared]": ["boolean", "list, 1 element", "null", "number", "object, 1 member", "string, 12 bytes", "string, 2 bytes"],
            },
            "actor": "[redacted]",
            "snapshot": { "[undeclared]": vec!["number"; 20].into_iter().chain(["and 5 more"]).collect::<Vec<_>>() },
            "unknown": ["snapshot.owner.ssn"],
        })
    );
    let undeclared = shown(json!({ "action": { "type": "sing", "song": "x" }, "actor": {}, "snapshot": {} }));
    assert_eq!(undeclared["action"], json!({ "type": "sing", "[undeclared]": ["string, 1 byte"] }));
    let untyped = shown(json!({ "action": { "type": ["x"] }, "actor": {}, "snapshot": {} }));
    assert_eq!(untyped["action"], json!({ "type": "[list, 1 element]" }));
}
