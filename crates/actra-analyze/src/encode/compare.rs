//! Comparisons of values, equality and order, as formulas.

use std::sync::Arc;

use actra_ir::Comparison;
use actra_model::PathOrder;

use super::{Encoded, Encoder, Opaque};
use crate::atom::Atom;
use crate::formula::Formula;
use crate::linear::LinearExpr;
use crate::normal_form;
use crate::predicate::{IpPredicate, Predicate, TextPredicate, cased};
use crate::rational::Rational;
use crate::term::{ScalarTerm, Symbolic, SymbolicTruth, TextTerm};
use crate::variable::TextVar;

impl Encoder<'_> {
    pub(super) fn compare(
        &mut self,
        op: Comparison,
        left: &ScalarTerm,
        right: &ScalarTerm,
    ) -> Encoded<SymbolicTruth> {
        match (left, right) {
            (ScalarTerm::Number(left, unit), ScalarTerm::Number(right, other)) if unit == other => {
                Ok(SymbolicTruth::certain(self.compare_numbers(op, left, right)))
            }
            (ScalarTerm::Length(text), ScalarTerm::Number(count, _)) => {
                self.compare_length(op, text, count, false)
            }
            (ScalarTerm::Number(count, _), ScalarTerm::Length(text)) => {
                self.compare_length(op, text, count, true)
            }
            (ScalarTerm::Text(left, left_cases), ScalarTerm::Text(right, right_cases)) => {
                match (left, right) {
                    (TextTerm::Constant(left), TextTerm::Constant(right)) => {
                        let order = cased(left_cases, left).cmp(&cased(right_cases, right));
                        Ok(SymbolicTruth::constant(match op {
                            Comparison::Equal => order.is_eq(),
                            Comparison::Less => order.is_lt(),
                            Comparison::LessOrEqual => order.is_le(),
                        }))
                    }
                    (TextTerm::Variable(_) | TextTerm::Segment(..), TextTerm::Constant(right)) => {
                        let text: Arc<str> = cased(right_cases, right).into();
                        let test = match op {
                            Comparison::Equal => TextPredicate::one_of([text]),
                            Comparison::Less => TextPredicate::Before { text, or_equal: false },
                            Comparison::LessOrEqual => TextPredicate::Before { text, or_equal: true },
                        };
                        self.text_test(&ScalarTerm::Text(left.clone(), Arc::clone(left_cases)), test)
                    }
                    (TextTerm::Constant(known), TextTerm::Variable(_) | TextTerm::Segment(..)) => {
                        let text: Arc<str> = cased(left_cases, known).into();
                        let right = ScalarTerm::Text(right.clone(), Arc::clone(right_cases));
                        // known < x is not x <= known
                        let (test, negated) = match op {
                            Comparison::Equal => (TextPredicate::one_of([text]), false),
                            Comparison::Less => (TextPredicate::Before { text, or_equal: true }, true),
                            Comparison::LessOrEqual => {
                                (TextPredicate::Before { text, or_equal: false }, true)
                            }
                        };
                        let truth = self.text_test(&right, test)?;
                        Ok(if negated {
                            SymbolicTruth { is_true: truth.is_false, is_false: truth.is_true }
                        } else {
                            truth
                        })
                    }
                    (TextTerm::Variable(left), TextTerm::Variable(right)) => match op {
                        _ if left == right && left_cases == right_cases => {
                            Ok(SymbolicTruth::constant(op != Comparison::Less))
                        }
                        Comparison::Equal if left_cases.is_empty() && right_cases.is_empty() => {
                            Ok(SymbolicTruth::certain(self.same(*left, *right)))
                        }
                        Comparison::Equal => {
                            Ok(self.same_but_letters((*left, left_cases), (*right, right_cases)))
                        }
                        _ => Err(Opaque),
                    },
                    (TextTerm::Segment(left, left_part), TextTerm::Segment(right, right_part)) => {
                        let same = (left, left_part, left_cases) == (right, right_part, right_cases);
                        if same { Ok(SymbolicTruth::constant(op != Comparison::Less)) } else { Err(Opaque) }
                    }
                    (TextTerm::Segment(..), TextTerm::Variable(_))
                    | (TextTerm::Variable(_), TextTerm::Segment(..)) => Err(Opaque),
                }
            }
            (ScalarTerm::NumberText(number), ScalarTerm::Text(TextTerm::Constant(text), cases))
            | (ScalarTerm::Text(TextTerm::Constant(text), cases), ScalarTerm::NumberText(number))
                if op == Comparison::Equal =>
            {
                self.number_text_test(number, &TextPredicate::one_of([cased(cases, text).into()]))
            }
            (ScalarTerm::Bool(left), ScalarTerm::Bool(right)) if op == Comparison::Equal => {
                let both = self.and([*left, *right]);
                let neither = self.and([!*left, !*right]);
                Ok(SymbolicTruth::certain(self.or([both, neither])))
            }
            (ScalarTerm::Ip(left), ScalarTerm::Ip(right)) if op == Comparison::Equal => {
                Ok(match (left, right) {
                    (Symbolic::Variable(left), Symbolic::Variable(right)) => {
                        SymbolicTruth::certain(self.same(*left, *right))
                    }
                    (Symbolic::Constant(left), Symbolic::Constant(right)) => {
                        SymbolicTruth::constant(left == right)
                    }
                    (Symbolic::Variable(var), Symbolic::Constant(known))
                    | (Symbolic::Constant(known), Symbolic::Variable(var)) => {
                        self.test(*var, Predicate::Ip(IpPredicate::OneOf(Arc::from([*known]))))
                    }
                })
            }
            (ScalarTerm::Url(left), ScalarTerm::Url(right)) if op == Comparison::Equal => {
                Ok(match (left, right) {
                    (Symbolic::Variable(left), Symbolic::Variable(right)) => {
                        SymbolicTruth::certain(self.same(*left, *right))
                    }
                    (Symbolic::Constant(left), Symbolic::Constant(right)) => {
                        SymbolicTruth::constant(left == right)
                    }
                    (Symbolic::Variable(var), Symbolic::Constant(known))
                    | (Symbolic::Constant(known), Symbolic::Variable(var)) => SymbolicTruth::certain(
                        self.text_atom(*var, TextPredicate::one_of([known.as_str().into()])),
                    ),
                })
            }
            (ScalarTerm::Path(left), ScalarTerm::Path(right)) if op == Comparison::Equal => {
                Ok(match (left, right) {
                    (Symbolic::Constant(left), Symbolic::Constant(right)) => match left.compare(right) {
                        PathOrder::Equal => SymbolicTruth::constant(true),
                        PathOrder::Below | PathOrder::Apart => SymbolicTruth::constant(false),
                        PathOrder::Incomparable => SymbolicTruth::UNDETERMINED,
                    },
                    (Symbolic::Variable(var), Symbolic::Constant(known))
                    | (Symbolic::Constant(known), Symbolic::Variable(var)) => {
                        self.path_test(*var, known, false)
                    }
                    (Symbolic::Variable(left), Symbolic::Variable(right)) => self.same_path(*left, *right),
                })
            }
            _ => Err(Opaque),
        }
    }

    pub(super) fn same(&mut self, left: TextVar, right: TextVar) -> Formula {
        if left == right {
            return Formula::TRUE;
        }
        self.symbolic_request.atom(Atom::Equal(left.min(right), left.max(right)))
    }

    pub(super) fn same_path(&mut self, left: TextVar, right: TextVar) -> SymbolicTruth {
        let same = self.same(left, right);
        self.if_comparable(left, right, same)
    }

    /// What holds of two paths that can be compared.
    pub(super) fn if_comparable(&mut self, left: TextVar, right: TextVar, holds: Formula) -> SymbolicTruth {
        let (Some(absolute), Some(relative)) = (normal_form::absolute(), normal_form::relative()) else {
            return SymbolicTruth::UNDETERMINED;
        };
        let mut both = |test: &TextPredicate| [left, right].map(|var| self.text_atom(var, test.clone()));
        let (absolute, relative) = (both(&absolute), both(&relative));
        let kinds = [self.and(absolute), self.and(relative)];
        let comparable = self.or(kinds);
        SymbolicTruth { is_true: self.and([comparable, holds]), is_false: self.and([comparable, !holds]) }
    }

    pub(super) fn compare_numbers(
        &mut self,
        op: Comparison,
        left: &LinearExpr,
        right: &LinearExpr,
    ) -> Formula {
        let distance = left.minus(right);
        match op {
            Comparison::Less => self.symbolic_request.at_most_zero(&distance, true),
            Comparison::LessOrEqual => self.symbolic_request.at_most_zero(&distance, false),
            Comparison::Equal => {
                let below = self.symbolic_request.at_most_zero(&distance, false);
                let above = right.minus(left);
                let above = self.symbolic_request.at_most_zero(&above, false);
                self.and([below, above])
            }
        }
    }

    /// How many code points a text has at most, whatever its type: there is no request with a longer one, and no
    /// function makes one.
    fn longest_text(&self, text: &TextTerm) -> usize {
        match text {
            TextTerm::Variable(var) | TextTerm::Segment(var, _)
                if !self.symbolic_request.computed.contains(var) =>
            {
                actra_model::limits::REQUEST_BYTES
            }
            TextTerm::Variable(_) | TextTerm::Segment(..) | TextTerm::Constant(_) => {
                actra_model::limits::PRODUCED_BYTES
            }
        }
    }

    /// The length of a text against a number that is known; `swapped` if the number stands on the left.
    fn compare_length(
        &mut self,
        op: Comparison,
        text: &TextTerm,
        count: &LinearExpr,
        swapped: bool,
    ) -> Encoded<SymbolicTruth> {
        let count = count.as_constant().ok_or(Opaque)?.clone();
        let at_most = |this: &mut Self, bound: &Rational| -> Encoded<Formula> {
            use num_traits::ToPrimitive;
            let bound = bound.floor();
            if bound.is_negative() {
                return Ok(Formula::FALSE);
            }
            let most = this.longest_text(text);
            let Some(bound) = bound.to_integer().to_usize().filter(|bound| *bound < most) else {
                return Ok(Formula::TRUE);
            };
            let scalar = ScalarTerm::Text(text.clone(), Arc::from([]));
            Ok(this.text_test(&scalar, TextPredicate::AtMost(bound))?.is_true)
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
        Ok(SymbolicTruth::certain(formula))
    }
}
