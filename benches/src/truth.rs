//! What every engine must answer: the rules read one by one, in plain Rust.
//!
//! Kleene's three-valued logic; a comparison with a field that is not there is undetermined, and a rule that
//! may hold counts as if it did, for all rules here block.

use crate::request::{Request, Value};
use crate::rule::{Condition, Rule};

/// The expected answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Whether the request is blocked; else it is allowed.
    pub blocked: bool,
    /// Places of the rules that hold.
    pub matched: Vec<usize>,
    /// Places of the rules that cannot be decided.
    pub undetermined: Vec<usize>,
}

/// What `rules` say about `request`.
pub fn expected(rules: &[Rule], request: &Request) -> Expected {
    let (mut matched, mut undetermined) = (Vec::new(), Vec::new());
    let covering = |rule: &Rule| rule.action.as_deref().is_none_or(|action| action == request.action());
    for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| covering(rule)) {
        match truth(&rule.condition, request) {
            Some(true) => matched.push(place),
            Some(false) => {}
            None => undetermined.push(place),
        }
    }
    Expected { blocked: !(matched.is_empty() && undetermined.is_empty()), matched, undetermined }
}

fn truth(condition: &Condition, request: &Request) -> Option<bool> {
    match condition {
        Condition::All(members) => members.iter().map(|member| truth(member, request)).fold(Some(true), and),
        Condition::Any(members) => {
            let none = members.iter().map(|member| truth(member, request).map(|truth| !truth));
            none.fold(Some(true), and).map(|truth| !truth)
        }
        Condition::Not(inner) => truth(inner, request).map(|truth| !truth),
        Condition::Is(field, value) => request.get(field).map(|found| found == value),
        Condition::Compare(field, order, threshold) => match request.get(field)? {
            Value::Number(number) => Some(order.holds(*number, *threshold)),
            _ => None,
        },
        Condition::OneOf(field, texts) => text(request, field).map(|text| texts.contains(text)),
        Condition::Holds(field, wanted) => match request.get(field)? {
            Value::Texts(texts) => Some(texts.contains(wanted)),
            _ => None,
        },
        Condition::Starts(field, prefix) => text(request, field).map(|text| text.starts_with(prefix)),
    }
}

fn text<'a>(request: &'a Request, field: &str) -> Option<&'a String> {
    match request.get(field)? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}
