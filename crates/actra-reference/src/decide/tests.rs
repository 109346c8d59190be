//! Decisions worked out by hand from the language's text.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, FileId};
use actra_model::{
    ActionId, ActionSchema, Constraints, Decision, Description, FaultHandling, Field, Fields, Group,
    PolicyHash, RawRequest, Schema, Type, TypeKind, Value,
};
use actra_syntax::ast::PolicyFile;

use super::{answer, literal};

fn field(kind: TypeKind) -> Field {
    Field::new(Type::plain(kind))
}

fn optional(kind: TypeKind) -> Field {
    Field { optional: true, ..field(kind) }
}

fn fields<const N: usize>(fields: [(&str, Field); N]) -> Fields {
    fields.into_iter().map(|(name, field)| (Arc::from(name), field)).collect()
}

fn list(kind: TypeKind) -> TypeKind {
    TypeKind::List(Box::new(Type::plain(kind)))
}

/// The schema of the contract's section 3, and a field of each kind that the cases need.
fn schema() -> Schema {
    let currencies = ["USD", "EUR", "GBP"].map(|word| Value::String(Arc::from(word)));
    let currency = Field {
        ty: Type {
            kind: TypeKind::String,
            constraints: Constraints { one_of: Some(currencies.to_vec().into()), ..Constraints::default() },
        },
        ..field(TypeKind::String)
    };
    let refund = fields([
        ("amount", field(TypeKind::Number)),
        ("currency", currency),
        ("note", optional(TypeKind::String)),
        ("recipients", field(list(TypeKind::String))),
    ]);
    let user =
        TypeKind::Object(fields([("name", field(TypeKind::String)), ("age", optional(TypeKind::Integer))]));
    let action = |name: &str, fields| ActionSchema::new(Arc::from(name), fields, Description::default());
    Schema {
        actions: vec![
            action("db.drop_table", fields([("table", field(TypeKind::String))])),
            action("delete_user", fields([("user_id", field(TypeKind::String))])),
            action("refund", refund),
        ],
        groups: BTreeMap::from([(
            Arc::from("destructive"),
            Group { actions: vec![ActionId(0), ActionId(1)] },
        )]),
        actor: fields([("id", field(TypeKind::String)), ("type", field(TypeKind::String))]),
        snapshot: fields([
            ("fraud_flag", field(TypeKind::Boolean)),
            ("today", field(TypeKind::Number)),
            ("user", optional(user)),
            ("limits", field(TypeKind::Map(Box::new(Type::plain(TypeKind::Number))))),
            ("at", field(TypeKind::Timestamp)),
            ("file", field(TypeKind::Path)),
            ("more", field(TypeKind::Any)),
        ]),
        ..Schema::default()
    }
}

fn file(text: &str) -> PolicyFile {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let node = actra_syntax::yaml::parse(FileId(0), text, &mut 1000, &mut diagnostics).unwrap();
    let file = actra_syntax::decode_policy(&node, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    file
}

/// A request as YAML, by way of a constant.
fn request(text: &str) -> RawRequest {
    let text = format!("version: 1\nconstants:\n  request: {text}\nrules:\n{TRUE}");
    RawRequest::from_value(literal(&file(&text).constants[0].1))
}

const TRUE: &str = "  - { id: r, scope: { global: true }, when: true, effect: block }\n";
const ACTOR: &str = "actor: { id: ana, type: agent }";
const FACTS: &str = "fraud_flag: false, today: 10, limits: { a: 1 }, at: '2026-03-29T01:30:00Z', file: /srv/a, more: { k: [1, x] }";
const REFUND: &str = "type: refund, amount: 1500, currency: EUR, recipients: [a, b]";

/// `effect rule [true rules] undetermined rule@path:code error@path:code "message"`
fn shown(decision: &Decision<'_>) -> String {
    let mut out = format!("{} {}", decision.effect, decision.matched_rule.as_deref().unwrap_or("-"));
    decision.matched_rules.iter().for_each(|rule| out += &format!(" +{rule}"));
    let undetermined = decision.undetermined.iter();
    undetermined.for_each(|found| out += &format!(" ?{}@{}:{}", found.rule, found.path, found.reason));
    decision.errors.iter().for_each(|fault| out += &format!(" !{}:{}", fault.path, fault.reason));
    decision.shadow.iter().for_each(|shadow| out += &format!(" ~{}:{:?}", shadow.rule, shadow.truth));
    decision.required_actions.iter().for_each(|action| out += &format!(" {:?}", action.get("type").unwrap()));
    decision.message.iter().for_each(|message| out += &format!(" \"{message}\""));
    out
}

fn check(schema: &Schema, policy: &str, asked: &str, expected: &str) {
    let policy = format!("version: 1\n{policy}");
    let decision = answer(schema, &[file(&policy)], &request(asked), PolicyHash([0; 32]));
    assert_eq!(shown(&decision), expected, "{policy}\n{asked}");
}

/// The refund of 1,500 in a set whose only rule blocks refunds when the condition holds: by the condition's truth.
#[track_caller]
fn truth(condition: &str, expected: &str) {
    let policy = format!(
        "default: allow\nconstants: {{ limit: 1000, names: [ana, bo] }}\nrules:\n  - id: r\n    scope: {{ action: refund }}\n    effect: block\n    when: {condition}"
    );
    let facts = FACTS.replace("today: 10", "today: null");
    let asked = format!("{{ action: {{ {REFUND} }}, {ACTOR}, snapshot: {{ {facts} }} }}");
    let decision =
        answer(&schema(), &[file(&format!("version: 1\n{policy}"))], &request(&asked), PolicyHash([0; 32]));
    let truth = match (decision.undetermined.first(), decision.matched_rules.is_empty()) {
        (Some(found), _) => format!("{}:{}", found.path, found.reason),
        (None, empty) => (!empty).to_string(),
    };
    assert_eq!(truth, expected, "{condition}");
}

#[test]
fn conditions_have_three_truths() {
    // `snapshot.today` is null in these requests, and it is required.
    for (condition, expected) in [
        ("action.amount > constants.limit", "true"),
        ("action.amount == 1500.0", "true"),
        ("action.amount + 0.1 + 0.2 == 1500.3", "true"),
        ("snapshot.today == 1", "snapshot.today:null"),
        ("snapshot.today == 1 && action.amount < 2", "false"),
        ("snapshot.today == 1 || action.amount > 2", "true"),
        ("snapshot.today == 1 && action.amount > 2", "snapshot.today:null"),
        ("'!(snapshot.today == 1)'", "snapshot.today:null"),
        // `a > b` is `b < a`, so its leftmost leaf is on the right.
        ("action.amount * snapshot.limits.b > snapshot.today", "snapshot.today:null"),
        ("action.amount < snapshot.limits['b']", "snapshot.limits[\"b\"]:no_such_key"),
        ("has(snapshot.user)", "false"),
        ("has(snapshot.user) && snapshot.user.name == 'x'", "false"),
        ("snapshot.?user.?age.orValue(3) == 3", "true"),
        ("snapshot.limits[?'b'].orValue(7) == 7", "true"),
        ("actor.id in constants.names", "true"),
        ("'\"c\" in action.recipients'", "false"),
        ("snapshot.today in [1, 2]", "snapshot.today:null"),
        ("action.recipients.exists(x, x == actor.id || x == 'a')", "true"),
        ("action.recipients.all(i, x, i < 2 && x != 'c')", "true"),
        ("action.recipients.exists_one(x, x > 'a')", "true"),
        ("size(action.recipients.filter(x, x.contains('a'))) == 1", "true"),
        ("action.recipients[2] == 'x'", "action.recipients[*]:no_such_element"),
        ("action.recipients == ['a']", "false"),
        ("sets.equivalent(action.recipients, ['b', 'a', 'b'])", "true"),
        ("action.recipients.max() == 'b'", "true"),
        ("snapshot.more.k.exists(x, x == 1)", "true"),
        ("snapshot.more.k == 1", "snapshot.more[\"k\"]:wrong_kind"),
        ("snapshot.more.z == null", "snapshot.more[\"z\"]:no_such_key"),
        ("snapshot.more.k[0] < 2", "true"),
        ("snapshot.at.getHours('Europe/Berlin') == 3", "true"),
        ("snapshot.at.getDayOfWeek() == 0", "true"),
        ("snapshot.at - duration('90m') == timestamp('2026-03-29T00:00:00Z')", "true"),
        ("snapshot.file.within('/srv/x/..')", "true"),
        ("snapshot.file.within('srv')", "snapshot.file:incomparable"),
        ("action.currency.matches('^E.R$')", "true"),
        ("action.currency.substring(4) == ''", "action.currency:out_of_range"),
        ("int(action.currency) == 1", "action.currency:not_convertible"),
        ("action.currency.indexOf('x') == -1", "true"),
        (
            "{ subject: { domain: snapshot, field: today }, operator: not_in, value: { literal: [1] } }",
            "snapshot.today:null",
        ),
        (
            "{ any: [{ not: { subject: { domain: snapshot, field: user.age }, operator: exists } }, 'true'] }",
            "true",
        ),
        (
            "{ subject: { domain: action, field: recipients }, operator: subset_of, value: { literal: [a, b, c] } }",
            "true",
        ),
        (
            "{ subject: { domain: snapshot, field: at }, operator: less_than, value: { literal: '2026-03-29T03:30:00+01:00' } }",
            "true",
        ),
    ] {
        truth(condition, expected);
    }
}

const OUTCOMES: &str = "default: allow
rules:
  - { id: small, scope: { action: refund }, when: action.amount < 2000, effect: allow }
  - { id: large, scope: { action: refund }, when: action.amount > 1000, effect: require_approval, message: '{action.amount} for {actor.id}{action.note}', required_actions: [{ type: human }, { type: human }] }
  - { id: fraud, scope: { action: refund }, when: snapshot.fraud_flag, effect: block, required_actions: [{ type: call }] }
  - { id: seen, scope: { global: true }, when: true, effect: block, mode: shadow }
  - { id: agents, scope: { group: destructive, actor: [agent] }, when: true, effect: block, message: '{{never}} {action.type}' }
";

#[test]
fn the_strictest_obtainable_effect_is_the_outcome() {
    for (asked, expected) in [
        (
            format!("{{ action: {{ {REFUND} }}, {ACTOR}, snapshot: {{ {FACTS} }} }}"),
            "require_approval large +small +large ~seen:True String(\"human\") \"1500 for ana(none)\"",
        ),
        (
            format!("{{ action: {{ {REFUND} }}, {ACTOR} }}"),
            "block fraud +small +large ?fraud@snapshot.fraud_flag:record_missing !snapshot:record_missing ~seen:True String(\"call\")",
        ),
        (
            // What no rule reads is not listed: the currency is wrong as well.
            format!("{{ action: {{ {REFUND}, note: 3 }}, actor: {{ id: 3 }}, snapshot: {{ {FACTS} }} }}")
                .replace("EUR", "SEK"),
            "require_approval large +small +large ~seen:True String(\"human\") \"1500 for (unreadable)(unreadable)\"",
        ),
        (
            "{ action: { type: delete_user, user_id: u }, actor: { id: ana } }".to_owned(),
            "block agents ?agents@actor.type:missing !actor.type:missing ~seen:True \"{never} delete_user\"",
        ),
        (
            "{ action: { type: delete_user, user_id: u }, actor: { type: human } }".to_owned(),
            "allow - ~seen:True",
        ),
        ("{ action: { type: transfer } }".to_owned(), "block - !action.type:undeclared_action"),
        ("{ action: [] }".to_owned(), "block - !action.type:action_type_missing"),
        ("{ action: { type: refund }, extra: 1 }".to_owned(), "block - !:unknown_member"),
    ] {
        check(&schema(), OUTCOMES, &asked, expected);
    }
}

#[test]
fn rejected_faults_make_a_request_invalid() {
    let strict =
        Schema { extra_fields: FaultHandling::Reject, invalid_fields: FaultHandling::Reject, ..schema() };
    let asked =
        format!("{{ action: {{ {REFUND}, b c: 1 }}, {ACTOR}, snapshot: {{ {FACTS}, user: {{ z: 1 }} }} }}");
    let expected = "block - !action:extra_field !snapshot.user.name:missing !snapshot.user.z:extra_field";
    check(&strict, OUTCOMES, &asked, expected);
    let valid = format!("{{ action: {{ {REFUND} }}, {ACTOR}, snapshot: {{ {FACTS} }} }}");
    let expected = "require_approval large +small +large ~seen:True String(\"human\") \"1500 for ana(none)\"";
    check(&strict, OUTCOMES, &valid, expected);
}
