//! Kubernetes quantities such as `500Mi`, compared by their exact value.

use std::fmt;

use crate::Decimal;

/// A Kubernetes quantity, by its exact numeric value: `1Gi` equals `1024Mi`, `500m` equals `0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    value: Decimal,
}

/// Powers of ten.
const DECIMAL_SUFFIXES: [(&str, &str); 10] = [
    ("n", "-9"),
    ("u", "-6"),
    ("m", "-3"),
    ("", "0"),
    ("k", "3"),
    ("M", "6"),
    ("G", "9"),
    ("T", "12"),
    ("P", "15"),
    ("E", "18"),
];
/// Powers of 1,024.
const BINARY_SUFFIXES: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl Quantity {
    /// Reads the Kubernetes grammar (`n u m k M G T P E`, `Ki..Ei`, decimal exponent); `None` if the value is not
    /// an exact decimal within the limits.
    pub fn parse(text: &str) -> Option<Quantity> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at_checked(end)?;
        let value = match binary_factor(suffix) {
            Some(factor) => numeral(number, "0")?.checked_mul(factor)?,
            None => numeral(number, exponent(suffix)?)?,
        };
        Some(Quantity { value: if negative { value.negate() } else { value } })
    }

    /// The exact value.
    pub fn value(self) -> Decimal {
        self.value
    }
}

/// `1`, `1.5`, `1.` or `.5` times a power of ten
fn numeral(text: &str, exponent: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    Decimal::parse_json(&format!("{whole}.{fraction}e{exponent}")).ok()
}

fn binary_factor(suffix: &str) -> Option<Decimal> {
    let (power, _) = (1u32..).zip(BINARY_SUFFIXES).find(|(_, word)| *word == suffix)?;
    Decimal::new(1024i128.pow(power), 0)
}

/// The power of ten of a suffix: `k` or `e3`.
fn exponent(suffix: &str) -> Option<&str> {
    if let Some((_, power)) = DECIMAL_SUFFIXES.into_iter().find(|(word, _)| *word == suffix) {
        return Some(power);
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(exponent)
}

/// The plain decimal.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_kubernetes_quantities() {
        for (text, value) in [
            ("0", "0"),
            ("1", "1"),
            ("-1.5", "-1.5"),
            ("+1", "1"),
            ("007", "7"),
            ("1.", "1"),
            (".5", "0.5"),
            ("500m", "0.5"),
            ("1n", "0.000000001"),
            ("2u", "0.000002"),
            ("1k", "1000"),
            ("1M", "1000000"),
            ("1G", "1000000000"),
            ("1T", "1000000000000"),
            ("1P", "1000000000000000"),
            ("1E", "1000000000000000000"),
            ("1Ki", "1024"),
            ("1.5Ki", "1536"),
            ("500Mi", "524288000"),
            ("1Gi", "1073741824"),
            ("1Ti", "1099511627776"),
            ("1Pi", "1125899906842624"),
            ("-1Ei", "-1152921504606846976"),
            ("1e3", "1000"),
            ("1E3", "1000"),
            ("12.5e-1", "1.25"),
            ("1e+2", "100"),
            ("0e99999999999999999999", "0"),
            ("0.00000000000000000000000000000000000001e10", "0.0000000000000000000000000001"),
            ("100000000000000000000000000000000000000n", "100000000000000000000000000000"),
        ] {
            assert_eq!(Quantity::parse(text).map(|read| read.to_string()).as_deref(), Some(value), "{text}");
        }
        assert_eq!(Quantity::parse("1Gi"), Quantity::parse("1024Mi"));
        assert!(Quantity::parse("999m") < Quantity::parse("1"));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "", "+", ".", "m", "1 ", " 1", "1K", "1ki", "1mi", "1e", "1e+", "1e1.5", "1.2.3", "--1", "1m1",
            "1Kii", "1e1Ki", "1EE", "0x1", "1_000", "1e99", "1e-99", "١", "1\u{b5}",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }
}
