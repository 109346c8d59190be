//! Requests as data, in no engine's types.

use serde_json::json;

use crate::rule::Field;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number: Cedar has no other kind.
    Number(i64),
    /// Text.
    Text(String),
    /// A truth value.
    Flag(bool),
    /// A list of texts.
    Texts(Vec<String>),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Number(number) => json!(number),
            Value::Text(text) => json!(text),
            Value::Flag(flag) => json!(flag),
            Value::Texts(texts) => json!(texts),
        }
    }
}

/// The records of a request, in the order of their keys in JSON.
pub const RECORDS: [&str; 3] = ["action", "actor", "snapshot"];

/// A request: fields with their paths, each at most once, `action.type` among them.
#[derive(Debug, Clone)]
pub struct Request {
    fields: Vec<(Field, Value)>,
}

impl Request {
    /// The request with these fields.
    pub fn new(fields: Vec<(Field, Value)>) -> Self {
        Self { fields }
    }

    /// The same request without a field.
    pub fn without(mut self, field: Field) -> Self {
        self.fields.retain(|(name, _)| *name != field);
        self
    }

    /// The value of a field, if it is there.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }

    /// The action's name.
    pub fn action(&self) -> &str {
        match self.get("action.type") {
            Some(Value::Text(action)) => action,
            _ => "",
        }
    }

    /// Names and values of one record.
    pub fn record<'a>(&'a self, record: &'a str) -> impl Iterator<Item = (&'static str, &'a Value)> {
        self.fields.iter().filter_map(move |(path, value)| {
            let (record_name, name) = path.split_once('.')?;
            (record_name == record).then_some((name, value))
        })
    }

    /// The request as compact JSON, its fields in order; all three records are there even if they are empty.
    pub fn json(&self) -> String {
        let record = |record| {
            let member = |(name, value)| format!("\"{name}\":{}", serde_json::Value::from(value));
            let members: Vec<String> = self.record(record).map(member).collect();
            format!("\"{record}\":{{{}}}", members.join(","))
        };
        format!("{{{}}}", RECORDS.map(record).join(","))
    }
}
