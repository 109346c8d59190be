//! Documents of others, the schemas that they become, and what is lost.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use actra_import::{ImportError, ImportOptions, Imported, LossEffect, SourceFormat, Texts, import};

fn own(format: Option<SourceFormat>) -> ImportOptions {
    ImportOptions { name: "own".to_owned(), format, ..ImportOptions::default() }
}

fn imported(text: &str) -> Imported {
    import(text, &own(None)).unwrap_or_else(|error| panic!("{error}: {}", text.get(..1000).unwrap_or(text)))
}

/// The fields that a schema of arguments gives, and the losses as `pointer effect`.
fn check(schema: &str, fields: &str, losses: &[&str]) {
    let found = imported(schema);
    let expected = format!("version: 1\nactions:\n  own: {{ fields: {fields} }}\n");
    assert_eq!(found.yaml, expected, "{schema}");
    let shown: Vec<String> =
        found.losses.iter().map(|loss| format!("{} {}", loss.pointer, loss.effect.as_str())).collect();
    assert_eq!(shown, losses, "{schema}: {:?}", found.losses);
}

fn required(name: &str, schema: &str) -> String {
    format!(r#"{{"type":"object","properties":{{"{name}":{schema}}},"required":["{name}"]}}"#)
}

#[test]
fn types_are_mapped() {
    for (schema, field) in [
        (r#"{"type":"string"}"#, "string"),
        (r#"{"type":"string","title":"A","description":" ","default":"c","x-y":1}"#, "string"),
        (r#"{"type":"string","maxLength":5}"#, "{ type: string, max_length: 5 }"),
        (r#"{"type":"string","pattern":"^a+$"}"#, r#"{ type: string, pattern: "^a+$" }"#),
        (r#"{"type":"string","enum":["a","true"]}"#, r#"{ type: string, one_of: ["a", "true"] }"#),
        (r#"{"const":"a"}"#, r#"{ type: string, one_of: ["a"] }"#),
        (r#"{"type":"string","enum":["a",1,"a"]}"#, r#"{ type: string, one_of: ["a"] }"#),
        (r#"{"type":"integer","enum":[1,2.5]}"#, "{ type: number, one_of: [1] }"),
        (
            r#"{"type":"string","pattern":"^(?:a|\\d+)[\\w.-]$"}"#,
            r#"{ type: string, pattern: "^(?:a|\\d+)[\\w.-]$" }"#,
        ),
        (r#"{"enum":[1,2.5]}"#, "{ type: number, one_of: [1, 2.5] }"),
        (r#"{"type":"number","minimum":0,"maximum":1.5}"#, "{ type: number, min: 0, max: 1.5 }"),
        (r#"{"type":"integer","exclusiveMinimum":0,"maximum":9.5}"#, "{ type: integer, min: 1, max: 9 }"),
        (r#"{"type":"integer","minimum":3,"exclusiveMinimum":true}"#, "{ type: integer, min: 4 }"),
        (r#"{"type":["integer","number"]}"#, "number"),
        (r#"{"type":"boolean"}"#, "boolean"),
        (r#"{"type":"array","items":{"type":"string"}}"#, "list<string>"),
        (
            r#"{"type":"array","items":{"type":"string","maxLength":3},"maxItems":2}"#,
            "{ type: list, of: { type: string, max_length: 3 }, max_items: 2 }",
        ),
        (r#"{"type":"object","additionalProperties":{"type":"number"}}"#, "map<number>"),
        (
            r#"{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}"#,
            "{ type: object, fields: { b: string } }",
        ),
        (r#"{"anyOf":[{"const":"a"},{"const":"b"}]}"#, r#"{ type: string, one_of: ["a", "b"] }"#),
        (
            r#"{"allOf":[{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]},{"properties":{"c":{"type":"number"}},"required":["c"],"type":"object"}]}"#,
            "{ type: object, fields: { b: string, c: number } }",
        ),
    ] {
        check(&required("a", schema), &format!("{{ a: {field} }}"), &[]);
    }
}

#[test]
fn what_differs_is_reported() {
    for (schema, field, losses) in [
        (r#"{"type":"array"}"#, "list<any>", vec!["/properties/a narrower"]),
        (r#"{"type":"object"}"#, "map<any>", vec!["/properties/a narrower"]),
        (r#"{"type":["string","null"]}"#, "string?", vec!["/properties/a wider"]),
        (r#"{"type":["string","boolean"]}"#, "any", vec!["/properties/a wider"]),
        (r#"{"type":"string","minLength":1}"#, "string", vec!["/properties/a/minLength wider"]),
        (r#"{"type":"string","pattern":"(?<=a)b"}"#, "string", vec!["/properties/a/pattern wider"]),
        (r#"{"type":"string","format":"date-time"}"#, "timestamp", vec!["/properties/a/format narrower"]),
        (r#"{"type":"string","format":"email"}"#, "string", vec!["/properties/a/format wider"]),
        (r#"{"type":"string","surprise":1}"#, "string", vec!["/properties/a/surprise wider"]),
        (
            r#"{"type":"number","exclusiveMinimum":0}"#,
            "{ type: number, min: 0 }",
            vec!["/properties/a/exclusiveMinimum wider"],
        ),
        (r#"{"type":"number","multipleOf":2}"#, "number", vec!["/properties/a/multipleOf wider"]),
        (
            r#"{"type":"array","items":{"type":["string","null"]},"minItems":1,"uniqueItems":true}"#,
            "list<string>",
            vec!["/properties/a narrower", "/properties/a/minItems wider", "/properties/a/uniqueItems wider"],
        ),
        (r#"{"type":[]}"#, "any?", vec!["/properties/a/type wider", "/properties/a wider"]),
        (r#"{"type":7}"#, "any?", vec!["/properties/a/type wider", "/properties/a wider"]),
        (
            r#"{"const":"a","enum":["b"]}"#,
            r#"{ type: string, one_of: ["a"] }"#,
            vec!["/properties/a/enum wider"],
        ),
        (
            r#"{"type":"array","items":{"const":1},"maxItems":20000}"#,
            "{ type: list, of: { type: number, one_of: [1] } }",
            vec!["/properties/a/maxItems narrower"],
        ),
        (r#"{"type":"string","maxLength":2147483647}"#, "string", vec!["/properties/a/maxLength narrower"]),
        (r#"{"type":"string","maxLength":-1}"#, "string", vec!["/properties/a/maxLength wider"]),
        (r#"{"type":"string","pattern":"\\S"}"#, "string", vec!["/properties/a/pattern wider"]),
        (r#"{"type":"string","pattern":"\\Aa"}"#, "string", vec!["/properties/a/pattern wider"]),
        (r#"{"type":"string","pattern":"[a[b]"}"#, "string", vec!["/properties/a/pattern wider"]),
        (r#"{"type":"string","pattern":"[a-z&&b]"}"#, "string", vec!["/properties/a/pattern wider"]),
        (r#"{"type":"string","pattern":"(?i)a"}"#, "string", vec!["/properties/a/pattern wider"]),
        (r#"{"enum":["a",1]}"#, "any?", vec!["/properties/a wider", "/properties/a wider"]),
        (r#"{"anyOf":[{"type":"string"},{"type":"number"}]}"#, "any", vec!["/properties/a/anyOf wider"]),
        (r##"{"$ref":"#/nowhere"}"##, "any?", vec!["/properties/a wider", "/properties/a wider"]),
        (r#"{"maxLength":3}"#, "{ type: string, max_length: 3 }", vec!["/properties/a narrower"]),
        (r#"false"#, "any?", vec!["/properties/a wider", "/properties/a wider"]),
        (
            r#"{"type":"object","properties":{"b":{"type":"string"}},"required":["b"],"additionalProperties":false}"#,
            "{ type: object, fields: { b: string } }",
            vec!["/properties/a/additionalProperties wider"],
        ),
    ] {
        check(&required("a", schema), &format!("{{ a: {field} }}"), &losses);
    }
    check(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#, "{ a: string? }", &[" wider"]);
    check(
        &required("a", r#"{"type":"object","properties":{"$x":{"type":"string"}},"required":["$x"]}"#),
        "{ a: { type: object, fields: {} } }",
        &["/properties/a/properties/$x wider"],
    );
}

#[test]
fn arguments_without_a_name_for_a_field_are_kept() {
    check(
        &required("type", r#"{"type":"string"}"#),
        r#"{ type_: { type: string, argument: "type" } }"#,
        &[" note"],
    );
    check(&required("$x", r#"{"type":"string"}"#), r#"{ _x: { type: string, argument: "$x" } }"#, &[" note"]);
    let several = r#"{"type":"object","required":["a.b","a_b","a:b","größe"],"properties":{"a.b":{"type":"number"},
        "a_b":{"type":"string"},"a:b":{"type":"array","items":{"type":"string"},"maxItems":2},"größe":{"type":"boolean"}}}"#;
    let found = imported(several);
    for field in [
        r#"a_b_2: { type: number, argument: "a.b" }"#,
        "a_b: string",
        r#"a_b_3: { type: list, of: string, max_items: 2, argument: "a:b" }"#,
        r#"gr__e: { type: boolean, argument: "größe" }"#,
    ] {
        assert!(found.yaml.contains(field), "{field}: {}", found.yaml);
    }
    assert_eq!(found.losses.len(), 3, "{:?}", found.losses);
    check(&required("a\\u0007b", r#"{"type":"string"}"#), "{}", &[" wider"]);
}

#[test]
fn what_people_are_told_is_kept() {
    check(
        &required("a", r#"{"type":"string","description":" One\nor \"two\". "}"#),
        r#"{ a: { type: string, description: "One\nor \"two\"." } }"#,
        &[],
    );
    let referred = r##"{"type":"object","description":"What it does.","required":["a","b"],
        "properties":{"a":{"$ref":"#/$defs/t"},"b":{"$ref":"#/$defs/t","description":"here"}},
        "$defs":{"t":{"type":"object","description":"there","required":["c"],"properties":{"c":{"type":"integer","description":"inside"}}}}}"##;
    let found = imported(referred);
    for text in [
        r#""What it does.""#,
        r#"description: "there""#,
        r#"description: "here""#,
        r#"description: "inside""#,
    ] {
        assert!(found.yaml.contains(text), "{text}: {}", found.yaml);
    }
    assert_eq!(found.losses, []);
}

#[test]
fn references_are_followed_and_circles_end() {
    let schema = r##"{"type":"object","required":["a"],"properties":{"a":{"$ref":"#/$defs/t~1x%20y"}},
        "$defs":{"t/x y":{"type":"object","required":["s","next"],"properties":{"s":{"type":"string"},"next":{"$ref":"#/$defs/t~1x%20y"}}}}}"##;
    let found = imported(schema);
    assert!(found.yaml.contains("{ next: any?, s: string }"), "{}", found.yaml);
    assert!(found.losses.iter().any(|loss| loss.message.contains("contains itself")), "{:?}", found.losses);
}

#[test]
fn tools_come_in_three_wrappings() {
    let tools = r#"[{"name":"read_file","description":"d","inputSchema":{"type":"object"},"new":1},{"name":"b","inputSchema":{"type":"object"}}]"#;
    for text in [
        tools.to_owned(),
        format!(r#"{{"tools":{tools}}}"#),
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":{tools}}}}}"#),
    ] {
        let found = imported(&text);
        assert_eq!(
            found.yaml,
            "version: 1\nactions:\n  read_file: { description: \"d\", fields: {} }\n  b: { fields: {} }\n"
        );
        assert_eq!(found.losses.len(), 1, "{:?}", found.losses);
    }
}

#[test]
fn operations_become_actions() {
    let found = imported(
        "openapi: 3.0.3
info: { title: t, version: '1' }
paths:
  /pets/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: integer } }
    get:
      operationId: getPet
      parameters:
        - { name: full, in: query, required: true, schema: { type: boolean } }
    put:
      requestBody:
        required: true
        content:
          application/json: { schema: { $ref: '#/components/schemas/Pet' } }
components:
  schemas:
    Pet: { type: object, required: [name], properties: { name: { type: string, nullable: true } } }
",
    );
    assert_eq!(
        found.yaml,
        "version: 1\nactions:\n  getPet: { fields: { id: integer, full: boolean } }\n  put:/pets/_id_: { fields: { id: integer, name: string? } }\n".replace("put:/pets/_id_", "\"put:/pets/_id_\"")
    );
}

/// One in the path and one in the query are two, and only one of them can be a field.
#[test]
fn parameters_of_one_name_are_not_lost_silently() {
    let found = imported(
        "openapi: 3.0.3
paths:
  /pets/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: integer } }
      - { name: full, in: query, required: true, schema: { type: integer } }
    get:
      operationId: getPet
      parameters:
        - { name: id, in: query, required: true, schema: { type: string } }
        - { name: full, in: query, required: true, schema: { type: boolean } }
",
    );
    assert!(found.yaml.contains("getPet: { fields: { id: integer, full: boolean } }"), "{}", found.yaml);
    let [loss] = found.losses.as_slice() else { panic!("{:?}", found.losses) };
    assert_eq!(loss.pointer, "/paths/~1pets~1{id}/get/parameters/0");
}

#[test]
fn what_is_nothing_of_it_is_refused() {
    for text in [
        "",
        "{",
        "1",
        "a: b",
        "[1",
        "{\"a\":1}",
        "{\"openapi\":\"2.0\"}",
        "{\"tools\":1}",
        "{\"tools\":[]}",
        "a: &x [*x]",
    ] {
        assert!(import(text, &own(None)).is_err(), "{text}");
    }
    let deep = format!("{}{}", "{\"items\":".repeat(500), "}".repeat(500));
    assert!(import(&deep, &own(Some(SourceFormat::JsonSchema))).is_err());
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let error = |text: &str| import(text, &own(None)).unwrap_err().to_string();
    let json = "this is not readable JSON";
    assert_eq!(
        error("{\n\"a\":1,\n\"a\":2}"),
        format!("{json}, at line 3: an object has the same key twice")
    );
    assert_eq!(error("{\n\"a\":}"), format!("{json}, at line 2: what follows is not JSON"));
    assert_eq!(error(&"[".repeat(65)), format!("{json}, at line 1: it is nested more than 64 deep"));
    assert_eq!(error(&" ".repeat((16 << 20) + 1)), "it is larger than 16 MiB");
}

/// A body as OpenAPI has it, and the components that it refers to.
fn body(schema: &str, components: &str) -> String {
    format!(
        r#"{{"openapi":"3.0.3","paths":{{"/a":{{"post":{{"operationId":"own","requestBody":{{"required":true,"content":{{"application/json":{{"schema":{schema}}}}}}}}}}}}},"components":{{"schemas":{components}}}}}"#
    )
}

#[test]
fn parts_that_refer_to_what_they_stand_in_end() {
    let found = imported(&body(
        r##"{"$ref":"#/components/schemas/A"}"##,
        r##"{"A":{"allOf":[{"$ref":"#/components/schemas/A"}]}}"##,
    ));
    assert!(found.yaml.contains("body: any"), "{}", found.yaml);
    let found = imported(&body(
        r##"{"$ref":"#/components/schemas/A"}"##,
        r##"{"A":{"allOf":[{"$ref":"#/components/schemas/A"},{"type":"object","required":["b"],"properties":{"b":{"type":"string"}}}]}}"##,
    ));
    assert!(found.yaml.contains("fields: { b: string }"), "{}", found.yaml);
}

/// What doubles at every step is looked at once.
#[test]
fn parts_that_are_referred_to_twice_are_looked_at_once() {
    let mut components = r#"{"A0":{"allOf":[]}"#.to_owned();
    for step in 1..60 {
        let part = format!(r##"{{"$ref":"#/components/schemas/A{}"}}"##, step - 1);
        components.push_str(&format!(r#","A{step}":{{"allOf":[{part},{part}]}}"#));
    }
    components.push('}');
    assert!(
        imported(&body(r##"{"$ref":"#/components/schemas/A59"}"##, &components)).yaml.contains("body: any")
    );
}

/// Each of these took minutes when every one of its parts was compared with every other.
#[test]
fn many_of_a_kind_take_no_longer_each() {
    let many = 30_000;
    let paths: Vec<String> =
        (0..many).map(|idx| format!(r#""/{idx}":{{"get":{{"operationId":"t"}}}}"#)).collect();
    let found = imported(&format!(r#"{{"openapi":"3.0.3","paths":{{{}}}}}"#, paths.join(",")));
    assert!(found.yaml.contains(&format!("  t_{many}: {{ fields: {{}} }}")));
    let tools: Vec<String> =
        (0..many).map(|idx| format!(r#"{{"name":"t{idx}","inputSchema":{{"type":"object"}}}}"#)).collect();
    assert!(imported(&format!("[{}]", tools.join(","))).losses.is_empty());
    let values: Vec<String> = (0..many).map(|idx| format!("\"v{idx}\"")).collect();
    let found = imported(&required("a", &format!(r#"{{"enum":[{}]}}"#, values.join(","))));
    assert!(found.yaml.contains("a: string"), "{}", found.yaml);
    assert_eq!(found.losses.len(), 1);
}

/// The fields that arguments get, in a tool of a format.
fn tool_fields(text: &str) -> String {
    let yaml = imported(text).yaml;
    let fields = yaml.split_once("fields: ").and_then(|(_, rest)| rest.trim_end().strip_suffix(" }"));
    fields.unwrap_or(&yaml).to_owned()
}

#[test]
fn tools_come_in_the_formats_of_three() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#;
    for (kind, tool) in [
        (SourceFormat::Mcp, format!(r#"{{"name":"t","inputSchema":{schema}}}"#)),
        (
            SourceFormat::OpenAi,
            format!(r#"{{"type":"function","name":"t","strict":true,"parameters":{schema}}}"#),
        ),
        (
            SourceFormat::OpenAi,
            format!(r#"{{"type":"function","function":{{"name":"t","strict":true,"parameters":{schema}}}}}"#),
        ),
        (SourceFormat::OpenAi, format!(r#"{{"name":"t","parameters":{schema}}}"#)),
        (SourceFormat::Anthropic, format!(r#"{{"name":"t","input_schema":{schema}}}"#)),
        (SourceFormat::Anthropic, format!(r#"{{"type":"custom","name":"t","input_schema":{schema}}}"#)),
    ] {
        for text in [
            tool.clone(),
            format!("[{tool}]"),
            format!(r#"{{"model":"m","messages":[],"tools":[{tool}]}}"#),
            format!(r#"{{"functions":[{tool}]}}"#),
        ] {
            let found = imported(&text);
            assert_eq!(found.yaml, "version: 1\nactions:\n  t: { fields: { a: string } }\n", "{text}");
            assert_eq!(found.losses, [], "{text}");
            assert_eq!(import(&text, &own(Some(kind))), Ok(found));
            for other in [SourceFormat::Mcp, SourceFormat::OpenAi, SourceFormat::Anthropic] {
                assert_eq!(import(&text, &own(Some(other))).is_ok(), other == kind, "{text} as {other:?}");
            }
        }
    }
}

/// What each refusal names: the place, what was found, what to do.
#[test]
fn what_is_no_list_of_tools_is_refused() {
    let schema = r#"{"type":"object"}"#;
    for (text, words) in [
        (r#"{"tools":[]}"#.to_owned(), "the list of tools is empty"),
        (r#"{"tools":{"a":{}}}"#.to_owned(), "its `tools` are an object with `a`"),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601}}"#.to_owned(),
            r#"an answer with an error: {\"code\":-32601}"#,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_owned(), "a message `tools/list`"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"prompts":[]}}"#.to_owned(), "an object with `id`"),
        (r#"{"result":"x"}"#.to_owned(), "its `result` is a text"),
        ("[1]".to_owned(), "/0: this is no tool: it is a number"),
        (r#"["a"]"#.to_owned(), "/0: this is no tool: it is a text"),
        (r#"[{"description":"d"}]"#.to_owned(), "without a `name`"),
        (r#"[{"name":"t"}]"#.to_owned(), "without a schema of its arguments"),
        (r#"[{"name":"t","args_schema":{}}]"#.to_owned(), "an object with `args_schema`, `name`"),
        (
            format!(r#"[{{"name":"t","inputSchema":{schema},"input_schema":{schema}}}]"#),
            "the schemas of two formats",
        ),
        (
            r#"[{"name":"t","inputSchema":null}]"#.to_owned(),
            "/0/inputSchema: the arguments of `t` cannot be declared",
        ),
        (
            r#"[{"name":"t","inputSchema":{"type":"dict","properties":{}}}]"#.to_owned(),
            "`dict` is not a type",
        ),
        (
            r#"[{"name":"t","inputSchema":{"type":"object","properties":["a"]}}]"#.to_owned(),
            "its `properties` are a list",
        ),
        (r#"[{"name":"t","inputSchema":{"type":"string"}}]"#.to_owned(), "they are of the type `string`"),
        (r##"[{"name":"t","inputSchema":{"$ref":"#/nowhere"}}]"##.to_owned(), "leads nowhere"),
        (format!(r#"[{{"name":"read file","inputSchema":{schema}}}]"#), "--without 'read file'"),
        (format!(r#"[{{"name":"größe","inputSchema":{schema}}}]"#), "no action can be called `größe`"),
        (
            format!(r#"[{{"name":"t","inputSchema":{schema}}},{{"name":"t","inputSchema":{schema}}}]"#),
            "/1: there is another tool `t`",
        ),
        (r#"[{"type":"web_search"}]"#.to_owned(), "nothing in it that could be an action"),
        (r#"{"type":"string"}"#.to_owned(), "they are of the type `string`"),
        (r#"{"a":1}"#.to_owned(), "but an object with `a`"),
    ] {
        match import(&text, &own(None)) {
            Ok(found) => panic!("{text}: {}", found.yaml),
            Err(error) => assert!(error.to_string().contains(words), "{text}: {error}"),
        }
    }
    let two =
        r#"[{"name":"a b","inputSchema":{}},{"name":"c d","inputSchema":{}},{"name":"e","inputSchema":{}}]"#;
    let Err(ImportError::Refused(refused)) = import(two, &own(None)) else { panic!("it is imported") };
    assert_eq!(refused.len(), 2);
    let without = ImportOptions { without: vec!["a b".to_owned(), "c d".to_owned()], ..own(None) };
    let found = import(two, &without).unwrap();
    assert_eq!(found.yaml, "version: 1\nactions:\n  e: { fields: {} }\n");
    assert_eq!(found.losses.len(), 3, "{:?}", found.losses);
    assert!(import(two, &ImportOptions { without: vec!["x".to_owned()], ..without }).is_err());
}

#[test]
fn what_is_left_out_of_a_list_is_said() {
    let found = imported(
        r#"{"tools":[{"type":"web_search"},{"name":"t","inputSchema":{"type":"object"}}],"nextCursor":"2"}"#,
    );
    let told: Vec<(&str, &str)> =
        found.losses.iter().map(|loss| (loss.pointer.as_str(), loss.effect.as_str())).collect();
    assert_eq!(told, [("/nextCursor", "narrower"), ("/tools/0", "narrower")]);
}

/// A required enum stays one: the reference starts from the tool's own schema, not from the list.
#[test]
fn references_start_from_the_schema_of_their_tool() {
    let tool = r##"{"name":"t","inputSchema":{"type":"object","required":["mode","next"],"properties":{
        "mode":{"$ref":"#/$defs/mode"},"next":{"$ref":"#/definitions/node"},"only":{"allOf":[{"$ref":"#/$defs/mode"}]}},
        "$defs":{"mode":{"type":"string","enum":["append","overwrite"],"description":"how"}},
        "definitions":{"node":{"type":"object","required":["value"],"properties":{
            "value":{"type":"number"},"next":{"$ref":"#/definitions/node"}}}}}}"##;
    for text in [tool.to_owned(), format!("[{tool}]"), format!(r#"{{"result":{{"tools":[{tool}]}}}}"#)] {
        let found = imported(&text);
        for field in [
            r#"mode: { type: string, one_of: ["append", "overwrite"], description: "how" }"#,
            "next: { type: object, fields: { next: any?, value: number } }",
            r#"only: { type: string, one_of: ["append", "overwrite"], optional: true, description: "how" }"#,
        ] {
            assert!(found.yaml.contains(field), "{field}: {}", found.yaml);
        }
        let circles: Vec<&str> = found
            .losses
            .iter()
            .filter(|loss| loss.message.contains("contains itself"))
            .map(|loss| loss.pointer.as_str())
            .collect();
        assert_eq!(circles.len(), 1);
        assert!(circles[0].ends_with("inputSchema/definitions/node/properties/next"), "{circles:?}");
    }
}

#[test]
fn forms_of_the_arguments_are_mixed() {
    let schema = r#"{"anyOf":[
        {"type":"object","properties":{"kind":{"const":"a"},"x":{"type":"number"}},"required":["kind","x"]},
        {"type":"object","properties":{"kind":{"const":"b"},"z":{"type":"string"}},"required":["kind","z"]}]}"#;
    let found = tool_fields(&format!(r#"{{"name":"t","inputSchema":{schema}}}"#));
    assert_eq!(found, r#"{ kind: { type: string, one_of: ["a", "b"] }, x: number?, z: string? }"#);
}

#[test]
fn hints_are_groups_that_say_so() {
    let tool = |name: &str, hints: &str| {
        format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}},"annotations":{{{hints}}}}}"#)
    };
    let found = imported(&format!(
        "[{}]",
        [
            tool("reads", r#""readOnlyHint":true,"openWorldHint":true"#),
            tool("writes", r#""readOnlyHint":false,"destructiveHint":false,"idempotentHint":true"#),
            tool("unsaid", r#""readOnlyHint":false"#),
            tool("both", r#""readOnlyHint":true,"destructiveHint":true"#),
            tool("odd", r#""readOnlyHint":"yes","title":"Odd""#),
        ]
        .join(",")
    ));
    let (_, groups) = found.yaml.split_once("groups:\n").unwrap();
    assert_eq!(
        groups,
        "  # Hints: what the server claims of its own tools, which nothing checks.\n  hinted_read_only: [reads]\n  \
         hinted_destructive: [unsaid, both]\n  hinted_idempotent: [writes]\n  hinted_open_world: [reads]\n"
    );
    let told: Vec<&str> = found.losses.iter().map(|loss| loss.pointer.as_str()).collect();
    assert_eq!(told, ["/3/annotations", "/4/annotations/readOnlyHint"]);
}

/// Names, what people are told of the argument and of the tool, and the type that is proposed.
#[test]
fn texts_that_are_paths_or_urls_are_proposed_as_such() {
    for (name, told, tool, ty) in [
        ("path", "", "", "path"),
        ("filePath", "", "", "path"),
        ("file_path", "Absolute path of the file", "", "path"),
        ("path", "JSON path of the value", "", "string"),
        ("path", "The API path, such as /v1/users", "", "string"),
        ("path", "A glob of files", "", "string"),
        ("directory", "", "", "path"),
        ("filename", "", "", "string"),
        ("filename", "Path to save the screenshot to", "", "path"),
        ("filename", "The name of the file", "", "string"),
        ("filename", "Where to save; relative names start at the workspace", "", "path"),
        ("excludePaths", "", "", "string"),
        ("json_path", "", "", "string"),
        ("source", "", "Move or rename files", "path"),
        ("destination", "", "Move or rename files", "path"),
        ("source", "", "Starts a transfer", "string"),
        ("source", "The source account", "Sends files", "string"),
        ("url", "", "", "url"),
        ("callbackUrl", "Where to call", "", "url"),
        ("uri", "", "", "url"),
        ("uri", "The URI of the resource, such as a file", "", "string"),
        ("url_pattern", "", "", "string"),
        ("href", "", "", "url"),
        ("link", "A URL to share", "", "url"),
        ("link", "", "", "string"),
        ("curl", "", "", "string"),
        ("pathology", "", "", "string"),
    ] {
        let text = format!(
            r#"{{"name":"t","description":"{tool}","inputSchema":{{"type":"object","required":["{name}"],
            "properties":{{"{name}":{{"type":"string","description":"{told}"}}}}}}}}"#
        );
        let found = imported(&text);
        let proposed = found.losses.iter().filter(|loss| loss.effect == LossEffect::Proposed).count();
        assert_eq!(proposed, usize::from(ty != "string"), "{name} {told}: {:?}", found.losses);
        let field = [format!("{name}: {ty} }}"), format!("{name}: {{ type: {ty},")];
        assert!(field.iter().any(|field| found.yaml.contains(field)), "{name} {told} {tool}: {}", found.yaml);
        let plain = import(&text, &ImportOptions { texts: Texts::Plain, ..own(None) }).unwrap();
        assert!(!plain.yaml.contains(": path") && !plain.yaml.contains(": url"), "{}", plain.yaml);
    }
    for (schema, ty) in [
        (r#"{"type":"array","items":{"type":"string"}}"#, "list<path>"),
        (r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "path?"),
        (r#"{"type":"string","default":"."}"#, "path"),
        (r#"{"type":"string","default":"C:\\temp"}"#, "string"),
        (r#"{"type":"string","pattern":"^/"}"#, r#"{ type: string, pattern: "^/" }"#),
        (r#"{"type":"string","enum":["a"]}"#, r#"{ type: string, one_of: ["a"] }"#),
        (r#"{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}"#, "any"),
        (r#"{"type":"object","additionalProperties":{"type":"string"}}"#, "map<string>"),
    ] {
        let found = tool_fields(&format!(r#"{{"name":"t","inputSchema":{}}}"#, required("paths", schema)));
        assert_eq!(found, format!("{{ paths: {ty} }}"), "{schema}");
    }
}

/// What an operation takes for a missing argument is no fact of the request.
#[test]
fn defaults_are_told() {
    let found = imported(r#"{"type":"object","properties":{"force":{"type":"boolean","default":true}}}"#);
    let told: Vec<&str> = found.losses.iter().map(|loss| loss.message.as_str()).collect();
    assert!(
        told.contains(&"where it is missing, the operation takes `true`; rules see that it is missing"),
        "{told:?}"
    );
}
