//! Conditions: rules, the structured spelling and what stands for a truth.

use actra_model::{RawValue, Reason, RecordName};
use actra_syntax::ast::{
    AtomOperand, BinaryOp, Condition, ConditionKind, Expr, ExprKind, Rule, StructuredAtom,
    StructuredOperator, UnaryOp,
};

use super::read::has;
use super::{Eval, Variable};
use crate::kleene::{both, junction, not};
use crate::names::literal;
use crate::scalar_ops;
use crate::value::{EvalError, EvalResult, Truth, V, from_raw};

impl<'a> Eval<'a> {
    /// `actor.type in scope.actor && when && !unless`
    pub(crate) fn rule(&self, rule: &Rule) -> Truth {
        let actor = rule.scope.actor.as_ref().map(|names| {
            let names = names.value.iter().map(|name| Ok(V::Str(name.value.clone()))).collect();
            self.is_in(self.field(RecordName::Actor, "type").item(), V::List(names), "actor.type")
        });
        let when = self.condition(&rule.when);
        let unless = rule.unless.as_ref().map(|unless| not(self.condition(unless)));
        junction(actor.into_iter().chain([when]).chain(unless), false)
    }

    pub(super) fn condition(&self, condition: &Condition) -> Truth {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.truth(expr, &[]),
            ConditionKind::StructuredAtom(atom) => self.atom(atom),
            ConditionKind::All(parts) => junction(parts.iter().map(|part| self.condition(part)), false),
            ConditionKind::Any(parts) => junction(parts.iter().map(|part| self.condition(part)), true),
            ConditionKind::Not(part) => not(self.condition(part)),
        }
    }

    pub(super) fn atom(&self, atom: &StructuredAtom) -> Truth {
        let (subject, path) = (self.subject(&atom.subject), self.subject_path(&atom.subject));
        let operator = StructuredOperator::parse(&atom.operator.value).expect("the set compiles");
        let (value, value_path) = match atom.value.as_ref() {
            Some(AtomOperand::Subject(other)) => (self.subject(other).item(), self.subject_path(other)),
            Some(AtomOperand::Constant(name)) => {
                (Ok(from_raw(&self.names.constants[name.value.as_str()])), String::new())
            }
            Some(AtomOperand::Literal(data)) => (Ok(from_raw(&literal(data))), String::new()),
            None => return has(subject),
        };
        let subject = subject.item();
        let either =
            |first: &str, second: &str| if first.is_empty() { second.to_owned() } else { first.to_owned() };
        let (forth, back) = (either(&path, &value_path), either(&value_path, &path));
        match operator {
            StructuredOperator::Exists => unreachable!("it has no value"),
            StructuredOperator::Equals => self.equal(subject?, value?, &forth),
            StructuredOperator::NotEquals => {
                not(both(subject, value).and_then(|(a, b)| self.equal(a, b, &forth)))
            }
            StructuredOperator::LessThan => both(subject, value).and_then(|(a, b)| self.less(a, b, &forth)),
            StructuredOperator::LessOrEqual => {
                both(subject, value).and_then(|(a, b)| self.at_most(a, b, &forth))
            }
            StructuredOperator::GreaterThan => both(value, subject).and_then(|(a, b)| self.less(a, b, &back)),
            StructuredOperator::GreaterOrEqual => {
                both(value, subject).and_then(|(a, b)| self.at_most(a, b, &back))
            }
            StructuredOperator::In => self.is_element(subject, value, &forth),
            StructuredOperator::NotIn => not(self.is_element(subject, value, &forth)),
            StructuredOperator::Contains => self.contains(subject, value, &forth, &back),
            StructuredOperator::NotContains => not(self.contains(subject, value, &forth, &back)),
            StructuredOperator::StartsWith => {
                text_test(subject, value, &forth, |text, part| text.starts_with(part))
            }
            StructuredOperator::EndsWith => {
                text_test(subject, value, &forth, |text, part| text.ends_with(part))
            }
            StructuredOperator::Matches => self.limited(
                || self.atom_cost(atom),
                || path.clone(),
                || text_test(subject, value, &forth, scalar_ops::matches),
            ),
            StructuredOperator::Within => self.lies_within(subject, value, &forth),
            StructuredOperator::SubsetOf => self.limited(
                || self.atom_cost(atom),
                || value_path.clone(),
                || self.subset(value, subject, &back),
            ),
            StructuredOperator::Intersects => self.limited(
                || self.atom_cost(atom),
                || path.clone(),
                || self.overlap(subject, value, &forth),
            ),
        }
    }

    /// Structured `contains`: substring, element or key.
    pub(super) fn contains(&self, subject: EvalResult, value: EvalResult, forth: &str, back: &str) -> Truth {
        match subject {
            Ok(V::Str(_)) => text_test(subject, value, forth, |text, part| text.contains(part)),
            subject => self.is_element(value, subject, back),
        }
    }

    pub(super) fn is_element(&self, element: EvalResult, container: EvalResult, path: &str) -> Truth {
        match (&element, container) {
            (_, Ok(container)) => self.is_in(element, container, path),
            (Err(error), Err(_)) => Err(error.clone()),
            (Ok(_), Err(error)) => Err(error),
        }
    }

    pub(super) fn truth(&self, expr: &Expr, vars: &[Variable<'a>]) -> Truth {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
                junction([self.truth(left, vars), self.truth(right, vars)], false)
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
                junction([self.truth(left, vars), self.truth(right, vars)], true)
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => not(self.truth(operand, vars)),
            ExprKind::Ident(name) if !vars.iter().any(|variable| variable.name == *name) => {
                self.condition(self.names.definitions[name.as_str()])
            }
            _ => match self.value(expr, vars)? {
                V::Bool(value) => Ok(value),
                other => match self.fit(other, &V::Bool(true), &self.path(expr, vars))? {
                    V::Bool(value) => Ok(value),
                    _ => Err(self.wrong(expr, vars)),
                },
            },
        }
    }
}

fn text_test(subject: EvalResult, value: EvalResult, path: &str, test: impl Fn(&str, &str) -> bool) -> Truth {
    let text = |item: V| match item {
        V::Str(text) | V::Any(RawValue::String(text), _) => Ok(text),
        V::Any(RawValue::Unreadable(reason), path) => Err(EvalError { path, reason }),
        V::Any(_, path) => Err(EvalError { path, reason: Reason::WrongKind }),
        _ => Err(EvalError { path: path.to_owned(), reason: Reason::WrongKind }),
    };
    let (subject, value) = both(subject, value)?;
    Ok(test(&text(subject)?, &text(value)?))
}
