//! What narrows the type of a value: choices, bounds, lengths and patterns.

use std::sync::Arc;

use actra_model::{Constraints, OneOf, Pattern, Value};

use super::{Content, SymbolicRequest};
use crate::atom::Atom;
use crate::linear::decimal;
use crate::normal_form;

use crate::formula::Formula;
use crate::linear::LinearExpr;
use crate::predicate::{IpPredicate, Predicate, Regex, TextPredicate};
use crate::rational::Rational;
use crate::term::{PlaceId, number};
use crate::variable::{NumberVar, TextVar};

impl SymbolicRequest {
    /// When the value of an unknown keeps to what narrows its type.
    pub(crate) fn constraints_hold(&mut self, id: PlaceId, constraints: &Constraints) -> Formula {
        let Some(content) = self.get(id).map(|place| place.content.clone()) else { return Formula::TRUE };
        let parts = match content {
            Content::Text(var) => self.narrowed_text(var, constraints),
            Content::Number(var, _) => self.narrowed_number(var, constraints),
            Content::Bool(formula) => self.narrowed_bool(formula, constraints),
            Content::Ip(var) => self.narrowed_ip(var, constraints),
            Content::Path(var) => {
                let choices = constraints.one_of.as_ref().map(|choices| {
                    written(choices, |value| match value {
                        Value::Path(path) => Some(path.to_string()),
                        _ => None,
                    })
                });
                self.text_atoms(var, [normal_form::paths(), choices])
            }
            Content::Url(var) => {
                let choices = constraints.one_of.as_ref().map(|choices| {
                    written(choices, |value| match value {
                        Value::Url(url) => Some(url.as_str().to_owned()),
                        _ => None,
                    })
                });
                self.text_atoms(var, [normal_form::urls(), choices])
            }
            Content::List(_) | Content::Map(_) | Content::Object(_) | Content::Any(_) => Vec::new(),
        };
        self.formulas.and(parts)
    }

    fn text_atoms(
        &mut self,
        var: TextVar,
        predicates: impl IntoIterator<Item = Option<TextPredicate>>,
    ) -> Vec<Formula> {
        let predicates = predicates.into_iter().flatten();
        predicates
            .map(|predicate| self.atom(Atom::Predicate(var, Predicate::Text(Arc::from([]), predicate))))
            .collect()
    }

    fn narrowed_text(&mut self, var: TextVar, constraints: &Constraints) -> Vec<Formula> {
        let Constraints { one_of, max_length, pattern, .. } = constraints;
        let choices = one_of.as_ref().map(|choices: &OneOf| {
            TextPredicate::one_of(choices.iter().filter_map(|value| match value {
                Value::String(text) => Some(Arc::clone(text)),
                _ => None,
            }))
        });
        let longest = match &choices {
            Some(TextPredicate::OneOf(texts)) => texts.iter().map(|text| text.chars().count()).max(),
            _ => [*max_length, pattern.as_ref().and_then(Pattern::longest)].into_iter().flatten().min(),
        };
        self.max_lengths.entry(var).or_insert(longest);
        let matches = |pattern: &Pattern| TextPredicate::Matches(Regex(Arc::new(pattern.clone())));
        let predicates = [choices, max_length.map(TextPredicate::AtMost), pattern.as_ref().map(matches)];
        self.text_atoms(var, predicates)
    }

    fn narrowed_number(&mut self, var: NumberVar, constraints: &Constraints) -> Vec<Formula> {
        let Constraints { one_of, min, max, .. } = constraints;
        let mut parts = Vec::new();
        let value = LinearExpr::variable(var);
        if let Some(choices) = one_of {
            let any = choices.iter().filter_map(number).map(|(choice, _)| {
                let distance = value.minus(&LinearExpr::constant(choice));
                let below = self.at_most_zero(&distance, false);
                let above = self.at_most_zero(&distance.times(&Rational::from_integer((-1).into())), false);
                self.formulas.and([below, above])
            });
            let any: Vec<_> = any.collect();
            parts.push(self.formulas.or(any));
        }
        let bound = |bound: &Option<Value>| bound.as_ref().and_then(number).map(|(bound, _)| bound);
        let (least, most) = (bound(min), bound(max));
        // Those of an earlier schema come later, and bind nobody; so it is with the lengths of texts.
        self.bounds.entry(var).or_insert_with(|| (least.clone(), most.clone()));
        if let Some(least) = least {
            parts.push(self.at_most_zero(&LinearExpr::constant(least).minus(&value), false));
        }
        if let Some(most) = most {
            parts.push(self.at_most_zero(&value.minus(&LinearExpr::constant(most)), false));
        }
        parts
    }

    fn narrowed_bool(&mut self, formula: Formula, constraints: &Constraints) -> Vec<Formula> {
        let choices = constraints.one_of.iter().map(|choices| {
            let any = choices.iter().map(|choice| match choice {
                Value::Bool(true) => formula,
                _ => !formula,
            });
            self.formulas.or(any)
        });
        choices.collect()
    }

    fn narrowed_ip(&mut self, var: TextVar, constraints: &Constraints) -> Vec<Formula> {
        let choices = constraints.one_of.iter().map(|choices| {
            let known = choices.iter().filter_map(|value| match value {
                Value::Ip(address) => Some(*address),
                _ => None,
            });
            let test = Predicate::Ip(IpPredicate::OneOf(known.collect()));
            self.atom(Atom::Predicate(var, test))
        });
        choices.collect()
    }
}

/// How many digits values of a decimal type have behind the point.
pub(super) fn fraction_digits(constraints: &Constraints) -> u8 {
    let values = constraints.one_of.as_ref().map(|values| {
        values
            .iter()
            .filter_map(number)
            .filter_map(|(value, _)| decimal(&value))
            .map(|value| value.scale())
            .max()
    });
    values.flatten().unwrap_or(34)
}

/// The test for one of these values, as texts.
fn written(values: &[Value], text: impl Fn(&Value) -> Option<String>) -> TextPredicate {
    TextPredicate::one_of(values.iter().filter_map(text).map(Arc::from))
}
