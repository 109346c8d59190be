//! (b) Twenty rules over eight actions: numbers, texts, truth values, and, or, not.

use crate::random::Random;
use crate::request::{Request, Value};
use crate::rule::Condition::{Any, Compare, Is, Not, OneOf, Starts};
use crate::rule::Order::{AtLeast, Greater, Less};
use crate::rule::{Condition, Field, Rule};
use crate::workload::{Plan, Schema};

pub fn plan() -> Plan {
    Plan {
        schema: Schema {
            actions: ACTIONS.iter().map(|(name, fields)| ((*name).to_owned(), fields.to_vec())).collect(),
            actor: vec![("role", "string"), ("id", "string"), ("verified", "boolean"), ("level", "number")],
            snapshot: vec![("fraud_flag", "boolean"), ("frozen", "boolean"), ("spent_today", "number")],
        },
        rules: rules(),
        complete: Box::new(|random| {
            let action = random.below(ACTIONS.len());
            request(random, action)
        }),
        missing: Box::new(|random| {
            let action = random.below(ACTIONS.len());
            let field = if random.below(2) == 0 { "actor.level" } else { "snapshot.spent_today" };
            (request(random, action), field)
        }),
    }
}

const ACTIONS: [(&str, &[(&str, &str)]); 8] = [
    ("refund", &[("amount", "number"), ("currency", "string")]),
    ("payout", &[("amount", "number"), ("country", "string")]),
    ("delete_user", &[("user_id", "string"), ("hard", "boolean")]),
    ("export_data", &[("rows", "number"), ("format", "string")]),
    ("deploy", &[("service", "string"), ("environment", "string"), ("canary", "boolean")]),
    ("send_email", &[("recipients", "number"), ("external", "boolean")]),
    ("change_plan", &[("plan", "string"), ("discount", "number")]),
    ("query", &[("table", "string"), ("write", "boolean")]),
];

fn rules() -> Vec<Rule> {
    let conditions =
        [refunds_and_payouts(), users_and_data(), deployments_and_mail(), plans_and_queries(), global()];
    let rule = |(number, (action, condition)): (usize, (Option<&str>, Condition))| Rule {
        id: format!("rule_{number}"),
        action: action.map(str::to_owned),
        condition,
    };
    conditions.into_iter().flatten().enumerate().map(rule).collect()
}

type Scoped = (Option<&'static str>, Condition);

fn refunds_and_payouts() -> Vec<Scoped> {
    vec![
        (Some("refund"), Compare("action.amount", Greater, 1000).and(not_role("manager"))),
        (Some("refund"), Compare("snapshot.spent_today", Greater, 9000)),
        (Some("refund"), text("action.currency", "GBP").and(Compare("actor.level", Less, 2))),
        (Some("payout"), Compare("action.amount", Greater, 5000)),
        (Some("payout"), one_of("action.country", &["KP", "IR", "SY"])),
        (
            Some("payout"),
            Any(vec![flag("snapshot.fraud_flag"), Compare("snapshot.spent_today", AtLeast, 8000)]),
        ),
    ]
}

fn users_and_data() -> Vec<Scoped> {
    vec![
        (Some("delete_user"), flag("action.hard").and(Compare("actor.level", Less, 3))),
        (Some("delete_user"), Starts("action.user_id", "admin-".to_owned())),
        (Some("export_data"), Compare("action.rows", Greater, 10_000)),
        (Some("export_data"), text("action.format", "raw").and(not_role("analyst"))),
    ]
}

fn deployments_and_mail() -> Vec<Scoped> {
    vec![
        (Some("deploy"), text("action.environment", "production").and(no("action.canary"))),
        (
            Some("deploy"),
            Starts("action.service", "billing-".to_owned()).and(Compare("actor.level", Less, 4)),
        ),
        (Some("send_email"), Compare("action.recipients", Greater, 100)),
        (Some("send_email"), flag("action.external").and(no("actor.verified"))),
    ]
}

fn plans_and_queries() -> Vec<Scoped> {
    vec![
        (Some("change_plan"), Compare("action.discount", Greater, 30).and(not_role("manager"))),
        (Some("change_plan"), text("action.plan", "enterprise").and(Compare("actor.level", Less, 2))),
        (Some("query"), flag("action.write").and(one_of("action.table", &["users", "payments"]))),
        (Some("query"), Any(vec![text("action.table", "audit"), text("action.table", "secrets")])),
    ]
}

fn global() -> Vec<Scoped> {
    vec![
        (None, flag("snapshot.frozen").and(not_role("manager"))),
        (None, text("actor.role", "guest").and(Any(vec![no("actor.verified"), flag("snapshot.fraud_flag")]))),
    ]
}

fn text(field: Field, text: &str) -> Condition {
    Condition::text(field, text)
}

fn one_of(field: Field, texts: &[&str]) -> Condition {
    OneOf(field, texts.iter().map(|text| (*text).to_owned()).collect())
}

fn flag(field: Field) -> Condition {
    Is(field, true.into())
}

fn no(field: Field) -> Condition {
    Is(field, false.into())
}

fn not_role(role: &str) -> Condition {
    Not(Box::new(text("actor.role", role)))
}

fn request(random: &mut Random, action: usize) -> Request {
    let (name, arguments) = ACTIONS.get(action).copied().unwrap_or_default();
    let mut fields = vec![("action.type", Value::from(name))];
    fields.extend(arguments.iter().filter_map(|(name, _)| argument(random, name)));
    fields.extend([
        ("actor.role", pick(random, &["support", "manager", "analyst", "guest"])),
        ("actor.id", "u-17".into()),
        ("actor.verified", chance(random, 8, 10)),
        ("actor.level", random.between(1, 6).into()),
        ("snapshot.fraud_flag", chance(random, 1, 10)),
        ("snapshot.frozen", chance(random, 1, 10)),
        ("snapshot.spent_today", random.between(0, 10_000).into()),
    ]);
    Request::new(fields)
}

fn argument(random: &mut Random, name: &str) -> Option<(Field, Value)> {
    Some(match name {
        "amount" => ("action.amount", random.between(1, 6000).into()),
        "currency" => ("action.currency", pick(random, &["EUR", "USD", "GBP"])),
        "country" => ("action.country", pick(random, &["DE", "FR", "US", "IR"])),
        "user_id" => ("action.user_id", pick(random, &["user-12", "user-97", "admin-1"])),
        "hard" => ("action.hard", chance(random, 1, 2)),
        "rows" => ("action.rows", random.between(1, 20_000).into()),
        "format" => ("action.format", pick(random, &["csv", "raw"])),
        "service" => ("action.service", pick(random, &["web-shop", "billing-api"])),
        "environment" => ("action.environment", pick(random, &["staging", "production"])),
        "canary" => ("action.canary", chance(random, 1, 2)),
        "recipients" => ("action.recipients", random.between(1, 150).into()),
        "external" => ("action.external", chance(random, 1, 2)),
        "plan" => ("action.plan", pick(random, &["free", "team", "enterprise"])),
        "discount" => ("action.discount", random.between(0, 50).into()),
        "table" => ("action.table", pick(random, &["users", "orders", "events", "audit"])),
        "write" => ("action.write", chance(random, 1, 2)),
        _ => return None,
    })
}

fn pick(random: &mut Random, texts: &[&str]) -> Value {
    texts.get(random.below(texts.len())).copied().unwrap_or_default().into()
}

fn chance(random: &mut Random, hits: usize, of: usize) -> Value {
    (random.below(of) < hits).into()
}
