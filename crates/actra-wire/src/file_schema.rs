//! JSON Schemas (2020-12) of the files of a set, for editors and for programs that write such files.
//!
//! They catch misspelt keys and wrong kinds of values; what a set means is for compiling to say.

use std::collections::BTreeSet;

use actra_engine::StructuredOperator;
use actra_engine::model::{RawValue, RecordName, Schema};

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `schema.yaml`
    Schema,
    /// `policy.yaml` and `policies/**/*.yaml`
    Policy,
    /// `governance.yaml`
    Governance,
    /// `tests/**/*.yaml`
    Test,
}

impl FileKind {
    /// All of them.
    pub const ALL: [FileKind; 4] = [FileKind::Schema, FileKind::Policy, FileKind::Governance, FileKind::Test];

    /// `schema`, `policy`, `governance` or `test`.
    pub fn as_str(self) -> &'static str {
        match self {
            FileKind::Schema => "schema",
            FileKind::Policy => "policy",
            FileKind::Governance => "governance",
            FileKind::Test => "test",
        }
    }
}

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schema of a kind of files; with the schema of a set, names of its actions, groups and fields are
/// completed and checked as well.
pub fn file_schema(kind: FileKind, of: Option<&Schema>) -> String {
    let (title, body, definitions) = match kind {
        FileKind::Schema => ("A schema of Actra", SCHEMA.to_owned(), types()),
        FileKind::Policy => ("A policy of Actra", POLICY.to_owned(), named(CONDITIONS, of)),
        FileKind::Governance => {
            let definitions = named(&format!("{CONDITIONS},{GOVERNANCE_DEFS}"), of);
            ("Governance of Actra", named(GOVERNANCE, of), definitions)
        }
        FileKind::Test => {
            let definitions = format!("{},{},{REQUEST}", named(CONDITIONS, of), types());
            ("Tests of an Actra policy set", TEST.to_owned(), definitions)
        }
    };
    let text =
        format!("{{\"$schema\":\"{DRAFT}\",\"title\":\"{title}\",{body},\"$defs\":{{{definitions}}}}}");
    // Without the line breaks of the texts below.
    text.lines().map(str::trim_start).collect()
}

fn types() -> String {
    TYPES.replace("LONG_TYPE", LONG_TYPE)
}

/// A text with the operators, and the names of a schema, in their places.
fn named(text: &str, of: Option<&Schema>) -> String {
    let names = |names: Vec<&str>| match of {
        Some(_) => enumerated(&names),
        None => r#"{"type":"string"}"#.to_owned(),
    };
    let actions = of.map(|schema| schema.actions.iter().map(|action| &*action.name).collect());
    let groups = of.map(|schema| schema.groups.keys().map(|name| &**name).collect());
    let field =
        |record| of.map_or_else(|| r#"{"type":"string"}"#.to_owned(), |schema| fields(schema, record));
    text.replace("ATOM_OPERATOR", &enumerated(&StructuredOperator::words().collect::<Vec<_>>()))
        .replace("ACTION_NAME", &names(actions.unwrap_or_default()))
        .replace("GROUP_NAME", &names(groups.unwrap_or_default()))
        .replace("ACTION_FIELD", &field(RecordName::Action))
        .replace("ACTOR_FIELD", &field(RecordName::Actor))
        .replace("SNAPSHOT_FIELD", &field(RecordName::Snapshot))
}

fn enumerated(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| RawValue::from(*name).to_json()).collect();
    format!("{{\"enum\":[{}]}}", names.join(","))
}

/// The fields of a record, or a dotted path below one.
fn fields(schema: &Schema, record: RecordName) -> String {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    match record {
        RecordName::Action => {
            names.insert("type");
            names.extend(schema.actions.iter().flat_map(|action| action.fields.keys()).map(|name| &**name));
        }
        RecordName::Actor => names.extend(schema.actor.keys().map(|name| &**name)),
        RecordName::Snapshot => names.extend(schema.snapshot.keys().map(|name| &**name)),
    }
    let names: Vec<&str> = names.into_iter().collect();
    format!("{{\"anyOf\":[{},{{\"type\":\"string\",\"pattern\":\"[.]\"}}]}}", enumerated(&names))
}

const SCHEMA: &str = r##""type":"object","required":["version","actions"],"additionalProperties":false,"properties":{
    "version":{"const":1},
    "actions":{"type":"object","minProperties":1,"additionalProperties":{
        "type":["object","null"],"additionalProperties":false,"properties":{
            "description":{"type":"string"},
            "fields":{"$ref":"#/$defs/arguments"}}}},
    "groups":{"type":"object","additionalProperties":{"type":"array","minItems":1,"items":{"type":"string"}}},
    "actor":{"$ref":"#/$defs/record"},
    "snapshot":{"$ref":"#/$defs/record"},
    "extra_fields":{"enum":["ignore","reject"]},
    "invalid_fields":{"enum":["ignore","reject"]}}"##;

/// Types: of the fields of actions, of other fields, and of elements; what only some may say stands in their places.
const TYPES: &str = r##""record":{"type":["object","null"],"additionalProperties":false,"properties":{"fields":{"$ref":"#/$defs/fields"}}},
    "arguments":{"type":["object","null"],"additionalProperties":{"$ref":"#/$defs/argument"}},
    "fields":{"type":["object","null"],"additionalProperties":{"$ref":"#/$defs/type"}},
    "short":{"anyOf":[
        {"enum":["string","number","integer","boolean","timestamp","date","duration","quantity","ip","path","url","any",
            "string?","number?","integer?","boolean?","list<string>","list<number>","map<string>"]},
        {"type":"string"}]},
    "argument":{"anyOf":[{"$ref":"#/$defs/short"},LONG_TYPE
            "argument":{"type":"string","minLength":1},
            "description":{"type":"string"},
            "optional":{"type":"boolean"},
            "sensitive":{"type":"boolean"}}}]},
    "type":{"anyOf":[{"$ref":"#/$defs/short"},LONG_TYPE
            "description":{"type":"string"},
            "optional":{"type":"boolean"},
            "sensitive":{"type":"boolean"}}}]},
    "element":{"anyOf":[{"$ref":"#/$defs/short"},LONG_TYPE
            "optional":{"const":false},
            "sensitive":{"const":false}}}]}"##;

/// The long form of a type, up to what only some of them may say.
const LONG_TYPE: &str = r##"{"type":"object","required":["type"],"additionalProperties":false,"properties":{
            "type":{"type":"string"},
            "of":{"$ref":"#/$defs/element"},
            "fields":{"$ref":"#/$defs/fields"},
            "one_of":{"type":"array","minItems":1},
            "min":{},"max":{},
            "max_length":{"type":"integer","minimum":0},
            "max_items":{"type":"integer","minimum":0},
            "pattern":{"type":"string"},"##;

const POLICY: &str = r##""type":"object","required":["version","rules"],"additionalProperties":false,"properties":{
    "version":{"const":1},
    "default":{"$ref":"#/$defs/effect"},
    "constants":{"type":["object","null"]},
    "definitions":{"type":["object","null"],"additionalProperties":{"$ref":"#/$defs/condition"}},
    "rules":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/rule"}}}"##;

/// What conditions and scopes are made of.
const CONDITIONS: &str = r##""effect":{"enum":["allow","block","require_approval"]},
    "rule":{"type":"object","required":["id","scope","when","effect"],"additionalProperties":false,"properties":{
        "id":{"type":"string","pattern":"^[A-Za-z_][A-Za-z0-9_.-]*$"},
        "scope":{"$ref":"#/$defs/scope"},
        "when":{"$ref":"#/$defs/condition"},
        "unless":{"$ref":"#/$defs/condition"},
        "effect":{"$ref":"#/$defs/effect"},
        "description":{"type":"string"},
        "message":{"type":"string"},
        "required_actions":{"type":"array","items":{"type":"object","required":["type"],"properties":{"type":{"type":"string"}}}},
        "tags":{"type":"array","items":{"type":"string"}},
        "mode":{"enum":["enforce","shadow"]}}},
    "scope":{"type":"object","minProperties":1,"additionalProperties":false,"properties":{
        "action":{"anyOf":[{"$ref":"#/$defs/action"},{"type":"array","minItems":1,"items":{"$ref":"#/$defs/action"}}]},
        "group":GROUP_NAME,
        "actor":{"anyOf":[{"type":"string"},{"type":"array","minItems":1,"items":{"type":"string"}}]},
        "global":{"const":true}}},
    "action":{"anyOf":[ACTION_NAME,{"type":"string","pattern":"[*]"}]},
    "condition":{"anyOf":[
        {"type":"string"},
        {"type":"boolean"},
        {"$ref":"#/$defs/atom"},
        {"type":"object","required":["all"],"additionalProperties":false,"properties":{"all":{"$ref":"#/$defs/parts"}}},
        {"type":"object","required":["any"],"additionalProperties":false,"properties":{"any":{"$ref":"#/$defs/parts"}}},
        {"type":"object","required":["not"],"additionalProperties":false,"properties":{"not":{"$ref":"#/$defs/condition"}}}]},
    "parts":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/condition"}},
    "atom":{"type":"object","required":["subject","operator"],"additionalProperties":false,"properties":{
        "subject":{"$ref":"#/$defs/subject"},
        "operator":ATOM_OPERATOR,
        "value":{"type":"object","minProperties":1,"maxProperties":1,"additionalProperties":false,"properties":{
            "literal":{},"subject":{"$ref":"#/$defs/subject"},"constant":{"type":"string"}}}}},
    "subject":{"type":"object","required":["domain","field"],"additionalProperties":false,
        "properties":{"domain":{"enum":["action","actor","snapshot"]},"field":{"type":"string"}},
        "anyOf":[
            {"properties":{"domain":{"const":"action"},"field":ACTION_FIELD}},
            {"properties":{"domain":{"const":"actor"},"field":ACTOR_FIELD}},
            {"properties":{"domain":{"const":"snapshot"},"field":SNAPSHOT_FIELD}}]}"##;

const GOVERNANCE: &str = r##""type":"object","required":["version","governance"],"additionalProperties":false,"properties":{
    "version":{"const":1},
    "governance":{"type":"object","minProperties":1,"additionalProperties":false,"properties":{
        "rules":{"type":"array","items":{"type":"object","required":["id","select","must","error"],"additionalProperties":false,"properties":{
            "id":{"$ref":"#/$defs/id"},
            "applies_to":{"type":"object","required":["actions"],"additionalProperties":false,"properties":{
                "actions":{"type":"array","items":{"type":"string"}},
                "if_declared":{"type":"boolean"}}},
            "description":{"type":"string"},
            "select":{"type":"object","required":["where"],"additionalProperties":false,"properties":{"where":{"$ref":"#/$defs/where"}}},
            "must":{"$ref":"#/$defs/must"},
            "error":{"type":"string","pattern":"[^ ]"}}}},
        "invariants":{"type":"array","items":{"type":"object","required":["id","for","effect","error"],"additionalProperties":false,"properties":{
            "id":{"$ref":"#/$defs/id"},
            "description":{"type":"string"},
            "for":{"$ref":"#/$defs/governed"},
            "when":{"$ref":"#/$defs/condition"},
            "effect":{"anyOf":[
                {"$ref":"#/$defs/effect"},
                {"type":"object","minProperties":1,"maxProperties":1,"additionalProperties":false,"properties":{
                    "at_least":{"$ref":"#/$defs/effect"},
                    "at_most":{"$ref":"#/$defs/effect"}}}]},
            "with":{"type":"array","items":{"$ref":"#/$defs/required_action"}},
            "error":{"type":"string","pattern":"[^ ]"},
            "may_be_empty":{"type":"boolean"},
            "unproven":{"enum":["warn","refuse"]}}}},
        "baseline":{"type":"object","required":["no_weaker_than"],"additionalProperties":false,"properties":{
            "no_weaker_than":{"type":"string"},
            "new_actions":{"type":"array","items":ACTION_NAME}}},
        "groups":{"type":"object","additionalProperties":{"anyOf":[
            {"type":"array","minItems":1,"items":{"type":"string"}},
            {"type":"object","required":["actions"],"additionalProperties":false,"properties":{
                "actions":{"type":"array","minItems":1,"items":{"type":"string"}},
                "if_declared":{"type":"boolean"}}}]}},
        "requires":{"type":"object","required":["default"],"additionalProperties":false,"properties":{
            "default":{"$ref":"#/$defs/effect"}}}}}}"##;

/// Definitions that only governance has.
const GOVERNANCE_DEFS: &str = r##""governed":{"type":"object","minProperties":1,"additionalProperties":false,"properties":{
        "action":{"anyOf":[{"$ref":"#/$defs/action"},{"type":"array","minItems":1,"items":{"$ref":"#/$defs/action"}}]},
        "group":{"type":"string"},
        "actor":{"anyOf":[{"type":"string"},{"type":"array","minItems":1,"items":{"type":"string"}}]},
        "global":{"const":true}}},
    "required_action":{"type":"object","required":["type"],"properties":{"type":{"type":"string"}}},
    "id":{"type":"string","pattern":"^[A-Za-z_][A-Za-z0-9_.-]*$"},
    "where":{"type":"object","additionalProperties":false,"properties":{
        "effect":{"$ref":"#/$defs/effect"},
        "scope":{"type":"object","minProperties":1,"additionalProperties":false,"properties":{
            "action":{"anyOf":[{"$ref":"#/$defs/action"},{"type":"array","minItems":1,"items":{"$ref":"#/$defs/action"}}]},
            "group":{"type":"string"},
            "actor":{"anyOf":[{"type":"string"},{"type":"array","minItems":1,"items":{"type":"string"}}]},
            "global":{"type":"boolean"}}},
        "when":{"type":"object","required":["subject"],"additionalProperties":false,"properties":{
            "subject":{"type":"object","minProperties":1,"additionalProperties":false,"properties":{
                "domain":{"enum":["action","actor","snapshot"]},
                "field":{"type":"string"}}},
            "operator":{"type":"string"},
            "value":{"type":"object","minProperties":1,"maxProperties":1,"additionalProperties":false,"properties":{
                "literal":{},"subject":{"$ref":"#/$defs/subject"}}}}},
        "id":{"type":"string","pattern":"^[A-Za-z0-9_.*-]+$"},
        "mode":{"enum":["enforce","shadow"]},
        "tags":{"anyOf":[{"type":"string"},{"type":"array","minItems":1,"items":{"type":"string"}}]}}},
    "must":{"type":"object","minProperties":1,"maxProperties":1,"additionalProperties":false,"properties":{
        "exists":{"type":"boolean"},
        "min_count":{"type":"integer","minimum":0},
        "max_count":{"type":"integer","minimum":0},
        "forbid":{"type":"boolean"},
        "allowed_fields":{"type":"array","items":{"type":"string","pattern":"^(action|actor|snapshot)[.]."}}}}"##;

/// A request, or what a fixture gives of one.
const REQUEST: &str = r##""request":{"type":"object","additionalProperties":false,"properties":{
    "action":{},"actor":{},"snapshot":{},
    "unknown":{"type":"array","items":{"type":"string","pattern":"^(actor|snapshot)[.]."}}}}"##;

const TEST: &str = r##""type":"object","required":["version","cases"],"additionalProperties":false,"properties":{
    "version":{"const":1},
    "lenient":{"type":"boolean"},
    "policy":{"type":["string","object"]},
    "schema":{"type":["string","object"]},
    "default":{"$ref":"#/$defs/effect"},
    "constants":{"type":["object","null"]},
    "definitions":{"type":["object","null"],"additionalProperties":{"$ref":"#/$defs/condition"}},
    "rules":{},
    "governance":{},
    "fixtures":{"type":["object","null"],"additionalProperties":{"$ref":"#/$defs/request"}},
    "cases":{"type":"array","items":{"type":"object","required":["name"],"additionalProperties":false,"properties":{
        "name":{"type":"string"},
        "use":{"type":"array","items":{"type":"string"}},
        "request":{"$ref":"#/$defs/request"},
        "request_json":{"type":"string"},
        "table":{"type":"array","items":{"type":"string"}},
        "rows":{"type":"array","items":{"type":"array"}},
        "files":{"type":"object"},
        "expect":{"type":"object","minProperties":1,"additionalProperties":false,"properties":{
            "effect":{"$ref":"#/$defs/effect"},
            "matched_rule":{"type":["string","null"]},
            "matched_rules":{"type":"array"},
            "message":{"type":["string","null"]},
            "required_actions":{"type":"array"},
            "undetermined":{"type":"array"},
            "errors":{"type":"array"},
            "shadow":{"type":"array"}}},
        "decision":{"type":"string"},
        "explain":{},
        "diagnostics":{"type":"array"},
        "check":{"type":"array"},
        "proofs":{"type":"array"},
        "hash":{"type":"string"}}}}}"##;
