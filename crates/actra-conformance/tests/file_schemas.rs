//! The JSON Schemas of policy files take every file that is right, and refuse keys that no file has.

#![expect(clippy::panic, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use actra_conformance::root;
use actra_diagnostics::FileId;
use actra_engine::compile;
use actra_syntax::yaml::{self, Node, NodeKind, ScalarValue};
use actra_wire::{FileKind, file_schema};
use jsonschema::Validator;
use serde_json::{Value, json};

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            files.push(path);
        }
    }
}

fn value(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Scalar(scalar) => match scalar.value() {
            ScalarValue::Null => Value::Null,
            ScalarValue::Bool(truth) => json!(truth),
            ScalarValue::Number => serde_json::from_str(&scalar.text).unwrap_or(json!(0)),
            ScalarValue::Text | ScalarValue::BadNumber(_) => json!(scalar.text),
        },
        NodeKind::Sequence(items) => items.iter().map(value).collect(),
        NodeKind::Mapping(entries) => {
            let entry = |entry: &yaml::Entry| match &entry.key.kind {
                NodeKind::Scalar(key) => (key.text.clone(), value(&entry.value)),
                _ => panic!("a key that is no text"),
            };
            Value::Object(entries.iter().map(entry).collect())
        }
        NodeKind::Error => panic!("a fault"),
    }
}

fn read(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).expect("text");
    let (mut budget, mut found) = (100_000, Vec::new());
    let node = yaml::parse(FileId(0), &text, &mut budget, &mut found)?;
    found.is_empty().then(|| value(&node))
}

fn validator(kind: FileKind, set: Option<&Path>) -> Validator {
    let policy = set.map(|set| {
        let set = actra_host::read_policy_set(set).expect("a set");
        compile(&set).policy.expect("the set compiles")
    });
    let text = file_schema(kind, policy.as_ref().map(|policy| &policy.schema));
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema), "{kind:?} is no JSON Schema");
    jsonschema::validator_for(&schema).expect("a schema")
}

/// The sets whose files are all right.
fn sets() -> Vec<PathBuf> {
    let below = |directory: &str| {
        let entries = fs::read_dir(root().join(directory)).expect("a directory");
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.join("schema.yaml").exists())
    };
    let sets = ["policies", "crates/actra-cli/templates", "examples"].into_iter().flat_map(below);
    sets.filter(|set| compile(&actra_host::read_policy_set(set).expect("a set")).policy.is_some()).collect()
}

fn kind(path: &Path, set: &Path) -> FileKind {
    let relative = path.strip_prefix(set).expect("below the set");
    match relative.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned()).as_deref()
    {
        Some("schema.yaml") => FileKind::Schema,
        Some("governance.yaml") => FileKind::Governance,
        Some("tests") => FileKind::Test,
        _ => FileKind::Policy,
    }
}

#[test]
fn right_files_are_valid() {
    let mut files = 0;
    for set in sets() {
        let mut paths = Vec::new();
        collect(&set, &mut paths);
        for path in paths {
            let value = read(&path).expect("YAML without faults");
            for of in [None, Some(set.as_path())] {
                let validator = validator(kind(&path, &set), of);
                let errors: Vec<String> =
                    validator.iter_errors(&value).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{}: {errors:?}", path.display());
            }
            files += 1;
        }
    }
    let mut cases = Vec::new();
    collect(&root().join("conformance"), &mut cases);
    // Cases of another kind: see their own directory.
    for kind in ["conformance/enforce", "conformance/gateway"] {
        cases.retain(|path| !path.starts_with(root().join(kind)));
    }
    let validator = validator(FileKind::Test, None);
    for path in cases {
        let Some(value) = read(&path) else { continue };
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        files += 1;
    }
    println!("{files} files are valid");
    assert!(files > 60);
}

#[test]
fn wrong_files_are_refused() {
    let rule = json!({ "id": "r", "scope": { "action": "refund" }, "when": "true", "effect": "block" });
    let with = |key: &str, value: Value| {
        let mut rule = rule.clone();
        rule.as_object_mut().expect("an object").insert(key.to_owned(), value);
        json!({ "version": 1, "rules": [rule] })
    };
    let policy = validator(FileKind::Policy, None);
    assert!(policy.is_valid(&with("tags", json!([]))));
    for wrong in [
        with("unles", json!("true")),
        with("effect", json!("deny")),
        with("when", json!({ "all": [], "any": [] })),
        with("when", json!({ "subject": { "domain": "action", "field": "a" }, "operator": "gt" })),
        with("scope", json!({ "actions": "refund" })),
        json!({ "version": 2, "rules": [rule] }),
        json!({ "version": 1, "rules": [] }),
    ] {
        assert!(!policy.is_valid(&wrong), "{wrong}");
    }
    let payments = root().join("crates/actra-cli/templates/payments");
    let bound = validator(FileKind::Policy, Some(&payments));
    assert!(bound.is_valid(&with("tags", json!([]))));
    assert!(!bound.is_valid(&with("scope", json!({ "action": "refnd" }))));
    assert!(bound.is_valid(&with("scope", json!({ "action": "ref*" }))));
    let subject = |field: &str| {
        with("when", json!({ "subject": { "domain": "action", "field": field }, "operator": "exists" }))
    };
    assert!(bound.is_valid(&subject("amount")));
    assert!(!bound.is_valid(&subject("amuont")));
    let schema = validator(FileKind::Schema, None);
    assert!(schema.is_valid(&json!({ "version": 1, "actions": { "a": null } })));
    assert!(!schema.is_valid(&json!({ "version": 1, "actions": { "a": { "field": {} } } })));
    for (field, right) in [
        (json!({ "type": "string", "argument": "type", "description": "text" }), true),
        (json!({ "type": "string", "argument": "" }), false),
        (json!({ "type": "object", "fields": { "b": { "type": "string", "description": "text" } } }), true),
        (json!({ "type": "object", "fields": { "b": { "type": "string", "argument": "c" } } }), false),
        (json!({ "type": "list", "of": { "type": "string", "description": "text" } }), false),
        (json!({ "type": "list", "of": { "type": "list", "of": "string" } }), true),
    ] {
        let action = json!({ "description": "text", "fields": { "a": field } });
        assert_eq!(schema.is_valid(&json!({ "version": 1, "actions": { "a": action } })), right, "{field}");
    }
    let fact = json!({ "type": "string", "description": "text" });
    let with = |record: Value| json!({ "version": 1, "actions": { "a": null }, "snapshot": record });
    assert!(schema.is_valid(&with(json!({ "fields": { "b": fact } }))));
    assert!(!schema.is_valid(&with(json!({ "description": "text" }))));
    assert!(!schema.is_valid(&with(json!({ "fields": { "b": { "type": "string", "argument": "c" } } }))));
    assert!(!validator(FileKind::Test, None).is_valid(&json!({ "version": 1, "cases": [{ "nam": "a" }] })));
    assert!(
        !validator(FileKind::Governance, None)
            .is_valid(&json!({ "version": 1, "governance": { "rule": [] } }))
    );
}

#[test]
fn governance_is_told_right_from_wrong() {
    let rule = json!({
        "id": "r", "select": { "where": { "effect": "block" } }, "must": { "exists": true }, "error": "e"
    });
    let invariant = json!({ "id": "i", "for": { "action": "refund" }, "effect": "block", "error": "e" });
    let with = |part: &str, entry: &Value, key: &str, value: Value| {
        let mut entry = entry.clone();
        entry.as_object_mut().expect("an object").insert(key.to_owned(), value);
        json!({ "version": 1, "governance": { part: [entry] } })
    };
    let governance = validator(FileKind::Governance, None);
    let payments = validator(FileKind::Governance, Some(&root().join("crates/actra-cli/templates/payments")));
    let demand = |value: Value| with("invariants", &invariant, "effect", value);
    let must = |value: Value| with("rules", &rule, "must", value);
    let select = |value: Value| with("rules", &rule, "select", json!({ "where": value }));
    for right in [
        demand(json!("block")),
        demand(json!({ "at_least": "require_approval" })),
        must(json!({ "allowed_fields": ["action.amount"] })),
        select(json!({})),
        select(json!({ "scope": { "global": false }, "when": { "subject": { "domain": "action" } } })),
        json!({ "version": 1, "governance": { "baseline": { "no_weaker_than": "released/", "new_actions": [] } } }),
    ] {
        assert!(governance.is_valid(&right) && payments.is_valid(&right), "{right}");
    }
    for wrong in [
        demand(json!("deny")),
        demand(json!({ "at_least": "block", "at_most": "block" })),
        must(json!({})),
        must(json!({ "exists": true, "forbid": true })),
        must(json!({ "min_count": -1 })),
        must(json!({ "allowed_fields": ["amount"] })),
        select(json!({ "efect": "block" })),
        select(json!({ "when": { "operator": "equals" } })),
        with("rules", &rule, "applys_to", json!({ "actions": ["refund"] })),
        with("invariants", &invariant, "may_be_empty", json!("yes")),
        json!({ "version": 1, "governance": {} }),
        json!({ "version": 1, "governance": { "baseline": {} } }),
    ] {
        assert!(!governance.is_valid(&wrong), "{wrong}");
    }
    assert!(!payments.is_valid(&with("invariants", &invariant, "for", json!({ "action": "refnd" }))));
}
