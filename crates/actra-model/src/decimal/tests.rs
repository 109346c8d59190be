//! Decimals against an independent implementation, and at their limits.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::*;

fn decimal(text: &str) -> Decimal {
    Decimal::parse_json(text).unwrap()
}

/// The numerator over 10^68.
fn exact(value: Decimal) -> BigInt {
    BigInt::from(value.mantissa()) * BigInt::from(10).pow(2 * DIGITS - u32::from(value.scale()))
}

/// The decimal with this numerator over 10^`places`, if there is one.
fn nearest(numerator: &BigInt, places: u32) -> Option<Decimal> {
    let ten = BigInt::from(10);
    let (mut numerator, mut places) = (numerator.clone(), places);
    while places > 0 && &numerator % &ten == BigInt::ZERO {
        numerator /= &ten;
        places -= 1;
    }
    let mantissa = i128::try_from(numerator).ok().filter(|mantissa| mantissa.abs() < LIMIT)?;
    (places <= DIGITS).then_some(Decimal { mantissa, scale: u8::try_from(places).unwrap() })
}

/// Values of all sizes, with many zeros, twos and fives in them.
fn any_decimal() -> impl Strategy<Value = Decimal> {
    let mantissa = prop_oneof![
        -LIMIT + 1..LIMIT,
        -1000..1000i128,
        (0..113u32).prop_map(|power| (1i128 << power) % LIMIT),
        (0..48u32).prop_map(|power| 5i128.pow(power)),
        (0..34u32).prop_map(|power| 10i128.pow(power)),
        (0..34u32).prop_map(|power| -10i128.pow(power) + 1),
    ];
    (mantissa, 0..=34u8).prop_filter_map("beyond", |(mantissa, scale)| Decimal::new(mantissa, scale))
}

#[test]
fn reads_json_numbers() {
    for (text, shown) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0e-5", "0"),
        ("1.50", "1.5"),
        ("1.0", "1"),
        ("-1.50e3", "-1500"),
        ("1E+2", "100"),
        ("12345e-3", "12.345"),
        ("0.1", "0.1"),
        ("9007199254740993", "9007199254740993"),
        ("9999999999999999999999999999999999", "9999999999999999999999999999999999"),
        ("1e33", "1000000000000000000000000000000000"),
        ("1e-34", "0.0000000000000000000000000000000001"),
        ("0.9999999999999999999999999999999999", "0.9999999999999999999999999999999999"),
        ("0e99999999999999999999999", "0"),
        ("0.000e-99999999999999999999999", "0"),
        ("1e0000000000000000000000002", "100"),
    ] {
        assert_eq!(decimal(text).to_string(), shown, "{text}");
    }
    let padded = format!("1.{}e0", "0".repeat(100_000));
    assert_eq!(decimal(&padded), Decimal::from(1));
    let shifted = format!("0.{}1e100001", "0".repeat(100_000));
    assert_eq!(decimal(&shifted), Decimal::from(1));
    let shifted = format!("1{}e-100000", "0".repeat(100_000));
    assert_eq!(decimal(&shifted), Decimal::from(1));
}

#[test]
fn refuses_other_text() {
    for text in [
        "", "-", "+1", ".5", "1.", "01", "-01", "00", "1e", "1e+", "1e1.5", "e1", "1 ", " 1", "1_0", "0x1",
        "NaN", "Infinity", "inf", "--1", "1-", "1.2.3", "1e5e5", "١", "1,5", "1.e5", "1.-5", "1e٣",
    ] {
        assert_eq!(Decimal::parse_json(text), Err(DecimalError::Syntax), "{text}");
    }
    let long = "1".repeat(100_000);
    for text in [
        "1e34",
        "10000000000000000000000000000000000",
        "1e-35",
        "1e400",
        "1e-400",
        "-1e99999999999999999999",
        "1e-99999999999999999999",
        "12345678901234567890123456789012345",
        "1.1111111111111111111111111111111111",
        "0.00000000000000000000000000000000001",
        &long,
    ] {
        assert_eq!(Decimal::parse_json(text), Err(DecimalError::Range), "{text}");
    }
}

#[test]
fn keeps_within_limits() {
    assert_eq!(Decimal::new(LIMIT, 0), None);
    assert_eq!(Decimal::new(-LIMIT, 0), None);
    assert_eq!(Decimal::new(i128::MIN, 255), None);
    assert_eq!(Decimal::new(LIMIT, 1), Decimal::new(LIMIT / 10, 0));
    assert_eq!(Decimal::new(0, 255), Some(Decimal::ZERO));
    let greatest = decimal("9999999999999999999999999999999999");
    assert_eq!(greatest.checked_add(Decimal::from(1)), None);
    assert_eq!(greatest.negate().checked_sub(Decimal::from(1)), None);
    assert_eq!(greatest.checked_add(decimal("0.1")), None);
    assert_eq!(greatest.checked_mul(greatest), None);
    assert_eq!(decimal("1e-20").checked_mul(decimal("1e-20")), None);
    assert_eq!(decimal("1e33").checked_mul(decimal("1e-34")), Some(decimal("0.1")));
    assert_eq!(decimal("0.1").checked_add(decimal("0.2")), Some(decimal("0.3")));
}

#[test]
fn takes_floats_as_json_prints_them() {
    for (value, shown) in [
        (0.1, Some("0.1")),
        (-0.0, Some("0")),
        (1e21, Some("1000000000000000000000")),
        (1.5e-7, Some("0.00000015")),
        (9_007_199_254_740_993.0, Some("9007199254740992")),
        (f64::NAN, None),
        (f64::INFINITY, None),
        (f64::MAX, None),
        (f64::MIN_POSITIVE, None),
    ] {
        assert_eq!(Decimal::from_f64(value).map(|value| value.to_string()).as_deref(), shown, "{value}");
    }
}

#[test]
fn converts_to_integers() {
    assert_eq!(Decimal::from(i64::MIN).to_i64(), Some(i64::MIN));
    assert_eq!(decimal("9223372036854775808").to_i64(), None);
    assert_eq!(decimal("1.5").to_i64(), None);
    assert_eq!(decimal("1e3").to_i64(), Some(1000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn computes_exactly(left in any_decimal(), right in any_decimal()) {
        let (a, b) = (exact(left), exact(right));
        prop_assert_eq!(left.checked_add(right), nearest(&(&a + &b), 2 * DIGITS));
        prop_assert_eq!(left.checked_sub(right), nearest(&(&a - &b), 2 * DIGITS));
        prop_assert_eq!(left.checked_mul(right), nearest(&(&a * &b), 4 * DIGITS));
        prop_assert_eq!(left.cmp(&right), a.cmp(&b));
        prop_assert_eq!(left == right, a == b);
    }

    #[test]
    fn reads_what_it_shows(value in any_decimal(), zeros in 0..5usize) {
        prop_assert_eq!(Decimal::parse_json(&value.to_string()), Ok(value));
        let whole = Decimal::new(value.mantissa(), 0).unwrap();
        let padded = format!("{whole}.{}e{zeros}", "0".repeat(zeros + 1));
        prop_assume!(nearest(&(BigInt::from(value.mantissa()) * 10i128.pow(4)), 0).is_some());
        let shifted = whole.checked_mul(Decimal::from(10i64.pow(u32::try_from(zeros).unwrap())));
        prop_assert_eq!(Decimal::parse_json(&padded).ok(), shifted);
    }

    #[test]
    fn reads_like_another_library(text in "-?(0|[1-9][0-9]{0,36})(\\.[0-9]{1,36})?([eE][+-]?[0-9]{1,2})?") {
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numerator: BigInt = format!("{whole}{fraction}").parse().unwrap();
        let shift = exponent.parse::<i64>().unwrap() + 136 - i64::try_from(fraction.len()).unwrap();
        let numerator = numerator * BigInt::from(10).pow(u32::try_from(shift).unwrap());
        prop_assert_eq!(Decimal::parse_json(&text).ok(), nearest(&numerator, 136));
    }

    #[test]
    fn floats_come_back(value in proptest::num::f64::NORMAL) {
        if let Some(read) = Decimal::from_f64(value) {
            prop_assert_eq!(read.to_string().parse::<f64>().unwrap(), value);
        }
    }
}

/// What is read by the short way is what the long way reads.
fn same_both_ways(text: &str) {
    match short::parse(text.as_bytes()) {
        Some(short) => assert_eq!(Decimal::parse_any(text), Ok(short), "{text}"),
        None => assert_eq!(Decimal::parse_json(text), Decimal::parse_any(text), "{text}"),
    }
}

#[test]
fn short_numbers_are_read_alike() {
    for text in [
        "", "-", "0", "-0", "00", "-01", "0.", ".5", "-.5", "1.", "1.-", "1..2", "1.2.3", "1e5", "1.0e2",
        "+1",
    ] {
        same_both_ways(text);
    }
    for digits in 1..25 {
        for digit in ["0", "1", "9"] {
            let text = digit.repeat(digits);
            same_both_ways(&text);
            same_both_ways(&format!("-{text}"));
            for point in 0..=digits {
                same_both_ways(&format!("{}.{}", &text[..point], &text[point..]));
                same_both_ways(&format!("-{}.{}0", &text[..point], &text[point..]));
            }
        }
    }
}

#[test]
fn integers_are_shown_alike() {
    for integer in [0, 1, -1, 9, 10, -10, 99, 100, i64::MAX, i64::MIN, 1_000_000_000_000_000_000] {
        assert_eq!(Decimal::from(integer).to_string(), integer.to_string());
    }
}

proptest! {
    #[test]
    fn short_and_long_agree(text in "-?[0-9]{0,20}(\\.[0-9]{0,20})?[e.x ]?[0-9]?", integer in any::<i64>()) {
        same_both_ways(&text);
        prop_assert_eq!(Decimal::from(integer).to_string(), integer.to_string());
        prop_assert_eq!(Decimal::parse_json(&integer.to_string()), Ok(Decimal::from(integer)));
    }
}
