//! Structured conditions as expressions.

use actra_diagnostics::Span;
use actra_model::{RawValue, write_json_string};
use actra_syntax::ast::{
    AtomOperand, Condition, ConditionKind, Data, DataKind, StructuredAtom, StructuredOperator, Subject,
};
use actra_syntax::yaml;

/// The expression of a condition; `choose` gives that of an atom.
pub(super) fn convert(
    condition: &Condition,
    choose: &mut impl FnMut(&StructuredAtom, Span) -> Option<String>,
) -> Option<String> {
    part(condition, choose, EnclosingOp::Nothing)
}

/// The operator that encloses a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EnclosingOp {
    Nothing,
    And,
    Or,
    Not,
}

fn part(
    condition: &Condition,
    choose: &mut impl FnMut(&StructuredAtom, Span) -> Option<String>,
    enclosing: EnclosingOp,
) -> Option<String> {
    match &condition.kind {
        ConditionKind::Expression(expr) => Some(match enclosing {
            EnclosingOp::Nothing => actra_syntax::expr::print(expr),
            // Parentheses keep any expression together.
            _ => format!("({})", actra_syntax::expr::print(expr)),
        }),
        ConditionKind::StructuredAtom(atom) => {
            let text = choose(atom, condition.span)?;
            Some(if enclosing == EnclosingOp::Not { format!("({text})") } else { text })
        }
        ConditionKind::All(parts) => {
            let text = joined(parts, " && ", choose, EnclosingOp::And)?;
            Some(if enclosing == EnclosingOp::Not { format!("({text})") } else { text })
        }
        ConditionKind::Any(parts) => {
            let text = joined(parts, " || ", choose, EnclosingOp::Or)?;
            Some(if matches!(enclosing, EnclosingOp::Not | EnclosingOp::And) {
                format!("({text})")
            } else {
                text
            })
        }
        ConditionKind::Not(inner) => Some(format!("!{}", part(inner, choose, EnclosingOp::Not)?)),
    }
}

fn joined(
    parts: &[Condition],
    operator: &str,
    choose: &mut impl FnMut(&StructuredAtom, Span) -> Option<String>,
    enclosing: EnclosingOp,
) -> Option<String> {
    let parts: Vec<String> = parts.iter().map(|one| part(one, choose, enclosing)).collect::<Option<_>>()?;
    Some(parts.join(operator))
}

/// The kind of a test: tests of one kind are written as the same form of expression.
pub(super) fn kind(atom: &StructuredAtom) -> String {
    let value = match &atom.value {
        Some(AtomOperand::Literal(data)) => shape(data),
        Some(AtomOperand::Subject(subject)) => path(subject),
        Some(AtomOperand::Constant(name)) => name.value.clone(),
        None => String::new(),
    };
    format!("{} {} {value}", path(&atom.subject), atom.operator.value)
}

fn shape(data: &Data) -> String {
    match &data.value {
        DataKind::String(_) => "text".to_owned(),
        DataKind::List(items) => format!("list of {}", items.first().map(shape).unwrap_or_default()),
        _ => "other".to_owned(),
    }
}

fn path(subject: &Subject) -> String {
    let fields: Vec<&str> = subject.field.iter().map(|name| name.value.as_str()).collect();
    format!("{}.{}", subject.domain.value, fields.join("."))
}

/// The expressions that an atom can stand for, the most usual first.
pub(super) fn candidates(atom: &StructuredAtom) -> Option<Vec<String>> {
    let path = path(&atom.subject);
    let operator = StructuredOperator::parse(&atom.operator.value)?;
    if !operator.takes_value() {
        return Some(forms(&path, operator, ""));
    }
    let values = match atom.value.as_ref()? {
        AtomOperand::Literal(data) => ["", "timestamp", "duration", "quantity"]
            .into_iter()
            .map(|wrap| literal(data, wrap))
            .collect::<Option<Vec<_>>>()?,
        AtomOperand::Subject(subject) => vec![self::path(subject)],
        AtomOperand::Constant(name) => vec![format!("constants.{}", name.value)],
    };
    let mut all: Vec<String> = values.iter().flat_map(|value| forms(&path, operator, value)).collect();
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|text| seen.insert(text.clone()));
    Some(all)
}

fn forms(path: &str, operator: StructuredOperator, value: &str) -> Vec<String> {
    match operator {
        StructuredOperator::Equals => vec![format!("{path} == {value}")],
        StructuredOperator::NotEquals => vec![format!("{path} != {value}")],
        StructuredOperator::GreaterThan => vec![format!("{path} > {value}")],
        StructuredOperator::GreaterOrEqual => vec![format!("{path} >= {value}")],
        StructuredOperator::LessThan => vec![format!("{path} < {value}")],
        StructuredOperator::LessOrEqual => vec![format!("{path} <= {value}")],
        StructuredOperator::In => {
            vec![format!("{path} in {value}"), format!("cidr({value}).containsIP({path})")]
        }
        StructuredOperator::NotIn => {
            vec![format!("!({path} in {value})"), format!("!cidr({value}).containsIP({path})")]
        }
        StructuredOperator::Contains => {
            vec![format!("{value} in {path}"), format!("{path}.contains({value})")]
        }
        StructuredOperator::NotContains => {
            vec![format!("!({value} in {path})"), format!("!{path}.contains({value})")]
        }
        StructuredOperator::StartsWith => vec![format!("{path}.startsWith({value})")],
        StructuredOperator::EndsWith => vec![format!("{path}.endsWith({value})")],
        StructuredOperator::Matches => vec![format!("{path}.matches({value})")],
        StructuredOperator::Exists => vec![format!("has({path})")],
        StructuredOperator::Within => {
            vec![format!("{path}.within({value})"), format!("cidr({value}).containsIP({path})")]
        }
        StructuredOperator::SubsetOf => vec![format!("sets.contains({value}, {path})")],
        StructuredOperator::Intersects => {
            vec![format!("sets.intersects({path}, {value})"), format!("sets.intersects({value}, {path})")]
        }
    }
}

/// A literal, its texts wrapped into a call; `None` for what expressions have no literal for.
fn literal(data: &Data, wrap: &str) -> Option<String> {
    Some(match &data.value {
        DataKind::Null => "null".to_owned(),
        DataKind::Bool(truth) => truth.to_string(),
        DataKind::Number(digits) => digits.clone(),
        DataKind::String(text) => {
            let mut quoted = String::new();
            let is_plain = |c: char| !c.is_control() && !matches!(c, '\'' | '\\');
            match text.contains('"') && text.chars().all(is_plain) {
                true => quoted = format!("'{text}'"),
                false => write_json_string(&mut quoted, text),
            }
            // The expression knows these escapes as well.
            let quoted = yaml::escaped(&quoted);
            if wrap.is_empty() { quoted.into_owned() } else { format!("{wrap}({quoted})") }
        }
        DataKind::List(items) => {
            let items: Vec<String> = items.iter().map(|item| literal(item, wrap)).collect::<Option<_>>()?;
            format!("[{}]", items.join(", "))
        }
        DataKind::Map(members) => {
            let member = |(name, data): &(actra_syntax::ast::Name, Data)| {
                Some(format!("{}: {}", RawValue::from(name.value.as_str()).to_json(), literal(data, wrap)?))
            };
            let members: Vec<String> = members.iter().map(member).collect::<Option<_>>()?;
            format!("{{{}}}", members.join(", "))
        }
    })
}
