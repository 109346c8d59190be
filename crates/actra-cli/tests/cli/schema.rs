//! `actra schema`: schemas that are imported, and JSON Schemas for editors.

use crate::test_directory::TestDirectory;

const TOOLS: &str = r#"{"tools":[{"name":"read","inputSchema":{"type":"object","properties":{"path":{"type":"string","minLength":1}},"required":["path"]}}]}"#;

#[test]
fn a_schema_is_imported_and_checks() {
    let directory = TestDirectory::empty().file("tools.json", TOOLS);
    let run = directory.run("schema import tools.json");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.out, "version: 1\nactions:\n  read: { fields: { path: path } }\n");
    assert_eq!(
        run.err,
        "proposed: /tools/0/inputSchema/properties/path: a `path`, by its name and description: what has a backslash is \
         not readable as one\n\
         wider: /tools/0/inputSchema/properties/path/minLength: shorter strings are accepted\n\
         actra: 2 remarks: `wider` means that the schema accepts more than the source, `narrower` less\n\
         actra: `proposed` is a stricter type than the source's, by names and descriptions; `--plain-strings` keeps \
         `string`\n"
    );
    let plain = directory.run("schema import tools.json --plain-strings");
    assert_eq!(plain.out, "version: 1\nactions:\n  read: { fields: { path: string } }\n");
    let policy = "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: { global: true }\n    when: true\n    effect: block\n    message: no\n";
    let set = TestDirectory::empty()
        .file("schema.yaml", &run.out)
        .file("policy.yaml", policy.replace("message: no", "message: closed"));
    assert_eq!(set.run("check . --deny-warnings").code, 0);

    let json = directory.run("schema import tools.json --format json --kind mcp");
    assert_eq!((json.code, json.err.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["schema"], "actra/import/v1");
    assert_eq!(json["losses"][0]["effect"], "proposed");
    assert_eq!(json["changes"], serde_json::Value::Null);
}

/// A schema on standard input has no file to be named after.
#[test]
fn the_action_of_standard_input_has_a_name() {
    let run = TestDirectory::empty().run_with("schema import -", r#"{"type":"object"}"#);
    assert_eq!((run.code, run.out.as_str()), (0, "version: 1\nactions:\n  action: { fields: {} }\n"));
}

#[test]
fn what_cannot_be_imported_is_said() {
    let directory = TestDirectory::empty()
        .file("tools.json", TOOLS)
        .file("bad.json", "{")
        .file("text.yaml", "just words")
        .file("empty.json", r#"{"tools":[]}"#)
        .file("answer.json", r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601}}"#)
        .file("names.json", r#"[{"name":"a b","inputSchema":{}},{"name":"c d","inputSchema":{}}]"#)
        .file("dialect.json", r#"[{"name":"t","inputSchema":{"type":"dict"}}]"#);
    for command in [
        "schema import nothing.json",
        "schema import bad.json",
        "schema import text.yaml",
        "schema import tools.json --kind openapi",
        "schema import",
        "schema import empty.json",
        "schema import answer.json",
        "schema import names.json",
        "schema import dialect.json",
        "schema import tools.json --kind openai",
        "schema import tools.json --without nothing",
        "schema import tools.json --into nothing.yaml",
        "schema import tools.json --into text.yaml",
        "schema import tools.json --into -",
        "schema import tools.json --prune",
    ] {
        let run = directory.run(command);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{command}: {run:?}");
        assert!(!run.err.is_empty());
    }
}

/// The lists of real servers, as people use them: imported, and checked beside a policy.
#[test]
fn lists_of_real_servers_check() {
    let lists = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../actra-import/tests/lists");
    let policy = "version: 1\ndefault: block\nrules:\n  - { id: r, scope: { global: true }, when: true, effect: block }\n";
    let mut servers = 0;
    for file in std::fs::read_dir(lists).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let directory = TestDirectory::empty().file("tools.json", std::fs::read(&file).unwrap());
        let run = directory.run("schema import tools.json");
        assert_eq!(run.code, 0, "{file:?}: {}", run.err);
        let set = directory.file("set/schema.yaml", &run.out).file("set/policy.yaml", policy);
        let check = set.run("check set");
        assert_eq!(check.code, 0, "{file:?}: {}{}", check.out, check.err);
        let format = set.run("fmt set --check");
        assert_eq!(format.code, 0, "{file:?}: {}{}", format.out, format.err);
        let again = set.run("schema import tools.json --into set/schema.yaml --check");
        assert_eq!((again.code, again.out.as_str(), again.err.as_str()), (0, "", ""), "{file:?}");
        servers += 1;
    }
    assert!(servers >= 20, "{servers}");
}

fn text(directory: &TestDirectory) -> String {
    std::fs::read_to_string(directory.path().join("schema.yaml")).unwrap()
}

#[test]
fn a_later_list_is_imported_into_a_schema() {
    let later = r#"{"tools":[{"name":"read","inputSchema":{"type":"object","properties":{"path":{"type":"string","minLength":1},"head":{"type":"integer"}},"required":["path"]}},{"name":"write","inputSchema":{"type":"object"}}]}"#;
    let own =
        "version: 1\nactions:\n  read: # ours\n    fields:\n      path: { type: path, sensitive: true }\n";
    let directory =
        TestDirectory::empty().file("tools.json", TOOLS).file("later.json", later).file("schema.yaml", own);
    let run = directory.run("schema import later.json --into schema.yaml --check");
    let told = "added: read.head: integer?\nadded: write\nactra: 3 remarks on what the list says and a schema cannot; `actra \
                schema import later.json` shows them\n";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (1, "schema.yaml\n", told));
    assert_eq!(text(&directory), own);
    let run = directory.run("schema import later.json --into schema.yaml --earlier tools.json --format json");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        json["changes"][0],
        serde_json::json!({ "kind": "added", "path": "read.head", "old": null, "new": "integer?" })
    );
    let merged = format!("{own}      head: integer?\n  write: {{ fields: {{}} }}\n");
    assert_eq!((json["yaml"].as_str(), text(&directory)), (Some(merged.as_str()), merged.clone()));
    let run = directory.run("schema import later.json --into schema.yaml");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));

    let run = directory.run("schema import tools.json --into schema.yaml");
    assert_eq!(run.code, 0);
    assert_eq!(
        run.err,
        "gone: read.head\ngone: write\nactra: what is gone is marked in the schema, and is decided as before; `--prune` \
         takes it out\n"
    );
    assert!(text(&directory).contains("  # gone from the server: the tool\n  write:"));
    let run = directory.run("schema import tools.json --into schema.yaml --prune");
    assert_eq!((run.code, run.err.as_str()), (0, "pruned: read.head\npruned: write\n"));
    assert_eq!(text(&directory), own);
}

#[test]
fn json_schemas_of_files_are_printed() {
    let directory = TestDirectory::with_set();
    for kind in ["schema", "policy", "governance", "test"] {
        let run = directory.run(&format!("schema {kind}"));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
        assert!(serde_json::from_str::<serde_json::Value>(&run.out).is_ok(), "{kind}: {}", run.out);
    }
    let run = directory.run("schema policy --for set");
    assert!(run.out.contains(r#""delete_user""#), "{}", run.out);
    assert_eq!(directory.run("schema policy --for nothing").code, 2);
}
