//! Products of unknown numbers.
//!
//! A product of two unknowns is an unknown of its own, one for each set of factors, so that `a * b` and `b * a` are
//! the same, and so are `(a + b) * c` and `a * c + b * c`. What bounds on the factors say of it is put in as far as it
//! is linear (McCormick, "Computability of global solutions to factorable nonconvex programs", 1976).

use std::sync::Arc;

use actra_ir::Expr;
use actra_ir::print::print;
use num_traits::Zero;

use super::{Encoded, Encoder, Opaque};
use crate::atom::Atom;
use crate::fields::collect_fields;
use crate::formula::Formula;
use crate::linear::LinearExpr;
use crate::rational::Rational;
use crate::variable::{NumberSort, NumberVar};

/// Pairs of unknowns that are multiplied in one product.
const MAX_PRODUCT_PAIRS: usize = 16;
/// Factors of one unknown.
const MAX_FACTORS: usize = 8;

impl Encoder<'_> {
    /// The product of two sums, which are written as these expressions.
    pub(super) fn product(
        &mut self,
        left: &LinearExpr,
        right: &LinearExpr,
        written: [&Expr; 2],
    ) -> Encoded<LinearExpr> {
        if left.terms().len() * right.terms().len() > MAX_PRODUCT_PAIRS {
            return Err(Opaque);
        }
        // It is told to people as something that is not looked into.
        let name: Arc<str> = written.map(print).join(" * ").into();
        let _ = self.symbolic_request.atom(Atom::Opaque(name, "product".into(), true));
        self.has_uninterpreted = true;
        written.iter().for_each(|factor| collect_fields(factor, &mut self.opaque_fields));
        let mut product = right.times(&left.constant).plus(&left.times(&right.constant), &one());
        product.constant = &left.constant * &right.constant;
        for (first, coefficient) in left.terms() {
            for (second, other) in right.terms() {
                let var = self.product_of(*first, *second)?;
                product = product.plus(&LinearExpr::variable(var), &(coefficient * other));
            }
        }
        Ok(product)
    }

    /// The unknown that is the product of two others.
    fn product_of(&mut self, first: NumberVar, second: NumberVar) -> Encoded<NumberVar> {
        let mut factors: Vec<NumberVar> =
            self.factors(first).into_iter().chain(self.factors(second)).collect();
        factors.sort_unstable();
        if factors.len() > MAX_FACTORS {
            return Err(Opaque);
        }
        if let Some((var, _)) = self.products.iter().find(|(_, known)| **known == factors) {
            return Ok(*var);
        }
        let digits = [first, second].map(|var| self.digits(&LinearExpr::variable(var)).unwrap_or(34));
        let var = self.symbolic_request.number(match u8::try_from(digits.iter().sum::<u32>()) {
            Ok(0) => NumberSort::Integer,
            Ok(digits) => NumberSort::Decimal(digits.min(34)),
            Err(_) => NumberSort::Decimal(34),
        });
        self.products.insert(var, factors);
        self.bound_product(var, first, second);
        Ok(var)
    }

    fn factors(&self, var: NumberVar) -> Vec<NumberVar> {
        self.products.get(&var).cloned().unwrap_or_else(|| vec![var])
    }

    /// Where both factors lie on one side of a bound of each, the product of the distances has a sign.
    ///
    /// Each axiom has the bounds that it rests on as its premise, since an earlier schema may read values beyond them.
    fn bound_product(&mut self, product: NumberVar, first: NumberVar, second: NumberVar) {
        let bounds = |this: &Self, var: NumberVar| {
            let (least, most) = this.symbolic_request.bounds.get(&var).cloned().unwrap_or_default();
            (least.unwrap_or_else(Rational::zero), most)
        };
        let ((low, high), (other_low, other_high)) = (bounds(self, first), bounds(self, second));
        for (bound, above) in [(Some(low), true), (high, false)] {
            for (other, other_above) in [(Some(other_low.clone()), true), (other_high.clone(), false)] {
                let (Some(bound), Some(other)) = (bound.clone(), other) else { continue };
                let premise = [self.beyond(first, &bound, above), self.beyond(second, &other, other_above)];
                let premise = self.and(premise);
                // (x - a) * (y - b) = xy - b*x - a*y + a*b
                let distance = LinearExpr::variable(product)
                    .minus(&LinearExpr::variable(first).times(&other))
                    .minus(&LinearExpr::variable(second).times(&bound))
                    .plus(&LinearExpr::constant(bound * other), &one());
                let distance = if above == other_above { distance.times(&-one()) } else { distance };
                let holds = self.symbolic_request.at_most_zero(&distance, false);
                let fact = self.symbolic_request.formulas.implies(premise, holds);
                self.symbolic_request.axioms.push(fact);
            }
        }
        if first == second {
            let holds =
                self.symbolic_request.at_most_zero(&LinearExpr::variable(product).times(&-one()), false);
            self.symbolic_request.axioms.push(holds);
        }
    }

    fn beyond(&mut self, var: NumberVar, bound: &Rational, above: bool) -> Formula {
        let distance = LinearExpr::variable(var).minus(&LinearExpr::constant(bound.clone()));
        let distance = if above { distance.times(&-one()) } else { distance };
        self.symbolic_request.at_most_zero(&distance, false)
    }
}

fn one() -> Rational {
    Rational::from_integer(1.into())
}
