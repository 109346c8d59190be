//! Linear expressions over exact rationals.

use std::collections::BTreeMap;

use actra_model::Decimal;
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero};

use crate::variable::NumberVar;

pub(crate) use crate::rational::Rational;

/// `sum of coefficient * unknown + constant`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LinearExpr {
    terms: BTreeMap<NumberVar, Rational>,
    pub(crate) constant: Rational,
}

/// A sum without constant whose first coefficient is 1.
pub(crate) type LinearForm = BTreeMap<NumberVar, Rational>;

pub(crate) fn rational(value: Decimal) -> Rational {
    Rational::new(BigInt::from(value.mantissa()), BigInt::from(10).pow(u32::from(value.scale())))
}

/// The decimal of this value, if it is one.
pub(crate) fn decimal(value: &Rational) -> Option<Decimal> {
    let ten = Rational::from_integer(10.into());
    let mut scaled = value.clone();
    for scale in 0..=34_u8 {
        if scaled.is_integer() {
            return Decimal::new(scaled.to_integer().to_i128()?, scale);
        }
        scaled = scaled * &ten;
    }
    None
}

impl LinearExpr {
    pub(crate) fn constant(value: Rational) -> Self {
        Self { terms: BTreeMap::new(), constant: value }
    }

    pub(crate) fn variable(var: NumberVar) -> Self {
        Self { terms: BTreeMap::from([(var, Rational::one())]), constant: Rational::zero() }
    }

    pub(crate) fn as_constant(&self) -> Option<&Rational> {
        self.terms.is_empty().then_some(&self.constant)
    }

    pub(crate) fn terms(&self) -> &BTreeMap<NumberVar, Rational> {
        &self.terms
    }

    pub(crate) fn plus(&self, other: &LinearExpr, factor: &Rational) -> LinearExpr {
        let mut sum = self.clone();
        for (var, coefficient) in &other.terms {
            let entry = sum.terms.entry(*var).or_insert_with(Rational::zero);
            *entry += coefficient * factor;
            if entry.is_zero() {
                sum.terms.remove(var);
            }
        }
        sum.constant += &other.constant * factor;
        sum
    }

    pub(crate) fn minus(&self, other: &LinearExpr) -> LinearExpr {
        self.plus(other, &-Rational::one())
    }

    pub(crate) fn times(&self, factor: &Rational) -> LinearExpr {
        LinearExpr::constant(Rational::zero()).plus(self, factor)
    }

    /// `self <= 0` (or `< 0`) as a bound on a form: the form, the bound, and whether it bounds from above.
    ///
    /// `None` if there are no unknowns.
    pub(crate) fn normalized(&self) -> Option<(LinearForm, Rational, bool)> {
        let first = self.terms.values().next()?.clone();
        let form = self.terms.iter().map(|(var, coefficient)| (*var, coefficient / &first)).collect();
        Some((form, -&self.constant / &first, first.is_positive()))
    }
}
