//! What a plain scalar means: YAML's core schema, with numerals held to those of JSON.

use super::{Scalar, ScalarStyle};

/// What a scalar means by the YAML 1.2 core schema, with numerals held to plain decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarValue {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Sign, digits, fraction, exponent, as in JSON.
    Number,
    /// A number in YAML that the language does not accept; the help says what to write.
    BadNumber(&'static str),
    /// Anything else, which is a text.
    Text,
}

impl ScalarValue {
    /// The kind in words, with its article: "a number".
    pub fn described(self) -> &'static str {
        match self {
            ScalarValue::Null => "nothing",
            ScalarValue::Bool(_) => "a boolean",
            ScalarValue::Number | ScalarValue::BadNumber(_) => "a number",
            ScalarValue::Text => "text",
        }
    }
}

impl Scalar {
    /// What the scalar means; a quoted or block scalar is always text.
    pub fn value(&self) -> ScalarValue {
        if self.style == ScalarStyle::Plain { plain_value(&self.text) } else { ScalarValue::Text }
    }
}

fn plain_value(text: &str) -> ScalarValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarValue::Null,
        "true" | "True" | "TRUE" => ScalarValue::Bool(true),
        "false" | "False" | "FALSE" => ScalarValue::Bool(false),
        ".nan" | ".NaN" | ".NAN" => ScalarValue::BadNumber("only finite numbers are values"),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => {
            number_value(text)
        }
        _ => ScalarValue::Text,
    }
}

/// Section 10.3.2 of YAML 1.2.2 says what a number is; only the forms that JSON shares are taken.
fn number_value(text: &str) -> ScalarValue {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return ScalarValue::BadNumber("only finite numbers are values");
    }
    if is_radix(text) {
        return ScalarValue::BadNumber("write the number in decimal, or quote it if it is text");
    }
    let Some((whole, fraction)) = decimal_parts(unsigned) else { return ScalarValue::Text };
    if whole.len() > 1 && whole.starts_with('0') {
        return ScalarValue::BadNumber("drop the leading zeros, or quote it if it is text");
    }
    if text.starts_with('+') {
        return ScalarValue::BadNumber("drop the `+`, or quote it if it is text");
    }
    if whole.is_empty() || fraction == Some("") {
        return ScalarValue::BadNumber("write digits on both sides of the point, or quote it if it is text");
    }
    ScalarValue::Number
}

fn is_radix(text: &str) -> bool {
    let hex = text.strip_prefix("0x").map(|rest| (rest, 16));
    let octal = text.strip_prefix("0o").map(|rest| (rest, 8));
    hex.or(octal).is_some_and(|(rest, radix)| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
}

/// The digits before and after the point of a decimal numeral; `None` for anything else.
fn decimal_parts(text: &str) -> Option<(&str, Option<&str>)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let some_digit = !whole.is_empty() || fraction.is_some_and(|digits| !digits.is_empty());
    let exponent_fits = exponent
        .is_none_or(|text| is_digits(text.strip_prefix(['-', '+']).unwrap_or(text)) && !text.is_empty());
    let digits = is_digits_or_empty(whole) && fraction.is_none_or(is_digits_or_empty);
    (some_digit && digits && exponent_fits).then_some((whole, fraction))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && is_digits_or_empty(text)
}

fn is_digits_or_empty(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
