//! Conditions: rules, the structured spelling and what stands for a truth.

use actra_model::{Domain, RawValue, Reason};
use actra_syntax::ast::{Atom, AtomValue, BinaryOp, Condition, ConditionKind, Expr, ExprKind, Rule, UnaryOp};

use super::read::has;
use super::{Eval, Variable};
use crate::kleene::{both, junction, not};
use crate::leaf;
use crate::names::literal;
use crate::value::{EvalResult, Leaf, Truth, V, from_raw};

impl<'a> Eval<'a> {
    /// `actor.type in scope.actor && when && !unless`
    pub(crate) fn rule(&self, rule: &Rule) -> Truth {
        let actor = rule.scope.actor.as_ref().map(|names| {
            let names = names.value.iter().map(|name| Ok(V::Str(name.value.clone()))).collect();
            self.is_in(self.field(Domain::Actor, "type").item(), V::List(names), "actor.type")
        });
        let when = self.condition(&rule.when);
        let unless = rule.unless.as_ref().map(|unless| not(self.condition(unless)));
        junction(actor.into_iter().chain([when]).chain(unless), false)
    }

    pub(super) fn condition(&self, condition: &Condition) -> Truth {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.truth(expr, &[]),
            ConditionKind::Atom(atom) => self.atom(atom),
            ConditionKind::All(parts) => junction(parts.iter().map(|part| self.condition(part)), false),
            ConditionKind::Any(parts) => junction(parts.iter().map(|part| self.condition(part)), true),
            ConditionKind::Not(part) => not(self.condition(part)),
        }
    }

    pub(super) fn atom(&self, atom: &Atom) -> Truth {
        let (subject, path) = (self.subject(&atom.subject), self.subject_path(&atom.subject));
        let operator = atom.operator.value.as_str();
        if operator == "exists" {
            return has(subject);
        }
        let (value, value_path) = match atom.value.as_ref() {
            Some(AtomValue::Subject(other)) => (self.subject(other).item(), self.subject_path(other)),
            Some(AtomValue::Constant(name)) => {
                (Ok(from_raw(&self.names.constants[name.value.as_str()])), String::new())
            }
            Some(AtomValue::Literal(data)) => (Ok(from_raw(&literal(data))), String::new()),
            None => unreachable!("the set compiles"),
        };
        let subject = subject.item();
        let either =
            |first: &str, second: &str| if first.is_empty() { second.to_owned() } else { first.to_owned() };
        let (forth, back) = (either(&path, &value_path), either(&value_path, &path));
        match operator {
            "equals" => self.equal(subject?, value?, &forth),
            "not_equals" => not(both(subject, value).and_then(|(a, b)| self.equal(a, b, &forth))),
            "less_than" => both(subject, value).and_then(|(a, b)| self.less(a, b, &forth)),
            "less_or_equal" => both(subject, value).and_then(|(a, b)| self.at_most(a, b, &forth)),
            "greater_than" => both(value, subject).and_then(|(a, b)| self.less(a, b, &back)),
            "greater_or_equal" => both(value, subject).and_then(|(a, b)| self.at_most(a, b, &back)),
            "in" => self.is_element(subject, value, &forth),
            "not_in" => not(self.is_element(subject, value, &forth)),
            "contains" => self.contains(subject, value, &forth, &back),
            "not_contains" => not(self.contains(subject, value, &forth, &back)),
            "starts_with" => text_test(subject, value, &forth, |text, part| text.starts_with(part)),
            "ends_with" => text_test(subject, value, &forth, |text, part| text.ends_with(part)),
            "matches" => self.limited(
                || self.atom_cost(atom),
                || path.clone(),
                || text_test(subject, value, &forth, leaf::matches),
            ),
            "within" => self.lies_within(subject, value, &forth),
            "subset_of" => self.limited(
                || self.atom_cost(atom),
                || value_path.clone(),
                || self.subset(value, subject, &back),
            ),
            "intersects" => self.limited(
                || self.atom_cost(atom),
                || path.clone(),
                || self.overlap(subject, value, &forth),
            ),
            _ => unreachable!("the set compiles"),
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
            (Err(leaf), Err(_)) => Err(leaf.clone()),
            (Ok(_), Err(leaf)) => Err(leaf),
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
        V::Any(RawValue::Unreadable(reason), path) => Err(Leaf { path, reason }),
        V::Any(_, path) => Err(Leaf { path, reason: Reason::WrongKind }),
        _ => Err(Leaf { path: path.to_owned(), reason: Reason::WrongKind }),
    };
    let (subject, value) = both(subject, value)?;
    Ok(test(&text(subject)?, &text(value)?))
}
