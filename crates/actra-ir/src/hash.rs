//! The policy hash: SHA-256 over deterministic CBOR of everything that deciding reads.
//!
//! Every node is an array that starts with a tag of its own, and every list is an array that starts with its
//! length, so two different policies never have the same encoding. Spans, descriptions and tags are left out.

mod condition;
mod governance;
mod schema;
mod scopes;

use actra_model::{Decimal, Effect, PolicyHash, RawMap, RawValue, Schema, Value, ValueState, Zone};

use crate::cbor::CborHasher;
use crate::{Message, MessagePart, Rule};
use scopes::ScopeNumbers;

pub use governance::{HashedBaseline, HashedDemand, governance};

/// The version of the language.
const LANGUAGE: u64 = 1;
/// The version of Unicode behind `\p{..}` in patterns and behind `trim`.
const UNICODE: &str = "16.0.0";

/// The data that deciding rests on besides a policy: time zones and Unicode, each with its version.
pub fn data_revision() -> String {
    format!("time zones {}, Unicode {UNICODE}", Zone::data_version())
}

/// The hash of a policy with these parts.
///
/// Equal hashes mean equal decisions. The cost is linear in the size of the policy.
pub fn hash(schema: &Schema, default: Effect, rules: &[Rule]) -> PolicyHash {
    let mut hasher = PolicyHasher::new(schema, default, rules.len());
    rules.iter().for_each(|rule| hasher.rule(rule));
    hasher.finish()
}

/// The hash of a condition, SHA-256 over its canonical encoding: conditions with equal hashes mean the same.
///
/// Conditions with variables from outside are alike only if those stand for the same.
pub fn condition(expr: &crate::Expr) -> [u8; 32] {
    let mut out = CborHasher::default();
    condition::expr(&mut out, expr);
    out.digest()
}

/// The hash of a policy whose rules come one by one.
pub struct PolicyHasher<'s> {
    out: CborHasher,
    schema: &'s Schema,
    scopes: ScopeNumbers,
}

impl<'s> PolicyHasher<'s> {
    /// Of a policy with so many rules.
    pub fn new(schema: &'s Schema, default: Effect, rules: usize) -> Self {
        let mut out = CborHasher::default();
        out.array(6);
        out.text("actra-policy");
        out.unsigned(LANGUAGE);
        pair(&mut out, Zone::data_version(), UNICODE);
        schema::schema(&mut out, schema);
        out.text(default.as_str());
        out.array(rules);
        Self { out, schema, scopes: ScopeNumbers::default() }
    }

    /// Hashes the next rule; they come in file order.
    pub fn rule(&mut self, rule: &Rule) {
        self::rule(&mut self.out, self.schema, &mut self.scopes, rule);
    }

    /// That of the rules so far, which must be as many as were announced.
    pub fn finish(self) -> PolicyHash {
        PolicyHash(self.out.digest())
    }
}

fn pair(out: &mut CborHasher, first: &str, second: &str) {
    out.array(2);
    out.text(first);
    out.text(second);
}

fn rule(out: &mut CborHasher, schema: &Schema, scopes: &mut ScopeNumbers, rule: &Rule) {
    out.array(7);
    out.text(&rule.id);
    match scopes.number(&rule.actions) {
        Some(number) => out.unsigned(number),
        None => schema::actions(out, schema, &rule.actions),
    }
    condition::expr(out, &rule.condition);
    out.text(rule.effect.as_str());
    out.text(rule.mode.as_str());
    message(out, rule.message.as_ref());
    out.array(rule.required_actions.len());
    rule.required_actions.iter().for_each(|action| raw_map(out, action));
}

fn message(out: &mut CborHasher, message: Option<&Message>) {
    let Some(message) = message else { return out.null() };
    out.array(message.parts.len());
    for part in &message.parts {
        match part {
            MessagePart::Text(text) => out.text(text),
            MessagePart::Field(record_name, members) => {
                out.array(members.len() + 1);
                out.text(record_name.as_str());
                members.iter().for_each(|member| out.text(member));
            }
        }
    }
}

/// A mantissa can be wider than CBOR's integers, so it goes as text.
fn decimal(out: &mut CborHasher, value: Decimal) {
    out.digits(value.mantissa());
    out.unsigned(u64::from(value.scale()));
}

fn tagged(out: &mut CborHasher, tag: &str, text: &str) {
    pair(out, tag, text);
}

fn value(out: &mut CborHasher, value: &Value) {
    match value {
        Value::Bool(flag) => {
            out.array(2);
            out.text("boolean");
            out.bool(*flag);
        }
        Value::Number(number) => {
            out.array(3);
            out.text("number");
            decimal(out, *number);
        }
        Value::String(text) => tagged(out, "string", text),
        Value::Timestamp(time) => tagged(out, "timestamp", &time.nanos().to_string()),
        Value::Date(date) => tagged(out, "date", &date.days().to_string()),
        Value::Duration(duration) => tagged(out, "duration", &duration.nanos().to_string()),
        Value::Quantity(quantity) => {
            out.array(3);
            out.text("quantity");
            decimal(out, quantity.value());
        }
        Value::Ip(address) => tagged(out, "ip", &address.to_string()),
        Value::Path(path) => tagged(out, "path", &path.to_string()),
        Value::Url(url) => tagged(out, "url", url.as_str()),
        Value::List(elements) => {
            out.array(elements.len() + 1);
            out.text("list");
            elements.iter().for_each(|element| state(out, element));
        }
        Value::Map(entries) => states(out, "map", entries.iter()),
        Value::Object(record) => states(out, "object", record.fields.iter()),
        Value::Any(json) => {
            out.array(2);
            out.text("any");
            raw(out, json);
        }
    }
}

fn states<'a>(
    out: &mut CborHasher,
    tag: &str,
    entries: impl ExactSizeIterator<Item = (&'a std::sync::Arc<str>, &'a ValueState)>,
) {
    out.array(entries.len() + 1);
    out.text(tag);
    for (key, entry) in entries {
        out.array(2);
        out.text(key);
        state(out, entry);
    }
}

fn state(out: &mut CborHasher, state: &ValueState) {
    match state {
        ValueState::Present(present) => value(out, present),
        ValueState::Absent => out.null(),
        ValueState::Invalid(reason) => tagged(out, "invalid", reason.as_str()),
    }
}

fn raw(out: &mut CborHasher, json: &RawValue) {
    match json {
        RawValue::Null => out.null(),
        RawValue::Bool(flag) => out.bool(*flag),
        RawValue::Number(number) => {
            out.array(3);
            out.text("number");
            decimal(out, *number);
        }
        RawValue::String(text) => out.text(text),
        RawValue::List(elements) => {
            out.array(elements.len() + 1);
            out.text("list");
            elements.iter().for_each(|element| raw(out, element));
        }
        RawValue::Map(entries) => raw_map(out, entries),
        RawValue::Unreadable(reason) => tagged(out, "unreadable", reason.as_str()),
    }
}

fn raw_map(out: &mut CborHasher, entries: &RawMap) {
    out.array(entries.len() + 1);
    out.text("map");
    for (key, entry) in entries {
        out.array(2);
        out.text(key);
        raw(out, entry);
    }
}
