//! Keys of other formats: Cedar, Cerbos, Kyverno, Gatekeeper, JSON Schema, and test files of all kinds.

mod governance;
mod switch;

use super::Replacement::{Form, Nothing, Word};
use super::{ForeignWordRow, Replacement};

/// What to write instead of a key that a mapping does not have; `what` is what messages call the mapping.
pub fn replacement_for(what: &str, key: &str) -> Option<Replacement> {
    let table = TABLES.iter().find(|(name, _)| *name == what).map(|(_, table)| *table)?;
    super::find(table, key)
}

/// What to write instead of a key that a mapping does not have, with its value, which can reverse the meaning: a
/// key that switches a rule off if it is true keeps it on if it is false.
pub fn replacement_for_entry(what: &str, key: &str, value: Option<&str>) -> Option<Replacement> {
    value.and_then(|value| switch::replacement_for(what, key, value)).or_else(|| replacement_for(what, key))
}

/// The table of each kind of mapping.
pub const TABLES: &[(&str, &[ForeignWordRow])] = &[
    ("a rule", RULE),
    ("a policy", POLICY),
    ("a scope", SCOPE),
    ("a condition", CONDITION),
    ("a `value`", VALUE),
    ("a `subject`", SUBJECT),
    ("a schema", SCHEMA),
    ("an action", ACTION),
    ("`actor`", RECORD),
    ("`snapshot`", RECORD),
    ("a type", TYPE),
    ("governance", governance::FILE),
    ("`governance`", governance::PARTS),
    ("a rule of governance", governance::RULE),
    ("`select`", governance::SELECT),
    ("`where`", governance::WHERE),
    ("a selector's `when`", governance::WHEN),
    ("`must`", governance::MUST),
    ("an invariant", governance::INVARIANT),
    ("`effect`", governance::EFFECT),
    ("`baseline`", governance::BASELINE),
    ("`requires`", governance::REQUIRES),
    ("`applies_to`", governance::APPLIES_TO),
    ("a test file", TESTS),
    ("a case", CASE),
];

const RULE: &[ForeignWordRow] = &[
    (&["name", "rule", "rule_id", "ruleId", "sid", "Sid", "key", "code"], Word("id")),
    (&["comment", "summary", "title", "notes", "doc", "docs", "documentation", "note"], Word("description")),
    (
        &["condition", "if", "where", "expression", "expr", "predicate", "Condition", "filter", "assert"],
        Word("when"),
    ),
    (
        &["conditions", "all", "preconditions", "matchConditions", "and", "clauses"],
        Form("when: { all: [...] }", ""),
    ),
    (&["any", "or"], Form("when: { any: [...] }", "")),
    (
        &[
            "except",
            "exception",
            "exceptions",
            "exclude",
            "excluding",
            "if_not",
            "unless_any",
            "not",
            "ignore",
        ],
        Word("unless"),
    ),
    (
        &[
            "action",
            "actions",
            "operation",
            "operations",
            "Action",
            "permission",
            "permissions",
            "tool",
            "tools",
            "command",
        ],
        Form("scope: { action: NAME }", "what the rule does is its `effect:`"),
    ),
    (&["group", "groups"], Form("scope: { group: NAME }", "")),
    (
        &["principal", "principals", "subject", "subjects", "user", "users", "actor", "actors", "Principal"],
        Form("scope: { actor: TYPE }", "or test a field of `actor` in `when`"),
    ),
    (&["role", "roles", "derivedRoles"], Form("when: actor.role == \"admin\"", "")),
    (
        &["resource", "resources", "Resource", "object"],
        Form("when: action.field == \"...\"", "what an action is about belongs in its fields"),
    ),
    (
        &["target", "targets", "match", "applies_to", "appliesTo", "selector", "global"],
        Form("scope: { action: NAME }", "or `scope: { global: true }` for all"),
    ),
    (&["decision", "outcome", "result", "verdict", "Effect", "then", "do", "response"], Word("effect")),
    (&["deny", "block", "forbid", "reject", "denies"], Form("effect: block", "")),
    (&["allow", "permit", "grant", "allows"], Form("effect: allow", "")),
    (
        &["require_approval", "approve", "ask", "approval", "approvals", "approvers", "approver"],
        Form("effect: require_approval", "who should be asked goes in `required_actions`"),
    ),
    (switch::ON, Nothing(switch::EITHER)),
    (switch::OFF, Nothing(switch::EITHER)),
    (
        &["priority", "order", "weight", "precedence", "salience", "rank", "index", "stop", "final", "break"],
        Nothing("leave it out: rules have no order, the strictest effect of those that match wins"),
    ),
    (
        &[
            "reason",
            "error",
            "error_message",
            "errorMessage",
            "deny_message",
            "msg",
            "reasons",
            "explanation",
            "output",
        ],
        Word("message"),
    ),
    (
        &[
            "obligations",
            "obligation",
            "advice",
            "requires",
            "require",
            "requirements",
            "required_action",
            "requiredActions",
            "on_match",
        ],
        Word("required_actions"),
    ),
    (
        &[
            "labels",
            "annotations",
            "metadata",
            "category",
            "categories",
            "keywords",
            "severity",
            "owner",
            "label",
        ],
        Form("tags: [NAME]", ""),
    ),
    (&["default"], Form("default: block", "beside `rules:`, for the whole set")),
    (
        &["constants", "variables", "vars", "definitions"],
        Form("constants: { NAME: value }", "beside `rules:`, for the whole set"),
    ),
];

const POLICY: &[ForeignWordRow] = &[
    (&["policies", "statements", "Statement", "rule", "policy", "permissions", "Rules"], Word("rules")),
    (
        &["variables", "vars", "locals", "consts", "globals", "values", "data", "parameters", "params"],
        Form("constants: { NAME: value }", "or `definitions:` for expressions"),
    ),
    (
        &["macros", "functions", "helpers", "derivedRoles", "derived_roles", "let", "aliases", "conditions"],
        Word("definitions"),
    ),
    (
        &[
            "default_effect",
            "defaultEffect",
            "default_action",
            "defaultAction",
            "default_decision",
            "fallback",
            "otherwise",
            "else",
            "effect",
        ],
        Word("default"),
    ),
    (
        &[
            "apiVersion",
            "api_version",
            "kind",
            "spec",
            "metadata",
            "package",
            "import",
            "imports",
            "id",
            "name",
            "description",
            "title",
            "Version",
            "language",
        ],
        Nothing("leave it out: a policy file has `version: 1`, and a `#` starts a comment"),
    ),
    (
        &["actions", "actor", "snapshot", "groups", "schema", "extra_fields", "invalid_fields"],
        Nothing("what can be asked is declared in `schema.yaml`"),
    ),
    (&["governance", "invariants", "baseline"], Nothing("guard rails are written in `governance.yaml`")),
    (&["tests", "cases", "test"], Nothing("tests are files of their own, `tests/NAME.yaml`")),
    (
        &["priority", "order", "combining_algorithm", "combiningAlgorithm"],
        Nothing("leave it out: rules have no order, the strictest effect of those that match wins"),
    ),
];

const SCOPE: &[ForeignWordRow] = &[
    (
        &[
            "actions",
            "operation",
            "operations",
            "tool",
            "tools",
            "name",
            "names",
            "permission",
            "method",
            "command",
        ],
        Word("action"),
    ),
    (&["groups", "category", "tag", "tags"], Word("group")),
    (
        &[
            "actors",
            "actor_type",
            "actorType",
            "principal",
            "principals",
            "user",
            "users",
            "subject",
            "agent",
        ],
        Word("actor"),
    ),
    (&["all", "any", "everything", "everywhere", "always"], Form("global: true", "")),
    (&["role", "roles"], Form("when: actor.role == \"admin\"", "beside `scope:`")),
    (
        &["resource", "resources", "object", "when", "condition", "if"],
        Form("when: action.field == \"...\"", "beside `scope:`"),
    ),
    (&["not", "exclude", "except", "unless"], Form("unless: action.type == \"NAME\"", "beside `scope:`")),
];

const CONDITION: &[ForeignWordRow] = &[
    (&["and", "all_of", "allOf", "AND", "every", "must"], Word("all")),
    (&["or", "any_of", "anyOf", "OR", "some", "one_of", "oneOf", "should"], Word("any")),
    (&["none", "none_of", "noneOf", "nor", "must_not"], Form("not: { any: [...] }", "")),
    (&["op", "comparison", "comparator", "cmp", "test"], Word("operator")),
    (
        &["field", "attribute", "left", "lhs", "var", "key", "path", "fact", "property", "domain"],
        Form("subject: { domain: action, field: NAME }", ""),
    ),
    (&["values", "right", "rhs", "expected", "literal", "constant"], Form("value: { literal: 1000 }", "")),
    (
        &["expression", "expr", "cel", "match", "rule", "condition", "if", "when"],
        Form("action.amount > 1000", "an expression is a condition by itself"),
    ),
];

const VALUE: &[ForeignWordRow] = &[
    (&["const", "constants", "ref", "variable", "var"], Word("constant")),
    (&["value", "values", "string", "number", "list", "text"], Word("literal")),
    (&["field", "path", "attribute", "domain"], Form("subject: { domain: action, field: NAME }", "")),
];

const SUBJECT: &[ForeignWordRow] = &[
    (&["record", "entity", "source", "object", "type", "from", "on", "kind"], Word("domain")),
    (&["name", "path", "attribute", "property", "key", "member"], Word("field")),
];

const SCHEMA: &[ForeignWordRow] = &[
    (
        &["action", "operations", "tools", "methods", "commands", "functions", "resources", "permissions"],
        Word("actions"),
    ),
    (&["user", "users", "principal", "principals", "subject", "subjects", "agent", "actors"], Word("actor")),
    (&["context", "env", "environment", "input", "facts", "data", "resource", "state"], Word("snapshot")),
    (&["action_groups", "actionGroups", "group", "categories"], Word("groups")),
    (
        &["additionalProperties", "additional_properties", "additional_fields", "strict", "unknown_fields"],
        Form("extra_fields: reject", ""),
    ),
    (
        &["types", "definitions", "$defs", "entityTypes", "entities", "common_types", "commonTypes"],
        Nothing("types cannot be given names here; write each one where it is used"),
    ),
    (
        &["$schema", "title", "description", "name", "id", "type", "properties", "required"],
        Nothing("leave it out: a schema has `version: 1`, `actions`, `actor` and `snapshot`"),
    ),
];

/// Other words for the fields of an action or record.
const MEMBERS: ForeignWordRow = (
    &[
        "properties",
        "params",
        "parameters",
        "args",
        "arguments",
        "inputs",
        "input",
        "attributes",
        "schema",
        "inputSchema",
        "input_schema",
        "members",
        "shape",
    ],
    Word("fields"),
);
const REQUIRED: ForeignWordRow = (
    &["required", "optional"],
    Nothing("a field is required unless its type ends in `?`, such as `note: string?`"),
);
const KIND: ForeignWordRow = (&["type", "kind"], Form("fields: { NAME: string }", ""));
const MEMBERSHIP: ForeignWordRow = (
    &["appliesTo", "groups", "group", "memberOf"],
    Form("groups: { NAME: [action] }", "at the top of the schema"),
);

const ACTION: &[ForeignWordRow] = &[
    MEMBERS,
    REQUIRED,
    KIND,
    (DESCRIPTION, Word("description")),
    (
        &["argument", "arg", "param", "parameter"],
        Form("fields: { NAME: { type: string, argument: NAME } }", "each field names its own argument"),
    ),
    MEMBERSHIP,
];

const RECORD: &[ForeignWordRow] = &[
    MEMBERS,
    REQUIRED,
    KIND,
    (
        &["description", "title", "summary", "doc"],
        Nothing("leave it out, or write it as a comment after `#`"),
    ),
    MEMBERSHIP,
];

/// Other words for a description.
const DESCRIPTION: &[&str] = &[
    "title",
    "summary",
    "doc",
    "docs",
    "documentation",
    "desc",
    "comment",
    "$comment",
    "help",
    "note",
    "notes",
];

const TYPE: &[ForeignWordRow] = &[
    (
        &[
            "enum",
            "values",
            "oneOf",
            "one-of",
            "choices",
            "options",
            "allowed",
            "allowed_values",
            "in",
            "const",
            "any_of",
        ],
        Word("one_of"),
    ),
    (&["required", "mandatory"], Nothing("a field is required unless it says `optional: true`")),
    (&["nullable", "nillable", "null"], Form("optional: true", "null counts as absent")),
    (&["default"], Nothing("a field has no default; read it with `x.?field.orValue(...)`")),
    (&["minimum", "gte", "ge", "min_value", "minValue", "at_least", "low"], Word("min")),
    (&["maximum", "lte", "le", "max_value", "maxValue", "at_most", "high"], Word("max")),
    (&["exclusiveMinimum", "gt"], Form("min: 1", "or compare in a rule")),
    (&["exclusiveMaximum", "lt"], Form("max: 100", "or compare in a rule")),
    (&["maxLength", "max_len", "maxlen", "length", "size"], Word("max_length")),
    (&["minLength", "min_length"], Form("pattern: \"^.{3,}$\"", "")),
    (&["maxItems", "max_size", "maxSize", "max_count"], Word("max_items")),
    (&["minItems", "min_items", "uniqueItems"], Nothing("ask for it in a rule, such as `size(xs) >= 1`")),
    (
        &[
            "items",
            "elements",
            "element",
            "item",
            "elementType",
            "element_type",
            "values_type",
            "value_type",
            "additionalProperties",
        ],
        Word("of"),
    ),
    (&["properties", "members", "attributes", "shape"], Word("fields")),
    (&["regex", "regexp", "match", "matches"], Word("pattern")),
    (&["secret", "private", "redact", "pii", "confidential", "masked", "writeOnly"], Word("sensitive")),
    (
        &["format"],
        Nothing("formats are types of their own, such as `timestamp`, `date`, `duration`, `ip` and `url`"),
    ),
    (
        &["example", "examples", "$ref", "deprecated"],
        Nothing("leave it out, or write it as a comment after `#`"),
    ),
    (DESCRIPTION, Word("description")),
    (
        &["arg", "param", "parameter", "arg_name", "argument_name", "alias", "rename", "json_name"],
        Word("argument"),
    ),
];

const TESTS: &[ForeignWordRow] = &[
    (&["tests", "scenarios", "examples", "suite", "test", "case", "testcases", "test_cases"], Word("cases")),
    (&["name", "description", "title", "id"], Nothing("leave it out: each case has a `name`")),
    (&["data", "inputs", "requests", "principals", "resources", "setup"], Word("fixtures")),
    (&["rule"], Word("rules")),
    (&["set", "directory", "policies"], Word("policy")),
];

const CASE: &[ForeignWordRow] = &[
    (&["description", "title", "id", "case", "test", "desc"], Word("name")),
    (&["input", "given", "req", "event", "query", "when"], Word("request")),
    (
        &["expected", "want", "assert", "output", "result", "then", "expects", "effect", "outcome", "should"],
        Word("expect"),
    ),
    (
        &["action", "actor", "snapshot", "principal", "resource", "context"],
        Form("request: { action: { type: NAME } }", ""),
    ),
    (&["fixture", "fixtures", "extends", "from", "base"], Word("use")),
    (&["cases", "examples"], Word("rows")),
];
