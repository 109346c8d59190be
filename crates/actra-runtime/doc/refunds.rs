// Included by the examples of this crate: small refunds are allowed, larger ones need approval, by known people only.
pub use actra_engine::model::{RawMap, RawRequest, RawValue};

pub const SCHEMA: &str = r#"
version: 1
actions:
  refund: { fields: { amount: number, memo: "string?" } }
actor: { fields: { id: string } }
snapshot: { fields: { fraud: "boolean?" } }
"#;

pub const RULES: &str = r#"
version: 1
default: block
rules:
  - { id: small, scope: { action: refund }, when: action.amount <= 100, effect: allow }
  - { id: large, scope: { action: refund }, when: action.amount > 100, effect: require_approval, message: "ask finance" }
  - { id: fraud, scope: { action: refund }, when: 'has(snapshot.fraud) && snapshot.fraud', effect: block }
"#;

pub fn policy() -> actra_engine::Policy {
    let set = actra_engine::PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]);
    actra_engine::compile(&set).policy.expect("the example compiles")
}

/// The arguments of a refund.
pub fn amount(amount: i64) -> RawMap {
    [("amount".to_owned(), RawValue::from(amount))].into()
}

pub fn ana() -> RawMap {
    [("id".to_owned(), RawValue::from("ana"))].into()
}

pub fn request(cents: i64) -> RawRequest {
    let mut action = amount(cents);
    action.insert("type".to_owned(), "refund".into());
    RawRequest { action: Some(action.into()), actor: Some(ana().into()), ..RawRequest::default() }
}
