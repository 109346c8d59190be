//! Conditions written as expressions, where languages differ in little.

use crate::request::Value;
use crate::rule::Condition;

/// A condition in CEL, which Actra reads too, with `prefix` before each path.
pub fn cel(prefix: &str, condition: &Condition) -> String {
    match condition {
        Condition::All(members) => joined(members, " && ", |member| cel(prefix, member)),
        Condition::Any(members) => joined(members, " || ", |member| cel(prefix, member)),
        Condition::Not(inner) => format!("!({})", cel(prefix, inner)),
        Condition::Compare(field, order, number) => format!("{prefix}{field} {} {number}", order.symbol()),
        Condition::Is(field, value) => format!("{prefix}{field} == {}", literal(value)),
        Condition::OneOf(field, texts) => format!("{prefix}{field} in {}", list(texts)),
        Condition::Holds(field, text) => format!("{} in {prefix}{field}", quoted(text)),
        Condition::Starts(field, text) => format!("{prefix}{field}.startsWith({})", quoted(text)),
    }
}

/// Members with an operator between them, those with operators of their own in parentheses.
pub fn joined(members: &[Condition], operator: &str, write: impl Fn(&Condition) -> String) -> String {
    let member = |member: &Condition| match member {
        Condition::All(_) | Condition::Any(_) => format!("({})", write(member)),
        _ => write(member),
    };
    members.iter().map(member).collect::<Vec<_>>().join(operator)
}

/// A literal as JSON writes it, which all the languages compared understand.
pub fn literal(value: &Value) -> String {
    serde_json::Value::from(value).to_string()
}

/// A text in double quotes.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A list of texts in brackets.
pub fn list(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}
