//! (a) One refund rule, and requests shaped like the 133 bytes under which speed is quoted.

use crate::request::Request;
use crate::rule::{Condition, Order, Rule};
use crate::workload::{Plan, Schema};

pub fn plan() -> Plan {
    let large = Condition::Compare("action.amount", Order::Greater, 1000);
    Plan {
        schema: Schema {
            actions: vec![("refund".to_owned(), vec![("amount", "number"), ("currency", "string")])],
            actor: vec![("role", "string"), ("id", "string")],
            snapshot: vec![("fraud_flag", "boolean")],
        },
        rules: vec![Rule {
            id: "block_large_refund".to_owned(),
            action: Some("refund".to_owned()),
            condition: large,
        }],
        complete: Box::new(|random| request(random.between(100, 2000))),
        missing: Box::new(|random| (request(random.between(100, 2000)), "action.amount")),
    }
}

fn request(amount: i64) -> Request {
    Request::new(vec![
        ("action.type", "refund".into()),
        ("action.amount", amount.into()),
        ("action.currency", "EUR".into()),
        ("actor.role", "support".into()),
        ("actor.id", "u-17".into()),
        ("snapshot.fraud_flag", false.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quoted_request_comes_out_byte_for_byte() {
        let quoted = r#"{"action":{"type":"refund","amount":1500,"currency":"EUR"},"actor":{"role":"support","id":"u-17"},"snapshot":{"fraud_flag":false}}"#;
        assert_eq!(request(1500).json(), quoted);
    }
}
