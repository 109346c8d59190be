//! The keys of `governance.yaml`.

use crate::foreign_words::ForeignWordRow;
use crate::foreign_words::Replacement::{Form, Nothing, Word};

pub(super) const FILE: &[ForeignWordRow] = &[
    (&["rules", "invariants", "baseline", "groups", "requires"], Nothing("write it below `governance:`")),
    (
        &["guardrails", "guard_rails", "guards", "governs", "policy", "spec", "meta_policy"],
        Word("governance"),
    ),
    (
        &["apiVersion", "api_version", "kind", "metadata", "id", "name", "description", "title", "owner"],
        Nothing("leave it out: the file has `version: 1`, and a `#` starts a comment"),
    ),
];

pub(super) const PARTS: &[ForeignWordRow] = &[
    (
        &["rule", "structure", "structural", "structural_rules", "checks", "policies", "controls"],
        Word("rules"),
    ),
    (
        &["invariant", "never", "always", "properties", "property", "assertions", "claims", "proofs", "must"],
        Word("invariants"),
    ),
    (&["base", "previous", "released", "reference", "compare_with"], Word("baseline")),
    (&["no_weaker_than", "new_actions"], Form("baseline: { no_weaker_than: released/ }", "")),
    (&["group", "action_groups", "actionGroups", "categories"], Word("groups")),
    (&["require", "required", "requirements", "set", "mandatory"], Word("requires")),
    (&["default"], Form("requires: { default: block }", "")),
    (
        &["version", "id", "name", "description", "title", "owner", "severity"],
        Nothing("leave it out: each rule and each invariant has an `id` and an `error`"),
    ),
];

pub(super) const RULE: &[ForeignWordRow] = &[
    (&["name", "rule", "rule_id", "ruleId", "key", "code"], Word("id")),
    (
        &["scope", "actions", "action", "appliesTo", "applies", "targets"],
        Form("applies_to: { actions: [NAME] }", ""),
    ),
    (&["comment", "summary", "title", "notes", "doc", "note"], Word("description")),
    (
        &["where", "match", "matches", "filter", "selector", "rules", "find", "when"],
        Form("select: { where: { effect: block } }", ""),
    ),
    (&["must_exist", "exists", "required", "require", "needs"], Form("must: { exists: true }", "")),
    (&["must_have", "min_count", "minCount", "at_least", "min"], Form("must: { min_count: 1 }", "")),
    (&["max_count", "maxCount", "at_most", "max"], Form("must: { max_count: 1 }", "")),
    (
        &["never", "forbidden", "forbid", "must_not", "must_not_exist", "deny", "disallow", "prohibited"],
        Form("must: { forbid: true }", ""),
    ),
    (
        &["allowed_fields", "fields", "allow_fields", "allowedFields"],
        Form("must: { allowed_fields: [action.amount] }", ""),
    ),
    (&["should", "assert", "constraint", "expect", "then"], Word("must")),
    (&["message", "msg", "reason", "error_message", "errorMessage", "help"], Word("error")),
    (
        &["severity", "level", "priority", "enforcement", "enforcementAction", "mode"],
        Nothing("leave it out: a set that breaks its governance does not compile"),
    ),
    (
        &["effect", "for", "with"],
        Nothing("that belongs to an invariant; a rule here looks at the text of the policy"),
    ),
];

pub(super) const SELECT: &[ForeignWordRow] = &[
    (&["match", "matches", "filter", "when", "rules", "having"], Word("where")),
    (
        &["effect", "scope", "id", "mode", "tags", "action"],
        Form("where: { effect: block }", "selection criteria go below `where:`"),
    ),
];

pub(super) const WHERE: &[ForeignWordRow] = &[
    (&["name", "rule", "rule_id", "ids"], Word("id")),
    (&["decision", "outcome", "result", "effects"], Word("effect")),
    (&["action", "actions", "group", "actor", "global", "applies_to"], Form("scope: { action: NAME }", "")),
    (
        &["condition", "if", "reads", "field", "subject", "contains", "atom"],
        Form("when: { subject: { domain: action, field: NAME } }", ""),
    ),
    (&["tag", "labels", "label"], Word("tags")),
    (&["shadow", "enforced", "modes"], Word("mode")),
];

pub(super) const WHEN: &[ForeignWordRow] = &[
    (&["field", "domain", "path", "attribute"], Form("subject: { domain: action, field: NAME }", "")),
    (&["op", "comparison", "comparator", "cmp", "test"], Word("operator")),
    (&["values", "literal", "constant", "expected"], Form("value: { literal: 1000 }", "")),
    (
        &["all", "any", "not", "expression", "and", "or"],
        Nothing("a selector looks for one comparison; write a rule of governance for each"),
    ),
];

pub(super) const MUST: &[ForeignWordRow] = &[
    (&["exist", "must_exist", "present", "required", "some", "any"], Word("exists")),
    (&["minCount", "min", "at_least", "minimum", "least"], Word("min_count")),
    (&["maxCount", "max", "at_most", "maximum", "most"], Word("max_count")),
    (&["never", "forbidden", "absent", "none", "must_not_exist", "not_exists", "deny"], Word("forbid")),
    (&["count", "equals", "exactly"], Form("min_count: 1", "and in another rule `max_count: 1`")),
    (&["fields", "allowedFields", "only_fields", "allow_fields", "allowed"], Word("allowed_fields")),
];

pub(super) const INVARIANT: &[ForeignWordRow] = &[
    (&["name", "invariant", "rule", "key", "code"], Word("id")),
    (&["comment", "summary", "title", "notes", "doc", "note"], Word("description")),
    (&["scope", "applies_to", "forall", "for_all", "forAll", "over"], Word("for")),
    (&["action", "actions"], Form("for: { action: NAME }", "")),
    (&["group", "groups"], Form("for: { group: NAME }", "")),
    (&["condition", "if", "where", "given", "assuming", "requires", "expression"], Word("when")),
    (&["then", "outcome", "decision", "result", "must", "must_be", "expect", "ensures"], Word("effect")),
    (
        &["never", "not", "forbidden", "never_allow"],
        Form("effect: block", "or `effect: { at_least: require_approval }`"),
    ),
    (&["at_least", "atLeast", "min"], Form("effect: { at_least: require_approval }", "")),
    (&["at_most", "atMost", "max"], Form("effect: { at_most: allow }", "")),
    (&["required_actions", "requiredActions", "obligations", "approvers"], Word("with")),
    (&["message", "msg", "reason", "error_message", "errorMessage", "help"], Word("error")),
    (&["vacuous", "allow_empty", "mayBeEmpty", "can_be_empty"], Word("may_be_empty")),
    (&["on_unproven", "unknown", "undecided", "not_proved"], Word("unproven")),
    (&["unless", "except"], Nothing("write it into `when`: `when: a && !b`")),
    (
        &["severity", "level", "priority", "enforcement", "mode"],
        Nothing(
            "leave it out: a set that breaks its governance does not compile; `unproven: warn` is for what cannot be proved",
        ),
    ),
];

pub(super) const EFFECT: &[ForeignWordRow] = &[
    (&["min", "minimum", "atLeast", "least", "gte", "stricter_than"], Word("at_least")),
    (&["max", "maximum", "atMost", "most", "lte", "milder_than"], Word("at_most")),
    (&["exactly", "equals", "is", "value"], Form("effect: block", "")),
];

pub(super) const BASELINE: &[ForeignWordRow] = &[
    (
        &[
            "path",
            "policy",
            "set",
            "released",
            "against",
            "than",
            "noWeakerThan",
            "not_weaker_than",
            "from",
            "file",
        ],
        Word("no_weaker_than"),
    ),
    (&["newActions", "actions", "added", "allow_new", "accept"], Word("new_actions")),
];

pub(super) const REQUIRES: &[ForeignWordRow] = &[
    (&["default_effect", "defaultEffect", "default_decision", "fallback", "effect"], Word("default")),
    (
        &["extra_fields", "invalid_fields", "rules", "fields"],
        Nothing("only `default` can be required here; write an invariant for what the policy must do"),
    ),
];

pub(super) const APPLIES_TO: &[ForeignWordRow] = &[
    (&["action", "names", "name", "scope", "tools"], Word("actions")),
    (&["group", "groups"], Nothing("list the actions; a glob such as `pay_*` takes several")),
    (&["ifDeclared", "optional", "if_exists", "if_present"], Word("if_declared")),
];
