//! (d) N global rules `actor.tenant == "tK" && action.amount > K`.

use super::whole;
use crate::random::Random;
use crate::request::Request;
use crate::rule::{Condition, Order, Rule};
use crate::workload::{Plan, Schema};

pub fn plan(size: usize) -> Plan {
    let fields = vec![("amount", "number"), ("currency", "string")];
    Plan {
        schema: Schema {
            actions: vec![("refund".to_owned(), fields.clone()), ("payout".to_owned(), fields)],
            actor: vec![("tenant", "string"), ("id", "string")],
            snapshot: vec![("fraud_flag", "boolean")],
        },
        rules: (0..size).map(rule).collect(),
        complete: Box::new(move |random| {
            // One tenant in eight has no rule.
            let tenant = random.below(size + size.div_ceil(8));
            let amount = random.between(0, 2 * whole(tenant) + 2);
            request(random, tenant, amount)
        }),
        missing: Box::new(move |random| missing(random, size)),
    }
}

fn rule(number: usize) -> Rule {
    let condition = Condition::text("actor.tenant", format!("t{number}")).and(Condition::Compare(
        "action.amount",
        Order::Greater,
        whole(number),
    ));
    Rule { id: format!("rule_{number}"), action: None, condition }
}

/// Without a tenant, an amount of at most 2 leaves two rules open; without an amount, the tenant's rule.
fn missing(random: &mut Random, size: usize) -> (Request, &'static str) {
    if random.below(2) == 0 {
        let amount = random.between(0, 3);
        (request(random, 0, amount), "actor.tenant")
    } else {
        let tenant = random.below(size + size.div_ceil(8));
        (request(random, tenant, 0), "action.amount")
    }
}

fn request(random: &mut Random, tenant: usize, amount: i64) -> Request {
    let action = if random.below(2) == 0 { "refund" } else { "payout" };
    Request::new(vec![
        ("action.type", action.into()),
        ("action.amount", amount.into()),
        ("action.currency", "EUR".into()),
        ("actor.tenant", format!("t{tenant}").into()),
        ("actor.id", "u-17".into()),
        ("snapshot.fraud_flag", false.into()),
    ])
}
