//! Equality and order.

use std::sync::Arc;

use actra_ir::Comparison;
use actra_model::PathOrder;

use super::{Encoder, Opaque, Seen};
use crate::atom::Atom;
use crate::formula::Formula;
use crate::linear::LinearExpr;
use crate::normal_form;
use crate::predicate::{IpPredicate, Predicate, TextPredicate, cased};
use crate::rational::Rational;
use crate::term::{Point, Scalar, Text, Truth};
use crate::variable::TextVar;

impl Encoder<'_> {
    pub(super) fn compare(&mut self, op: Comparison, left: &Scalar, right: &Scalar) -> Seen<Truth> {
        match (left, right) {
            (Scalar::Number(left, unit), Scalar::Number(right, other)) if unit == other => {
                Ok(Truth::certain(self.compare_numbers(op, left, right)))
            }
            (Scalar::Length(text), Scalar::Number(count, _)) => self.compare_length(op, text, count, false),
            (Scalar::Number(count, _), Scalar::Length(text)) => self.compare_length(op, text, count, true),
            (Scalar::Text(left, left_cases), Scalar::Text(right, right_cases)) => {
                match (left, right) {
                    (Text::Known(left), Text::Known(right)) => {
                        let order = cased(left_cases, left).cmp(&cased(right_cases, right));
                        Ok(Truth::constant(match op {
                            Comparison::Equal => order.is_eq(),
                            Comparison::Less => order.is_lt(),
                            Comparison::LessOrEqual => order.is_le(),
                        }))
                    }
                    (Text::Unknown(_) | Text::Part(..), Text::Known(right)) => {
                        let text: Arc<str> = cased(right_cases, right).into();
                        let test = match op {
                            Comparison::Equal => TextPredicate::one_of([text]),
                            Comparison::Less => TextPredicate::Before { text, or_equal: false },
                            Comparison::LessOrEqual => TextPredicate::Before { text, or_equal: true },
                        };
                        self.text_test(&Scalar::Text(left.clone(), Arc::clone(left_cases)), test)
                    }
                    (Text::Known(known), Text::Unknown(_) | Text::Part(..)) => {
                        let text: Arc<str> = cased(left_cases, known).into();
                        let right = Scalar::Text(right.clone(), Arc::clone(right_cases));
                        // known < x is not x <= known
                        let (test, negated) = match op {
                            Comparison::Equal => (TextPredicate::one_of([text]), false),
                            Comparison::Less => (TextPredicate::Before { text, or_equal: true }, true),
                            Comparison::LessOrEqual => {
                                (TextPredicate::Before { text, or_equal: false }, true)
                            }
                        };
                        let truth = self.text_test(&right, test)?;
                        Ok(if negated { Truth { yes: truth.no, no: truth.yes } } else { truth })
                    }
                    (Text::Unknown(left), Text::Unknown(right)) => match op {
                        _ if left == right && left_cases == right_cases => {
                            Ok(Truth::constant(op != Comparison::Less))
                        }
                        Comparison::Equal if left_cases.is_empty() && right_cases.is_empty() => {
                            Ok(Truth::certain(self.same(*left, *right)))
                        }
                        Comparison::Equal => {
                            Ok(self.same_but_letters((*left, left_cases), (*right, right_cases)))
                        }
                        _ => Err(Opaque),
                    },
                    (Text::Part(left, left_part), Text::Part(right, right_part)) => {
                        let same = (left, left_part, left_cases) == (right, right_part, right_cases);
                        if same { Ok(Truth::constant(op != Comparison::Less)) } else { Err(Opaque) }
                    }
                    (Text::Part(..), Text::Unknown(_)) | (Text::Unknown(_), Text::Part(..)) => Err(Opaque),
                }
            }
            (Scalar::Digits(number), Scalar::Text(Text::Known(text), cases))
            | (Scalar::Text(Text::Known(text), cases), Scalar::Digits(number))
                if op == Comparison::Equal =>
            {
                self.digits_test(number, &TextPredicate::one_of([cased(cases, text).into()]))
            }
            (Scalar::Bool(left), Scalar::Bool(right)) if op == Comparison::Equal => {
                let both = self.and([*left, *right]);
                let neither = self.and([!*left, !*right]);
                Ok(Truth::certain(self.or([both, neither])))
            }
            (Scalar::Ip(left), Scalar::Ip(right)) if op == Comparison::Equal => Ok(match (left, right) {
                (Point::Unknown(left), Point::Unknown(right)) => Truth::certain(self.same(*left, *right)),
                (Point::Known(left), Point::Known(right)) => Truth::constant(left == right),
                (Point::Unknown(point), Point::Known(known))
                | (Point::Known(known), Point::Unknown(point)) => {
                    self.test(*point, Predicate::Ip(IpPredicate::OneOf(Arc::from([*known]))))
                }
            }),
            (Scalar::Url(left), Scalar::Url(right)) if op == Comparison::Equal => Ok(match (left, right) {
                (Point::Unknown(left), Point::Unknown(right)) => Truth::certain(self.same(*left, *right)),
                (Point::Known(left), Point::Known(right)) => Truth::constant(left == right),
                (Point::Unknown(point), Point::Known(known))
                | (Point::Known(known), Point::Unknown(point)) => {
                    Truth::certain(self.text_atom(*point, TextPredicate::one_of([known.as_str().into()])))
                }
            }),
            (Scalar::Path(left), Scalar::Path(right)) if op == Comparison::Equal => Ok(match (left, right) {
                (Point::Known(left), Point::Known(right)) => match left.compare(right) {
                    PathOrder::Equal => Truth::constant(true),
                    PathOrder::Below | PathOrder::Apart => Truth::constant(false),
                    PathOrder::Incomparable => Truth::UNDETERMINED,
                },
                (Point::Unknown(point), Point::Known(known))
                | (Point::Known(known), Point::Unknown(point)) => self.path_test(*point, known, false),
                (Point::Unknown(left), Point::Unknown(right)) => self.same_path(*left, *right),
            }),
            _ => Err(Opaque),
        }
    }

    pub(super) fn same(&mut self, left: TextVar, right: TextVar) -> Formula {
        if left == right {
            return Formula::TRUE;
        }
        self.cells.atom(Atom::Same(left.min(right), left.max(right)))
    }

    pub(super) fn same_path(&mut self, left: TextVar, right: TextVar) -> Truth {
        let same = self.same(left, right);
        self.if_comparable(left, right, same)
    }

    /// What holds of two paths that can be compared.
    pub(super) fn if_comparable(&mut self, left: TextVar, right: TextVar, holds: Formula) -> Truth {
        let (Some(absolute), Some(relative)) = (normal_form::absolute(), normal_form::relative()) else {
            return Truth::UNDETERMINED;
        };
        let mut both = |test: &TextPredicate| [left, right].map(|point| self.text_atom(point, test.clone()));
        let (absolute, relative) = (both(&absolute), both(&relative));
        let kinds = [self.and(absolute), self.and(relative)];
        let comparable = self.or(kinds);
        Truth { yes: self.and([comparable, holds]), no: self.and([comparable, !holds]) }
    }

    pub(super) fn compare_numbers(
        &mut self,
        op: Comparison,
        left: &LinearExpr,
        right: &LinearExpr,
    ) -> Formula {
        let distance = left.minus(right);
        match op {
            Comparison::Less => self.cells.at_most_zero(&distance, true),
            Comparison::LessOrEqual => self.cells.at_most_zero(&distance, false),
            Comparison::Equal => {
                let below = self.cells.at_most_zero(&distance, false);
                let above = right.minus(left);
                let above = self.cells.at_most_zero(&above, false);
                self.and([below, above])
            }
        }
    }

    /// How many code points a text has at most, whatever its type: there is no request with a longer one, and no function
    /// makes one.
    fn longest_text(&self, text: &Text) -> usize {
        match text {
            Text::Unknown(point) | Text::Part(point, _) if !self.cells.produced.contains(point) => {
                actra_model::limits::REQUEST_BYTES
            }
            Text::Unknown(_) | Text::Part(..) | Text::Known(_) => actra_model::limits::PRODUCED_BYTES,
        }
    }

    /// The length of a text against a number that is known; `swapped` if the number stands on the left.
    fn compare_length(
        &mut self,
        op: Comparison,
        text: &Text,
        count: &LinearExpr,
        swapped: bool,
    ) -> Seen<Truth> {
        let count = count.as_constant().ok_or(Opaque)?.clone();
        let at_most = |this: &mut Self, bound: &Rational| -> Seen<Formula> {
            use num_traits::ToPrimitive;
            let bound = bound.floor();
            if bound.is_negative() {
                return Ok(Formula::FALSE);
            }
            let most = this.longest_text(text);
            let Some(bound) = bound.to_integer().to_usize().filter(|bound| *bound < most) else {
                return Ok(Formula::TRUE);
            };
            let scalar = Scalar::Text(text.clone(), Arc::from([]));
            Ok(this.text_test(&scalar, TextPredicate::AtMost(bound))?.yes)
        };
        let one = Rational::from_integer(1.into());
        // Below a number: at most the integer before it.
        let before = if count.is_integer() { &count - &one } else { count.floor() };
        let formula = match (op, swapped) {
            (Comparison::Equal, _) if !count.is_integer() => Formula::FALSE,
            (Comparison::Equal, _) => {
                let (upper, lower) = (at_most(self, &count)?, at_most(self, &before)?);
                self.and([upper, !lower])
            }
            (Comparison::Less, false) => at_most(self, &before)?,
            (Comparison::LessOrEqual, false) => at_most(self, &count)?,
            (Comparison::Less, true) => !at_most(self, &count)?,
            (Comparison::LessOrEqual, true) => !at_most(self, &before)?,
        };
        Ok(Truth::certain(formula))
    }
}
