//! Exact fractions, quick while they are small.
//!
//! Numbers of policies are small and the sums that are made of them mostly stay so: two machine words hold a fraction
//! until it outgrows them, and then `num-rational` takes over.

use std::cmp::Ordering;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, Neg, Sub};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed as _, ToPrimitive, Zero};

/// A fraction in its lowest terms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Rational(Repr);

/// INVARIANT (one form): what fits is `Small`, so that equal numbers are equal values. Of a small one the denominator
/// is positive and the numerator is not the least of its type, whose negation would not fit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small(i64, i64),
    Big(Box<BigRational>),
}

impl Rational {
    /// `numerator / denominator`; the denominator is not zero.
    pub(crate) fn new(numerator: BigInt, denominator: BigInt) -> Self {
        Self::of(BigRational::new(numerator, denominator))
    }

    pub(crate) fn from_integer(value: BigInt) -> Self {
        Self::of(BigRational::from_integer(value))
    }

    fn of(value: BigRational) -> Self {
        let small = value.numer().to_i64().zip(value.denom().to_i64()).filter(|(top, _)| *top != i64::MIN);
        match small {
            Some((top, bottom)) => Self(Repr::Small(top, bottom)),
            None => Self(Repr::Big(Box::new(value))),
        }
    }

    /// A fraction whose terms are products of two small ones, or the sum of two such; `bottom` is positive.
    fn lowest(top: i128, bottom: i128) -> Self {
        let divisor = gcd(top.unsigned_abs(), bottom.unsigned_abs());
        let divisor = i128::try_from(divisor).unwrap_or(1);
        let (top, bottom) = (top / divisor, bottom / divisor);
        match (i64::try_from(top), i64::try_from(bottom)) {
            (Ok(top), Ok(bottom)) if top != i64::MIN => Self(Repr::Small(top, bottom)),
            _ => Self(Repr::Big(Box::new(BigRational::new_raw(top.into(), bottom.into())))),
        }
    }

    fn big(&self) -> BigRational {
        match &self.0 {
            Repr::Small(top, bottom) => BigRational::new_raw((*top).into(), (*bottom).into()),
            Repr::Big(value) => value.as_ref().clone(),
        }
    }

    pub(crate) fn denom(&self) -> BigInt {
        match &self.0 {
            Repr::Small(_, bottom) => (*bottom).into(),
            Repr::Big(value) => value.denom().clone(),
        }
    }

    /// Without what is behind the point.
    pub(crate) fn to_integer(&self) -> BigInt {
        match &self.0 {
            Repr::Small(top, bottom) => (top / bottom).into(),
            Repr::Big(value) => value.to_integer(),
        }
    }

    pub(crate) fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Small(_, bottom) => *bottom == 1,
            Repr::Big(value) => value.is_integer(),
        }
    }

    pub(crate) fn floor(&self) -> Self {
        match &self.0 {
            Repr::Small(top, bottom) => Self(Repr::Small(top.div_euclid(*bottom), 1)),
            Repr::Big(value) => Self::of(value.floor()),
        }
    }

    pub(crate) fn ceil(&self) -> Self {
        -(-self).floor()
    }

    pub(crate) fn is_positive(&self) -> bool {
        match &self.0 {
            Repr::Small(top, _) => *top > 0,
            Repr::Big(value) => value.is_positive(),
        }
    }

    pub(crate) fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small(top, _) => *top < 0,
            Repr::Big(value) => value.is_negative(),
        }
    }

    /// How much longer it takes to work with it than with a small one.
    pub(crate) fn weight(&self) -> u64 {
        match &self.0 {
            Repr::Small(..) => 1,
            Repr::Big(value) => 8 + (value.numer().bits() + value.denom().bits()) / 16,
        }
    }
}

fn gcd(mut left: u128, mut right: u128) -> u128 {
    while right != 0 {
        // Division of two words is much quicker than of four.
        if let (Ok(mut left), Ok(mut right)) = (u64::try_from(left), u64::try_from(right)) {
            while right != 0 {
                (left, right) = (right, left % right);
            }
            return left.into();
        }
        (left, right) = (right, left % right);
    }
    left
}

impl Zero for Rational {
    fn zero() -> Self {
        Self(Repr::Small(0, 1))
    }

    fn is_zero(&self) -> bool {
        self.0 == Repr::Small(0, 1)
    }
}

impl One for Rational {
    fn one() -> Self {
        Self(Repr::Small(1, 1))
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) => {
                (i128::from(*a) * i128::from(*d)).cmp(&(i128::from(*c) * i128::from(*b)))
            }
            _ => self.big().cmp(&other.big()),
        }
    }
}

impl Neg for &Rational {
    type Output = Rational;

    fn neg(self) -> Rational {
        match &self.0 {
            Repr::Small(top, bottom) => Rational(Repr::Small(-top, *bottom)),
            Repr::Big(value) => Rational::of(-value.as_ref().clone()),
        }
    }
}

impl Neg for Rational {
    type Output = Rational;

    fn neg(self) -> Rational {
        -&self
    }
}

impl Add for &Rational {
    type Output = Rational;

    fn add(self, other: &Rational) -> Rational {
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) => {
                let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
                if b == d { Rational::lowest(a + c, b) } else { Rational::lowest(a * d + c * b, b * d) }
            }
            _ => Rational::of(self.big() + other.big()),
        }
    }
}

impl Sub for &Rational {
    type Output = Rational;

    fn sub(self, other: &Rational) -> Rational {
        self + &-other
    }
}

impl Mul for &Rational {
    type Output = Rational;

    fn mul(self, other: &Rational) -> Rational {
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) => {
                let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
                Rational::lowest(a * c, b * d)
            }
            _ => Rational::of(self.big() * other.big()),
        }
    }
}

impl Div for &Rational {
    type Output = Rational;

    /// The divisor is not zero.
    fn div(self, other: &Rational) -> Rational {
        match (&self.0, &other.0) {
            (Repr::Small(a, b), Repr::Small(c, d)) if *c != 0 => {
                let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
                let sign = c.signum();
                Rational::lowest(a * d * sign, b * c * sign)
            }
            _ => Rational::of(self.big() / other.big()),
        }
    }
}

/// The operators for values, and for a value and a reference; those above are for two references.
macro_rules! by_value {
    ($($operation:ident $function:ident),*) => {$(
        impl $operation for Rational {
            type Output = Rational;

            fn $function(self, other: Rational) -> Rational {
                (&self).$function(&other)
            }
        }

        impl $operation<&Rational> for Rational {
            type Output = Rational;

            fn $function(self, other: &Rational) -> Rational {
                (&self).$function(other)
            }
        }

        impl $operation<Rational> for &Rational {
            type Output = Rational;

            fn $function(self, other: Rational) -> Rational {
                self.$function(&other)
            }
        }
    )*};
}

by_value!(Add add, Sub sub, Mul mul, Div div);

impl AddAssign<Rational> for Rational {
    fn add_assign(&mut self, other: Rational) {
        *self = &*self + &other;
    }
}

impl DivAssign<Rational> for Rational {
    fn div_assign(&mut self, other: Rational) {
        *self = &*self / &other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    fn terms() -> impl Strategy<Value = (i128, i128)> {
        let edge = prop::sample::select(vec![
            0,
            1,
            -1,
            i128::from(i64::MAX),
            i128::from(i64::MIN),
            i128::from(i64::MIN) + 1,
            i128::from(u64::MAX),
            i128::MAX,
            i128::MIN,
        ]);
        let top = prop_oneof![edge.clone(), -20i128..20, any::<i64>().prop_map(i128::from), any::<i128>()];
        (top.clone(), top.prop_filter("no zero below", |bottom| *bottom != 0))
    }

    proptest! {
        /// Small or big, the numbers are those of `num-rational`, in one form.
        #[test]
        fn fractions_are_exact((a, b) in terms(), (c, d) in terms()) {
            let (left, right) = (Rational::new(a.into(), b.into()), Rational::new(c.into(), d.into()));
            let (big, other) = (BigRational::new(a.into(), b.into()), BigRational::new(c.into(), d.into()));
            let same = |value: Rational, wanted: BigRational| {
                prop_assert_eq!(&value, &Rational::of(wanted.clone()));
                prop_assert_eq!(value.big(), wanted);
                Ok(())
            };
            same(&left + &right, &big + &other)?;
            same(&left - &right, &big - &other)?;
            same(&left * &right, &big * &other)?;
            if !right.is_zero() {
                same(&left / &right, &big / &other)?;
            }
            same(-&left, -big.clone())?;
            same(left.floor(), big.floor())?;
            same(left.ceil(), big.ceil())?;
            prop_assert_eq!(left.to_integer(), big.to_integer());
            prop_assert_eq!(left.cmp(&right), big.cmp(&other));
            prop_assert_eq!(left.is_integer(), big.is_integer());
            prop_assert_eq!((left.is_positive(), left.is_negative()), (big.is_positive(), big.is_negative()));
        }
    }
}
