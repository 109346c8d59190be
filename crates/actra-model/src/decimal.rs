//! Exact decimals of up to 34 digits: numbers are never rounded.

mod short;

use std::cmp::Ordering;
use std::fmt;

/// Digits that a mantissa may have, and that may stand behind the point.
const DIGITS: u32 = 34;
/// One more than the greatest mantissa.
const LIMIT: i128 = 10i128.pow(DIGITS);

/// An exact decimal m x 10^-s with |m| < 10^34 and 0 <= s <= 34 after stripping zeros.
///
/// INVARIANT (normalized): no trailing zero in `mantissa` while `scale > 0`; zero is `0 x 10^0`. So derived
/// equality is equality of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

/// Why text is not a [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text is not a plain decimal numeral.
    #[error("not a decimal numeral")]
    Syntax,
    /// The value is beyond the limits.
    #[error("beyond 34 digits before or after the point")]
    Range,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Decimal = Decimal { mantissa: 0, scale: 0 };

    /// `mantissa x 10^-scale`, normalized; `None` beyond the limits.
    pub fn new(mantissa: i128, scale: u8) -> Option<Decimal> {
        let (mut mantissa, mut scale) = (mantissa, scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        let fits = mantissa > -LIMIT && mantissa < LIMIT && u32::from(scale) <= DIGITS;
        fits.then_some(Decimal { mantissa, scale })
    }

    /// Reads a JSON number (RFC 8259 grammar: `-1.50e3`). Linear in the text, whatever the exponent.
    #[inline]
    pub fn parse_json(text: &str) -> Result<Decimal, DecimalError> {
        match short::parse(text.as_bytes()) {
            Some(decimal) => Ok(decimal),
            None => Decimal::parse_any(text),
        }
    }

    fn parse_any(text: &str) -> Result<Decimal, DecimalError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if all_digits(fraction) => (whole, fraction),
            Some(_) => return Err(DecimalError::Syntax),
            None => (digits, ""),
        };
        if !all_digits(whole) || (whole.len() > 1 && whole.starts_with('0')) {
            return Err(DecimalError::Syntax);
        }
        let magnitude = from_digits(whole, fraction, exponent)?;
        Ok(if negative { magnitude.negate() } else { magnitude })
    }

    /// The shortest round-trip decimal of a float; `None` for NaN, infinities and values beyond the limits.
    pub fn from_f64(value: f64) -> Option<Decimal> {
        // `{:e}` is the shortest text that reads back as the same float, such as `1.5e-7`.
        if !value.is_finite() {
            return None;
        }
        Decimal::parse_json(&format!("{value:e}")).ok()
    }

    /// The normalized mantissa.
    pub fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// The normalized scale.
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// Whether there is no fraction.
    pub fn is_integer(self) -> bool {
        self.scale == 0
    }

    /// The value, if it is an integer that fits.
    pub fn to_i64(self) -> Option<i64> {
        if self.is_integer() { i64::try_from(self.mantissa).ok() } else { None }
    }

    /// Exact sum; `None` if it is not representable.
    pub fn checked_add(self, other: Decimal) -> Option<Decimal> {
        let scale = self.scale.max(other.scale);
        // Where scaling up overflows, the sum has more digits than fit: the operand with the greater scale ends in
        // a digit other than zero, so nothing can be stripped.
        let sum = self.scaled_to(scale)?.checked_add(other.scaled_to(scale)?)?;
        Decimal::new(sum, scale)
    }

    /// Exact difference; `None` if it is not representable.
    pub fn checked_sub(self, other: Decimal) -> Option<Decimal> {
        self.checked_add(other.negate())
    }

    /// Exact product; `None` if it is not representable.
    pub fn checked_mul(self, other: Decimal) -> Option<Decimal> {
        let (high, low) = wide_mul(self.mantissa.unsigned_abs(), other.mantissa.unsigned_abs());
        let mut limbs = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
        let mut scale = u32::from(self.scale) + u32::from(other.scale);
        while scale > 0 {
            let (quotient, remainder) = divide_by_ten(limbs);
            if remainder != 0 {
                break;
            }
            limbs = quotient;
            scale -= 1;
        }
        let [l0, l1, 0, 0] = limbs else { return None };
        let magnitude = i128::try_from(u128::from(l0) | (u128::from(l1) << 64)).ok()?;
        let negative = (self.mantissa < 0) != (other.mantissa < 0);
        Decimal::new(if negative { -magnitude } else { magnitude }, u8::try_from(scale).ok()?)
    }

    /// `-self`.
    #[must_use]
    pub fn negate(self) -> Decimal {
        Decimal { mantissa: -self.mantissa, scale: self.scale }
    }

    fn scaled_to(self, scale: u8) -> Option<i128> {
        let factor = 10i128.checked_pow(u32::from(scale - self.scale))?;
        self.mantissa.checked_mul(factor)
    }

    /// The part before the point, and the part behind it in units of 10^-34, both with the sign.
    fn parts(self) -> (i128, i128) {
        let unit = 10i128.pow(u32::from(self.scale));
        let fraction = (self.mantissa % unit) * 10i128.pow(DIGITS - u32::from(self.scale));
        (self.mantissa / unit, fraction)
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An exponent, saturated far beyond where only zero is representable.
fn parse_exponent(text: &str) -> Result<i64, DecimalError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or("")),
        Some(b'+') => (false, text.get(1..).unwrap_or("")),
        _ => (false, text),
    };
    if !all_digits(digits) {
        return Err(DecimalError::Syntax);
    }
    let magnitude = digits.trim_start_matches('0');
    let magnitude = if magnitude.len() > 15 { 1 << 50 } else { magnitude.parse().unwrap_or(0) };
    Ok(if negative { -magnitude } else { magnitude })
}

/// `whole.fraction x 10^exponent`
fn from_digits(whole: &str, fraction: &str, exponent: i64) -> Result<Decimal, DecimalError> {
    let mut scale = i64::try_from(fraction.len()).map_err(|_| DecimalError::Range)? - exponent;
    let all = || whole.bytes().chain(fraction.bytes());
    let trailing = all().rev().take_while(|digit| *digit == b'0').count();
    let leading = all().take_while(|digit| *digit == b'0').count();
    let length = whole.len() + fraction.len();
    if leading == length {
        return Ok(Decimal::ZERO);
    }
    scale -= i64::try_from(trailing).map_err(|_| DecimalError::Range)?;
    let significant = length - leading - trailing;
    let digits = i64::from(DIGITS);
    // A negative scale appends zeros to the mantissa.
    let appended = (-scale).max(0);
    if i64::try_from(significant).map_err(|_| DecimalError::Range)?.saturating_add(appended) > digits
        || scale > digits
    {
        return Err(DecimalError::Range);
    }
    let mut mantissa = 0i128;
    for digit in all().skip(leading).take(significant) {
        mantissa = mantissa * 10 + i128::from(digit - b'0');
    }
    for _ in 0..appended {
        mantissa *= 10;
    }
    let scale = u8::try_from(scale.max(0)).map_err(|_| DecimalError::Range)?;
    Decimal::new(mantissa, scale).ok_or(DecimalError::Range)
}

/// The 256-bit product as two halves.
fn wide_mul(left: u128, right: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (left_high, left_low) = (left >> 64, left & LOW);
    let (right_high, right_low) = (right >> 64, right & LOW);
    let low = left_low * right_low;
    let middle = left_high * right_low + (low >> 64);
    let other = left_low * right_high + (middle & LOW);
    (left_high * right_high + (middle >> 64) + (other >> 64), (other << 64) | (low & LOW))
}

fn divide_by_ten(limbs: [u64; 4]) -> ([u64; 4], u64) {
    let mut quotient = limbs;
    let mut remainder = 0u128;
    for limb in quotient.iter_mut().rev() {
        let current = (remainder << 64) | u128::from(*limb);
        *limb = (current / 10) as u64;
        remainder = current % 10;
    }
    (quotient, remainder as u64)
}

impl Decimal {
    /// Compares with an integer.
    #[inline]
    pub fn cmp_integer(&self, integer: i64) -> Ordering {
        match (self.scale, i64::try_from(self.mantissa)) {
            (0, Ok(mantissa)) => mantissa.cmp(&integer),
            _ => self.cmp(&Decimal::from(integer)),
        }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Decimal { mantissa: i128::from(value), scale: 0 }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.mantissa.cmp(&other.mantissa);
        }
        self.parts().cmp(&other.parts())
    }
}

/// Plain decimal notation without exponent: `-0.5`, `1000`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(integer) = self.to_i64() {
            return short::write(f, integer);
        }
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let magnitude = self.mantissa.unsigned_abs();
        if self.scale == 0 {
            return write!(f, "{sign}{magnitude}");
        }
        let unit = 10u128.pow(u32::from(self.scale));
        write!(f, "{sign}{}.{:0width$}", magnitude / unit, magnitude % unit, width = usize::from(self.scale))
    }
}

#[cfg(test)]
mod tests;
