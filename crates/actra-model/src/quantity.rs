use std::fmt;

use crate::Decimal;

/// A Kubernetes quantity, by its exact numeric value: `1Gi` equals `1024Mi`, `500m` equals `0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    value: Decimal,
}

/// Powers of ten.
const DECIMAL_SUFFIXES: [(&str, &str); 10] = [
    ("n", "1e-9"),
    ("u", "1e-6"),
    ("m", "1e-3"),
    ("", "1"),
    ("k", "1e3"),
    ("M", "1e6"),
    ("G", "1e9"),
    ("T", "1e12"),
    ("P", "1e15"),
    ("E", "1e18"),
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
        let value = numeral(number)?.checked_mul(multiplier(suffix)?)?;
        Some(Quantity { value: if negative { value.negate() } else { value } })
    }

    /// The exact value.
    pub fn value(self) -> Decimal {
        self.value
    }
}

/// `1`, `1.5`, `1.` or `.5`
fn numeral(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let text = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    Decimal::parse_json(&text).ok()
}

fn multiplier(suffix: &str) -> Option<Decimal> {
    if let Some((_, power)) = DECIMAL_SUFFIXES.into_iter().find(|(word, _)| *word == suffix) {
        return Decimal::parse_json(power).ok();
    }
    if let Some(power) =
        (1u32..).zip(BINARY_SUFFIXES).find(|(_, word)| *word == suffix).map(|(power, _)| power)
    {
        return Decimal::new(1024i128.pow(power), 0);
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { Decimal::parse_json(&format!("1e{exponent}")).ok() } else { None }
}

/// The plain decimal.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
