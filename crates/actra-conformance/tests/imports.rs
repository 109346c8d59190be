//! Imported schemas against the schemas that they come from, by another implementation of JSON Schema: what is valid
//! there is valid here unless a remark says `narrower`, and the reverse unless one says `wider`.
//!
//! And the lists of tools of real servers, with every remark in a file that people review:
//! `ACTRA_UPDATE=1 cargo test -p actra-conformance --test imports` writes it anew.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use actra_engine::model::Effect;
use actra_engine::{Policy, PolicySet, compile};
use actra_import::{ChangeKind, Gone, ImportOptions, LossEffect, SourceFormat, Texts, import, merge};
use actra_reference::generate::Rng;
use serde_json::{Value, json};

/// Texts stay texts, so that what is valid can be compared with the source.
fn options(format: Option<SourceFormat>) -> ImportOptions {
    ImportOptions { name: "own".to_owned(), format, texts: Texts::Plain, without: Vec::new() }
}

/// A schema of one value.
fn schema(rng: &mut Rng, depth: usize) -> Value {
    let deeper = depth > 0;
    match rng.below(if deeper { 16 } else { 10 }) {
        0 => json!({ "type": "string" }),
        1 => json!({ "type": "string", "maxLength": rng.below(4) }),
        2 => json!({ "type": "string", "pattern": (["^a", "b$", "^[ab]*$", "a.b", "(a"][rng.below(5)]) }),
        3 => json!({ "enum": ([["a", "b"], ["a", "true"], ["", "ab"]][rng.below(3)]) }),
        4 => json!({ "type": "number", "minimum": rng.below(3), "exclusiveMaximum": 1.5 }),
        5 => json!({ "type": "integer", "exclusiveMinimum": rng.below(2), "maximum": 2.5 }),
        6 => json!({ "type": ["string", "null"] }),
        7 => json!({ "type": "boolean", "description": "a switch" }),
        8 => [
            json!({ "const": 1 }),
            json!({ "enum": [1, 2.5, null] }),
            json!({ "type": ["number", "boolean"] }),
        ][rng.below(3)]
        .clone(),
        9 => {
            [json!({}), json!(true), json!({ "type": "object" }), json!({ "type": "string", "minLength": 1 })]
                [rng.below(4)]
            .clone()
        }
        10 => json!({ "type": "array", "items": schema(rng, depth - 1), "maxItems": rng.below(3) }),
        11 => json!({ "type": "object", "additionalProperties": schema(rng, depth - 1) }),
        12 => json!({ "anyOf": [schema(rng, depth - 1), { "type": "null" }] }),
        13 => json!({ "oneOf": [{ "const": "a" }, { "const": "b" }] }),
        14 => json!({ "allOf": [object(rng, depth - 1), object(rng, depth - 1)] }),
        _ => object(rng, depth - 1),
    }
}

fn object(rng: &mut Rng, depth: usize) -> Value {
    let names: Vec<&str> = ["a", "b", "c"].into_iter().filter(|_| rng.below(2) == 0).collect();
    let properties: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), schema(rng, depth))).collect();
    let required: Vec<&str> = names.into_iter().filter(|_| rng.below(2) == 0).collect();
    let mut object = json!({ "type": "object", "properties": properties, "required": required });
    if rng.below(5) == 0 {
        object["additionalProperties"] = json!(rng.below(2) == 0);
    }
    object
}

fn value(rng: &mut Rng, depth: usize) -> Value {
    match rng.below(if depth > 0 { 16 } else { 12 }) {
        0 => Value::Null,
        1 => json!(rng.below(2) == 0),
        2 | 3 => json!(rng.below(4)),
        4 => [json!(1.5), json!(2.5), json!(-1), json!(1.0)][rng.below(4)].clone(),
        5..12 => json!(["", "a", "b", "ab", "aab", "abc", "true"][rng.below(7)]),
        12 | 13 => Value::Array((0..rng.below(4)).map(|_| value(rng, depth - 1)).collect()),
        _ => members(rng, depth - 1),
    }
}

fn members(rng: &mut Rng, depth: usize) -> Value {
    let names = ["a", "b", "c", "d"].into_iter().filter(|_| rng.below(2) == 0).collect::<Vec<_>>();
    Value::Object(names.into_iter().map(|name| (name.to_owned(), value(rng, depth))).collect())
}

fn policy(yaml: &str) -> Policy {
    let schema = format!("{yaml}invalid_fields: reject\n");
    let rules = "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { global: true }, when: true, effect: allow }\n";
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules)]));
    let messages: Vec<&str> = outcome.diagnostics.iter().map(|found| found.message.as_str()).collect();
    outcome.policy.unwrap_or_else(|| panic!("{messages:?}\n{schema}"))
}

fn is_valid(policy: &Policy, arguments: &Value) -> bool {
    let mut action = arguments.clone();
    action["type"] = json!("own");
    let request = json!({ "action": action, "actor": {}, "snapshot": {} });
    let raw = actra_wire::read_request(request.to_string().as_bytes());
    actra_engine::decide(policy, &raw).effect == Effect::Allow
}

#[test]
fn validity_differs_only_where_it_is_said() {
    let mut rng = Rng::new(7);
    let (mut both, mut neither, mut exact) = (0, 0, 0);
    for _ in 0..4_000 {
        let source = object(&mut rng, 3);
        // A schema that no value satisfies, or one with a pattern that is none, is not one to compare with.
        let Ok(validator) = jsonschema::validator_for(&source) else { continue };
        let imported =
            import(&source.to_string(), &options(Some(SourceFormat::JsonSchema))).expect("it is imported");
        let said = |effect| imported.losses.iter().any(|loss| loss.effect == effect);
        // Every optional field has this one; values without null are not concerned.
        let wider =
            imported.losses.iter().any(|loss| loss.effect == LossEffect::Wider && !loss.pointer.is_empty());
        exact += usize::from(!wider);
        let policy = policy(&imported.yaml);
        for _ in 0..20 {
            let arguments = members(&mut rng, 3);
            let (theirs, ours) = (validator.is_valid(&arguments), is_valid(&policy, &arguments));
            match (theirs, ours) {
                (true, false) => {
                    assert!(said(LossEffect::Narrower), "narrower:\n{source}\n{arguments}\n{}", imported.yaml)
                }
                (false, true) => {
                    let null = arguments.to_string().contains("null");
                    assert!(wider || null, "wider:\n{source}\n{arguments}\n{}", imported.yaml);
                }
                (true, true) => both += 1,
                (false, false) => neither += 1,
            }
        }
    }
    println!(
        "{both} values valid to both, {neither} to neither, {exact} schemas without a remark about what is wider"
    );
    assert!(both > 4_000 && neither > 4_000 && exact > 400);
}

/// Whatever people are told, and whatever an argument is called, the schema says the same.
#[test]
fn texts_are_carried_over_to_the_letter() {
    let odd = [
        '\u{0}',
        '\u{7f}',
        '\u{85}',
        '\u{a0}',
        '\u{ad}',
        '\u{2028}',
        '\u{2029}',
        '\u{202e}',
        '\u{feff}',
        '\u{fffe}',
        '\u{10ffff}',
        '🙂',
    ];
    for c in (' '..='~').chain(['\t', '\n', '\r', '\u{1b}']).chain(odd) {
        for text in [format!("a{c}b"), format!("{c}a {c}{c} #b: {c}"), format!("a\n{c}\n")] {
            let name = text.replace(char::is_control, "");
            let source = json!({ "type": "object", "description": text, "required": [name],
                "properties": { name.clone(): { "type": "string", "description": text } } });
            let imported = import(&source.to_string(), &options(Some(SourceFormat::JsonSchema)))
                .expect("it is imported");
            let policy = policy(&imported.yaml);
            let own = policy
                .schema
                .action_id("own")
                .and_then(|id| policy.schema.action(id))
                .expect("it is declared");
            let (field, argument) = own.arguments().next().expect("a field");
            assert_eq!(argument, name);
            for told in [&own.description, &own.fields[field].description] {
                assert_eq!(told.text(), Some(text.trim()), "{text:?}");
            }
        }
    }
}

fn lists() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../actra-import/tests/lists")
}

/// The lists of real servers with their names, in order.
fn servers() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(lists()).expect("the lists are there");
    let mut servers: Vec<(String, Value)> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a text");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, serde_json::from_str(&text).expect("JSON"))
        })
        .collect();
    servers.sort_by(|left, right| left.0.cmp(&right.0));
    servers
}

fn proposed() -> ImportOptions {
    ImportOptions { texts: Texts::Proposed, ..options(None) }
}

/// Each tool is an action, each argument a field, each list of values stays one, and what is lost is in a file.
#[test]
fn lists_of_real_servers_are_imported() {
    let mut remarks = String::new();
    let servers = servers();
    assert!(servers.len() >= 20, "{} servers", servers.len());
    for (server, list) in &servers {
        let imported =
            import(&list.to_string(), &proposed()).unwrap_or_else(|error| panic!("{server}: {error}"));
        let policy = policy(&imported.yaml);
        let tools = list["tools"].as_array().expect("tools");
        assert_eq!(policy.schema.actions.len(), tools.len(), "{server}");
        let (mut arguments, mut listed) = (0, 0);
        for tool in tools {
            let name = tool["name"].as_str().expect("a name");
            let action =
                policy.schema.action_id(name).and_then(|id| policy.schema.action(id)).expect("an action");
            let schema = &tool["inputSchema"];
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let mut filled: Vec<&str> = action.arguments().map(|(_, argument)| argument).collect();
            let mut declared: Vec<&str> = properties.keys().map(String::as_str).collect();
            filled.sort_unstable();
            declared.sort_unstable();
            assert_eq!(filled, declared, "{server}: {name}");
            arguments += filled.len();
            for (field, argument) in action.arguments() {
                let values = properties[argument]["enum"]
                    .as_array()
                    .is_some_and(|values| values.iter().all(Value::is_string));
                let required =
                    schema["required"].as_array().is_some_and(|names| names.contains(&json!(argument)));
                let field = &action.fields[field];
                if values {
                    assert!(field.ty.constraints.one_of.is_some(), "{server}: {name}.{argument}");
                    listed += 1;
                }
                if field.optional && required {
                    let told = imported.losses.iter().any(|loss| loss.message.contains("must be there"));
                    assert!(told, "{server}: {name}.{argument} may be missing, and nothing says so");
                }
            }
            assert_eq!(
                action.description.text().is_some(),
                tool["description"].is_string(),
                "{server}: {name}"
            );
        }
        writeln!(
            remarks,
            "{server}: {} tools, {arguments} arguments, {listed} with listed values, {} remarks",
            tools.len(),
            imported.losses.len()
        )
        .expect("it is written");
        for loss in &imported.losses {
            writeln!(remarks, "  {} {}: {}", loss.effect.as_str(), loss.pointer, loss.message)
                .expect("it is written");
        }
    }
    let file = lists().join("remarks.txt");
    if std::env::var_os("ACTRA_UPDATE").is_some() {
        std::fs::write(&file, &remarks).expect("it is written");
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        reviewed == remarks,
        "what is lost differs from `remarks.txt`; `ACTRA_UPDATE=1 cargo test -p actra-conformance --test imports` writes it anew"
    );
}

/// A list that comes again changes nothing; a tool or an argument that was not there comes in, and no other.
#[test]
fn lists_of_real_servers_are_imported_again() {
    for (server, list) in servers() {
        let now = import(&list.to_string(), &proposed()).unwrap_or_else(|error| panic!("{server}: {error}"));
        let again =
            merge(&now.yaml, &now, None, Gone::Prune).unwrap_or_else(|error| panic!("{server}: {error}"));
        assert_eq!(
            (again.yaml.as_str(), again.changes.as_slice()),
            (now.yaml.as_str(), [].as_slice()),
            "{server}"
        );
        let tools = list["tools"].as_array().expect("tools");
        if tools.len() < 2 {
            continue;
        }
        for left_out in [0, tools.len() / 2, tools.len() - 1] {
            let mut fewer = list.clone();
            fewer["tools"].as_array_mut().expect("tools").remove(left_out);
            let name = tools[left_out]["name"].as_str().expect("a name");
            let earlier =
                import(&fewer.to_string(), &proposed()).unwrap_or_else(|error| panic!("{server}: {error}"));
            let merged = merge(&earlier.yaml, &now, Some(&earlier), Gone::Mark)
                .unwrap_or_else(|error| panic!("{server} with {name}: {error}"));
            let kinds: Vec<(ChangeKind, &str)> =
                merged.changes.iter().map(|change| (change.kind, change.path.as_str())).collect();
            assert_eq!(kinds, [(ChangeKind::Added, name)], "{server}");
            let both = policy(&merged.yaml);
            assert_eq!(both.schema.actions.len(), tools.len(), "{server}");
            let back = merge(&merged.yaml, &earlier, Some(&now), Gone::Prune)
                .unwrap_or_else(|error| panic!("{server} without {name}: {error}"));
            // A group that was long may be laid out in another way, and says the same.
            let same = merge(&back.yaml, &earlier, None, Gone::Prune)
                .unwrap_or_else(|error| panic!("{server}: {error}"));
            assert_eq!(same.changes, [], "{server} without {name}");
            assert_eq!(policy(&back.yaml).hash, policy(&earlier.yaml).hash, "{server} without {name}");
        }
    }
}

/// Comments on every line stay in their order when each tool gets an argument that it had not.
#[test]
fn comments_outlive_an_import() {
    for (server, list) in servers() {
        let mut fewer = list.clone();
        let mut left_out = 0;
        for tool in fewer["tools"].as_array_mut().expect("tools") {
            let required = tool["inputSchema"]["required"].clone();
            let Some(properties) = tool["inputSchema"]["properties"].as_object_mut() else { continue };
            let is_optional =
                |name: &&String| !required.as_array().is_some_and(|names| names.contains(&json!(name)));
            let Some(name) = properties.keys().find(is_optional).cloned() else { continue };
            properties.remove(&name);
            left_out += 1;
        }
        let read = |list: &Value| {
            import(&list.to_string(), &proposed()).unwrap_or_else(|error| panic!("{server}: {error}"))
        };
        let (now, earlier) = (read(&list), read(&fewer));
        let mut own = String::new();
        for (idx, line) in earlier.yaml.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            writeln!(own, "{}# note {idx}\n{line}", " ".repeat(indent)).expect("it is written");
        }
        let merged =
            merge(&own, &now, Some(&earlier), Gone::Mark).unwrap_or_else(|error| panic!("{server}: {error}"));
        assert_eq!(merged.changes.len(), left_out, "{server}: {:?}", merged.changes);
        let notes = |text: &str| -> Vec<String> {
            text.lines().map(str::trim).filter(|line| line.starts_with("# note")).map(str::to_owned).collect()
        };
        assert_eq!(notes(&merged.yaml), notes(&own), "{server}");
        assert_eq!(policy(&merged.yaml).hash, policy(&now.yaml).hash, "{server}");
    }
}
