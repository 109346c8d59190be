//! Documents of others, the schemas that they become, and what is lost.

use super::*;

fn imported(text: &str) -> Imported {
    import(text, "own", None).unwrap_or_else(|error| panic!("{error}: {}", text.get(..1000).unwrap_or(text)))
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
    let tools = r#"[{"name":"read file","description":"d","inputSchema":{"type":"object"},"new":1},{"name":"b","inputSchema":{"type":"object"}}]"#;
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
        assert_eq!(found.losses.len(), 2, "{:?}", found.losses);
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
        assert!(import(text, "own", None).is_err(), "{text}");
    }
    let deep = format!("{}{}", "{\"items\":".repeat(500), "}".repeat(500));
    assert!(import(&deep, "own", Some(SourceFormat::JsonSchema)).is_err());
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let error = |text: &str| import(text, "own", None).unwrap_err().to_string();
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
    let tools: Vec<String> =
        (0..many).map(|_| r#"{"name":"t","inputSchema":{"type":"object"}}"#.to_owned()).collect();
    let found = imported(&format!("[{}]", tools.join(",")));
    assert!(found.yaml.contains(&format!("  t_{many}: {{ fields: {{}} }}")));
    let values: Vec<String> = (0..many).map(|idx| format!("\"v{idx}\"")).collect();
    let found = imported(&required("a", &format!(r#"{{"enum":[{}]}}"#, values.join(","))));
    assert!(found.yaml.contains("a: string"), "{}", found.yaml);
    assert_eq!(found.losses.len(), 1);
}
