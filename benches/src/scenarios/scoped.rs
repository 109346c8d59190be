//! (c) N rules scoped to N/10 actions: ten for each, one for each role, with a growing threshold.

use super::whole;
use crate::random::Random;
use crate::request::Request;
use crate::rule::{Condition, Order, Rule};
use crate::workload::{Plan, Schema};

/// Rules of one action.
pub const ROLES: usize = 10;
/// How far the thresholds of an action's rules are apart.
pub const STEP: i64 = 100;

pub fn plan(size: usize) -> Plan {
    let actions = size.div_ceil(ROLES);
    let fields = vec![("amount", "number"), ("currency", "string")];
    Plan {
        schema: Schema {
            actions: (0..actions).map(|number| (format!("act_{number}"), fields.clone())).collect(),
            actor: vec![("role", "string"), ("id", "string")],
            snapshot: vec![("fraud_flag", "boolean")],
        },
        rules: (0..size).map(rule).collect(),
        complete: Box::new(move |random| {
            let (role, amount) = (random.below(ROLES + 2), random.between(0, 1200));
            request(random.below(actions), role, amount)
        }),
        missing: Box::new(move |random| missing(random, actions)),
    }
}

fn rule(number: usize) -> Rule {
    let (action, role) = (number / ROLES, number % ROLES);
    let condition = Condition::text("actor.role", format!("role_{role}")).and(Condition::Compare(
        "action.amount",
        Order::Greater,
        whole(role) * STEP,
    ));
    Rule { id: format!("rule_{number}"), action: Some(format!("act_{action}")), condition }
}

/// Without a role, an amount of at most 200 leaves the rules of two roles open; without an amount, one role's rule.
fn missing(random: &mut Random, actions: usize) -> (Request, &'static str) {
    let action = random.below(actions);
    if random.below(2) == 0 {
        (request(action, 0, random.between(0, 2 * STEP + 1)), "actor.role")
    } else {
        (request(action, random.below(ROLES + 2), 0), "action.amount")
    }
}

fn request(action: usize, role: usize, amount: i64) -> Request {
    Request::new(vec![
        ("action.type", format!("act_{action}").into()),
        ("action.amount", amount.into()),
        ("action.currency", "EUR".into()),
        ("actor.role", format!("role_{role}").into()),
        ("actor.id", "u-17".into()),
        ("snapshot.fraud_flag", false.into()),
    ])
}
