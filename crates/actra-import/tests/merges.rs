//! Schemas, lists that come later, and what becomes of them.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use actra_import::{Change, ChangeKind, Gone, ImportOptions, Imported, Texts, import, merge};

fn list(tools: &str) -> Imported {
    let options = ImportOptions { texts: Texts::Plain, ..ImportOptions::default() };
    import(&format!("[{tools}]"), &options).unwrap_or_else(|error| panic!("{error}: {tools}"))
}

/// A tool with these properties.
fn tool(name: &str, properties: &str) -> String {
    format!(r#"{{"name":"{name}","inputSchema":{{"type":"object","properties":{{{properties}}}}}}}"#)
}

const A: &str = r#""a":{"type":"string"}"#;
const B: &str = r#""b":{"type":"number"}"#;

/// What a merge gives, with its changes one a line.
fn check(schema: &str, tools: &[String], gone: Gone, expected: &str, changes: &[&str]) {
    let list = list(&tools.join(","));
    let merged = merge(schema, &list, None, gone).unwrap_or_else(|error| panic!("{error}:\n{schema}"));
    assert_eq!(merged.yaml, expected, "{schema}");
    let shown: Vec<String> = merged.changes.iter().map(shown).collect();
    assert_eq!(shown, changes, "{schema}");
    let again = merge(&merged.yaml, &list, None, gone).unwrap();
    assert_eq!(again.yaml, merged.yaml, "a second merge changes something");
    assert!(again.changes.iter().all(|change| change.kind != ChangeKind::Added), "{:?}", again.changes);
}

fn shown(change: &Change) -> String {
    let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    format!("{} {} {} {}", change.kind.as_str(), change.path, side(&change.old), side(&change.new))
}

#[test]
fn what_was_imported_is_not_changed_by_the_same_list() {
    let annotated = r#"{"name":"c","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#;
    let list = list(&[tool("t", A), annotated.to_owned()].join(","));
    let merged = merge(&list.yaml, &list, None, Gone::Prune).unwrap();
    assert_eq!((merged.yaml, merged.changes), (list.yaml, Vec::new()));
}

#[test]
fn new_tools_and_arguments_are_added_and_edits_stay() {
    check(
        "# ours\nversion: 1\nactions:\n  t:   # the first\n    fields:\n      # narrowed\n      a: { type: string, max_length: 5, sensitive: true } # kept\n",
        &[tool("t", &format!("{A},{B}")), tool("u", B)],
        Gone::Mark,
        "# ours\nversion: 1\nactions:\n  t:   # the first\n    fields:\n      # narrowed\n      a: { type: string, max_length: 5, sensitive: true } # kept\n      b: number?\n  u: { fields: { b: number? } }\n",
        &["kept t.a { type: string, max_length: 5 } string?", "added t.b - number?", "added u - -"],
    );
}

#[test]
fn every_layout_takes_new_fields() {
    for (schema, expected) in [
        (
            "{ version: 1, actions: { t: { fields: {} } } }\n",
            "{ version: 1, actions: { t: { fields: { a: string? } } } }\n",
        ),
        ("version: 1\nactions: { t: {} }\n", "version: 1\nactions: { t: { fields: { a: string? } } }\n"),
        ("version: 1\nactions:\n  t:\n", "version: 1\nactions:\n  t: { fields: { a: string? } }\n"),
        (
            "version: 1\nactions:\n  t: # nothing yet\n",
            "version: 1\nactions:\n  t: { fields: { a: string? } } # nothing yet\n",
        ),
        (
            "version: 1\nactions:\n  t:\n    fields:\n",
            "version: 1\nactions:\n  t:\n    fields: { a: string? }\n",
        ),
        (
            "version: 1\nactions:\n  t:\n    description: x\ngroups: { g: [t] }\n",
            "version: 1\nactions:\n  t:\n    description: x\n    fields: { a: string? }\ngroups: { g: [t] }\n",
        ),
        (
            "version: 1\nactions:\n  t: { fields: { b: number?, # why\n      c: date } }\n",
            "version: 1\nactions:\n  t: { fields: { b: number?, # why\n      c: date, a: string? } }\n",
        ),
        (
            "version: 1\r\nactions:\r\n  t:\r\n    fields:\r\n      b: number?\r\n",
            "version: 1\r\nactions:\r\n  t:\r\n    fields:\r\n      b: number?\r\n      a: string?\r\n",
        ),
        (
            "version: 1\nactions:\n  t:\n    fields:\n      b: number?",
            "version: 1\nactions:\n  t:\n    fields:\n      b: number?\n      a: string?",
        ),
        (
            "version: 1\nactions:\n  t:\n    fields: { b: number? }\n    description: |\n      long\n      text\n\n# end\n",
            "version: 1\nactions:\n  t:\n    fields: { b: number?, a: string? }\n    description: |\n      long\n      text\n\n# end\n",
        ),
    ] {
        let list = list(&tool("t", A));
        let merged =
            merge(schema, &list, None, Gone::Mark).unwrap_or_else(|error| panic!("{error}:\n{schema}"));
        let unmarked: String =
            merged.yaml.split_inclusive('\n').filter(|line| !line.contains("# gone from")).collect();
        assert_eq!(unmarked, expected, "{schema}");
    }
}

#[test]
fn what_is_gone_is_marked_or_taken_out() {
    let schema = "version: 1\nactions:\n  # about t\n  t: { fields: { a: string?, b: number? } } # here\n  # about u\n  u: { fields: {} }\n  v: { fields: {} }\ngroups:\n  g: [u, v]\n  h: [u]\n";
    let tools = [tool("t", A), tool("v", "")];
    check(
        schema,
        &tools,
        Gone::Mark,
        "version: 1\nactions:\n  # about t\n  # gone from the server: the argument `b`\n  t: { fields: { a: string?, b: number? } } # here\n  # about u\n  # gone from the server: the tool\n  u: { fields: {} }\n  v: { fields: {} }\ngroups:\n  g: [u, v]\n  h: [u]\n",
        &["gone t.b number? -", "gone u - -"],
    );
    check(
        schema,
        &tools,
        Gone::Prune,
        "version: 1\nactions:\n  # about t\n  t: { fields: { a: string? } } # here\n  v: { fields: {} }\ngroups:\n  g: [v]\n",
        &["pruned t.b number? -", "pruned u - -"],
    );
}

/// A mark goes when its tool comes back.
#[test]
fn marks_do_not_outlive_what_they_say() {
    let schema =
        "version: 1\nactions:\n  # gone from the server: the tool\n  t: { fields: { a: string? } }\n";
    check(
        schema,
        &[tool("t", A)],
        Gone::Mark,
        "version: 1\nactions:\n  t: { fields: { a: string? } }\n",
        &[],
    );
}

#[test]
fn arguments_are_known_by_their_own_names() {
    let schema =
        "version: 1\nactions:\n  t: { fields: { kind: { type: string, argument: type, optional: true } } }\n";
    let tools = [tool("t", r#""type":{"type":"string"},"kind":{"type":"array","items":{"type":"string"}}"#)];
    check(
        schema,
        &tools,
        Gone::Mark,
        "version: 1\nactions:\n  t:\n    fields:\n      kind: { type: string, argument: type, optional: true }\n      kind_2: { argument: \"kind\", type: list, of: string, optional: true }\n",
        &["added t.kind - list<string>?"],
    );
}

#[test]
fn an_earlier_list_tells_edits_from_changes_of_the_server() {
    let schema = "version: 1\nactions:\n  t: { fields: { a: path? } }\n";
    let earlier = list(&[tool("t", &format!("{A},{B}")), tool("u", ""), tool("w", "")].join(","));
    let now = list(
        &[tool("t", &format!(r#"{B},"c":{{"type":"date"}}, "a":{{"type":"string"}}"#)), tool("u", "")]
            .join(","),
    );
    let merged = merge(schema, &now, Some(&earlier), Gone::Prune).unwrap();
    let told: Vec<String> = merged.changes.iter().map(shown).collect();
    assert_eq!(told, ["kept t.b - number?", "added t.c - any?", "kept u - a tool"]);
    let now = list(&tool("t", r#""a":{"type":"integer","description":"new"}"#));
    let merged = merge(schema, &now, Some(&earlier), Gone::Mark).unwrap();
    let told: Vec<String> = merged.changes.iter().map(shown).collect();
    assert_eq!(told, ["changed t.a description - new", "changed t.a string? integer?"]);
    assert_eq!(merged.yaml, schema);
}

/// A server that calls a tool read-only from now on changes no group.
#[test]
fn hints_of_known_tools_change_no_group() {
    let hinted = |name: &str, hint: &str| {
        format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}},"annotations":{{"{hint}":true}}}}"#)
    };
    let schema =
        "version: 1\nactions:\n  t: { fields: {} }\n  u: { fields: {} }\ngroups:\n  hinted_read_only: [u]\n";
    check(
        schema,
        &[hinted("t", "readOnlyHint"), hinted("u", "destructiveHint"), hinted("v", "readOnlyHint")],
        Gone::Mark,
        "version: 1\nactions:\n  t: { fields: {} }\n  u: { fields: {} }\n  v: { fields: {} }\ngroups:\n  hinted_read_only: [u, v]\n  hinted_destructive: [u]\n",
        &[
            "added v - -",
            "kept groups.hinted_read_only.t not in it in it",
            "kept groups.hinted_read_only.u in it not in it",
        ],
    );
    let merged = merge(
        "version: 1\nactions:\n  t: { fields: {} }\n",
        &list(&hinted("t", "readOnlyHint")),
        None,
        Gone::Mark,
    );
    let yaml = merged.unwrap().yaml;
    assert!(yaml.ends_with("groups:\n  # Hints: what the server claims of its own tools, which nothing checks.\n  hinted_read_only: [t]\n"), "{yaml}");
}

#[test]
fn what_cannot_be_edited_is_refused() {
    for schema in [
        "version: 1\nactions:\n  s: { fields: &f { b: number? } }\n  t: { fields: *f }\n",
        "version: 1\nactions:\n  t: { fields: &f { b: number? } }\n  s: { fields: *f }\n",
        "version: 1\n",
        "version: 1\nactions: {}\n",
        "actions: [",
        "",
    ] {
        assert!(merge(schema, &list(&tool("t", A)), None, Gone::Mark).is_err(), "{schema}");
    }
}
