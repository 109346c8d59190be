//! Numbers as they nearly always are: up to 18 digits, no exponent; in arithmetic of one machine word.

use std::fmt;

use super::Decimal;

/// Any number of so many digits fits into a word.
const DIGITS: usize = 18;

/// Reads a short number; `None` for whatever needs a closer look.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<Decimal> {
    let (negative, unsigned) = match text {
        [b'-', unsigned @ ..] => (true, unsigned),
        _ => (false, text),
    };
    // One more for the point.
    if unsigned.len() > DIGITS + 1 || matches!(unsigned, [b'0', b'0'..=b'9', ..]) {
        return None;
    }
    let (magnitude, rest) = digits(0, unsigned);
    if rest.len() == unsigned.len() {
        return None;
    }
    match rest {
        [] if unsigned.len() <= DIGITS => Some(signed(negative, magnitude, 0)),
        [b'.', fraction @ ..] => decimal(negative, magnitude, fraction),
        _ => None,
    }
}

fn decimal(negative: bool, whole: u64, fraction: &[u8]) -> Option<Decimal> {
    let (mut magnitude, []) = digits(whole, fraction) else { return None };
    let mut scale = u8::try_from(fraction.len()).ok().filter(|scale| *scale > 0)?;
    while scale > 0 && magnitude.is_multiple_of(10) {
        magnitude /= 10;
        scale -= 1;
    }
    Some(signed(negative, magnitude, scale))
}

#[inline]
fn signed(negative: bool, magnitude: u64, scale: u8) -> Decimal {
    let mantissa = i128::from(magnitude);
    Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale }
}

/// Appends the leading digits of a text to a number; returns it with the rest of the text.
///
/// Text is short enough not to wrap, or too long to be used.
#[inline]
fn digits(mut number: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let [digit @ b'0'..=b'9', rest @ ..] = text {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        text = rest;
    }
    (number, text)
}

/// Writes an integer in plain notation.
pub(super) fn write(f: &mut fmt::Formatter<'_>, integer: i64) -> fmt::Result {
    let mut text = [0; 20];
    let mut start = text.len();
    let mut rest = integer.unsigned_abs();
    for place in text.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        start -= 1;
        if rest == 0 {
            break;
        }
    }
    if integer < 0 {
        f.write_str("-")?;
    }
    let digits = text.get(start..).unwrap_or(&[]);
    f.write_str(std::str::from_utf8(digits).unwrap_or(""))
}
