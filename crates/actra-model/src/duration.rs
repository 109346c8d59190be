//! Lengths of time in CEL's notation.

use std::fmt;

use crate::Decimal;

/// Nanoseconds in a second.
const SECOND: i128 = 1_000_000_000;
/// 10,000 years of 365.25 days.
const LIMIT: i128 = 315_576_000_000 * SECOND;

/// A length of time in nanoseconds, at most 10,000 years (315,576,000,000 seconds) either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    nanos: i128,
}

/// Units with their nanoseconds; longer words first, so that `ms` is not read as `m`.
const UNITS: [(&str, i128); 6] =
    [("ms", 1_000_000), ("us", 1_000), ("ns", 1), ("h", 3_600 * SECOND), ("m", 60 * SECOND), ("s", SECOND)];

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration { nanos: 0 };

    /// Reads CEL's form: optional sign, then numbers with units `h m s ms us ns`, such as `1h30m` or `-1.5s`.
    ///
    /// A value that is not a whole number of nanoseconds is refused, never rounded.
    pub fn parse(text: &str) -> Option<Duration> {
        let (sign, mut rest) = match text.as_bytes().first()? {
            b'-' => (-1, text.get(1..)?),
            b'+' => (1, text.get(1..)?),
            _ => (1, text),
        };
        if rest == "0" {
            return Some(Duration { nanos: 0 });
        }
        if rest.is_empty() || rest.len() > 256 {
            return None;
        }
        let mut nanos = 0i128;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, tail) = rest.split_at_checked(end)?;
            let (unit, size) = UNITS.into_iter().find(|(unit, _)| tail.starts_with(unit))?;
            nanos = nanos.checked_add(whole_nanos(number, size)?).filter(|nanos| *nanos <= LIMIT)?;
            rest = tail.get(unit.len()..)?;
        }
        Duration::from_nanos(sign * nanos)
    }

    /// `None` beyond 10,000 years.
    pub fn from_nanos(nanos: i128) -> Option<Duration> {
        (-LIMIT..=LIMIT).contains(&nanos).then_some(Duration { nanos })
    }

    /// Nanoseconds.
    pub fn nanos(self) -> i128 {
        self.nanos
    }

    /// `None` beyond 10,000 years.
    pub fn checked_add(self, other: Duration) -> Option<Duration> {
        Duration::from_nanos(self.nanos + other.nanos)
    }

    /// `None` beyond 10,000 years.
    pub fn checked_sub(self, other: Duration) -> Option<Duration> {
        Duration::from_nanos(self.nanos - other.nanos)
    }
}

/// `number` units of `size` nanoseconds, if that is a whole number of nanoseconds.
fn whole_nanos(number: &str, size: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { whole.trim_start_matches('0') };
    let whole = if whole.is_empty() { "0" } else { whole };
    let numeral = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    let product = Decimal::parse_json(&numeral).ok()?.checked_mul(Decimal::new(size, 0)?)?;
    product.is_integer().then_some(product.mantissa())
}

/// Seconds with the shortest fraction: `5400s`, `-1.5s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Decimal::new(self.nanos, 9) {
            Some(seconds) => write!(f, "{seconds}s"),
            None => write!(f, "{}ns", self.nanos),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        for (text, shown) in [
            ("0", "0s"),
            ("-0", "0s"),
            ("0s", "0s"),
            ("1h30m", "5400s"),
            ("-1.5s", "-1.5s"),
            ("+2m", "120s"),
            ("1ms", "0.001s"),
            ("1us", "0.000001s"),
            ("1ns", "0.000000001s"),
            (".5s", "0.5s"),
            ("5.s", "5s"),
            ("1.5h1s", "5401s"),
            ("1s1h", "3601s"),
            ("0.000000000250h", "0.0000009s"),
            ("87660000h", "315576000000s"),
            ("-315576000000s", "-315576000000s"),
            ("0000000000000000000000000000000000000000001s", "1s"),
        ] {
            assert_eq!(Duration::parse(text).map(|time| time.to_string()).as_deref(), Some(shown), "{text}");
        }
        assert!(Duration::parse("59m") < Duration::parse("1h"));
        assert_eq!(Duration::parse("60m"), Duration::parse("1h"));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "-",
            "1",
            "s",
            ".s",
            "1.2.3s",
            "1d",
            "1H",
            "1 s",
            " 1s",
            "1s ",
            "1h-1m",
            "--1s",
            "1.5",
            "1e3s",
            "1µs",
            "0.5ns",
            "1.0000000001s",
            "315576000000.000000001s",
            "-87660000h1ns",
            "99999999999999999999999999999999999h",
            "1é",
            "é",
        ] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn stays_within_10_000_years() {
        let most = Duration::from_nanos(LIMIT).unwrap();
        let one = Duration::from_nanos(1).unwrap();
        assert_eq!(Duration::from_nanos(LIMIT + 1), None);
        assert_eq!(most.checked_add(one), None);
        assert_eq!(most.checked_sub(one).and_then(|less| less.checked_add(one)), Some(most));
        assert_eq!(Duration::ZERO.checked_sub(most).and_then(|least| least.checked_sub(one)), None);
    }
}
