//! Timestamps, dates and zones at their limits and against an independent calendar.

use chrono::{DateTime, Datelike, Offset, TimeDelta, TimeZone as _, Timelike, Utc};
use proptest::prelude::*;

use super::*;

#[test]
fn reads_rfc_3339() {
    for (text, shown) in [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("2026-11-22t20:00:00z", "2026-11-22T20:00:00Z"),
        ("2026-11-22T20:00:00.500Z", "2026-11-22T20:00:00.5Z"),
        ("2026-11-22T20:00:00.000000001+02:00", "2026-11-22T18:00:00.000000001Z"),
        ("2024-02-29T23:59:59-23:59", "2024-03-01T23:58:59Z"),
        ("2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0000-12-31T23:00:00-01:00", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
        ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
    ] {
        assert_eq!(Timestamp::parse(text).map(|time| time.to_string()).as_deref(), Some(shown), "{text}");
    }
    assert_eq!(Timestamp::parse("1969-12-31T23:59:59.5Z").map(Timestamp::nanos), Some(-500_000_000));
}

#[test]
fn refuses_what_is_not_rfc_3339() {
    for text in [
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T20:00:00",
        "2026-11-22 20:00:00Z",
        "2026-11-22T20:00Z",
        "2026-11-22T20:00:60Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T20:60:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-11-22T20:00:00.Z",
        "2026-11-22T20:00:00.1234567890Z",
        "2026-11-22T20:00:00,5Z",
        "2026-11-22T20:00:00+2:00",
        "2026-11-22T20:00:00+0200",
        "2026-11-22T20:00:00+24:00",
        "2026-11-22T20:00:00+02:60",
        "2026-11-22T20:00:00 02:00",
        "2026-11-22T20:00:00Z ",
        "+026-11-22T20:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "12026-01-01T00:00:00Z",
        "٢٠٢٦-11-22T20:00:00Z",
        "2026-11-22T20:00:00é",
        "2026-11-22é20:00:00Z",
        "2026-1é-22T20:00:00Z",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}

#[test]
fn reads_dates() {
    for (text, days) in
        [("1970-01-01", 0), ("2000-03-01", 11_017), ("0001-01-01", -719_162), ("9999-12-31", 2_932_896)]
    {
        let date = Date::parse(text).unwrap();
        assert_eq!((date.days(), date.to_string().as_str()), (days, text));
    }
    for text in [
        "",
        "0000-12-31",
        "2026-02-29",
        "2026-2-01",
        "2026-02-1",
        "2026/02/01",
        "2026-02-01T",
        "-026-02-01",
        "2026-02-0é",
    ] {
        assert_eq!(Date::parse(text), None, "{text}");
    }
    assert!(Date::parse("2026-02-01") < Date::parse("2026-10-01"));
}

#[test]
fn stays_within_its_years() {
    let day = Duration::parse("24h").unwrap();
    let (first, last) = ("0001-01-01T12:00:00Z", "9999-12-31T12:00:00Z");
    let (first, last) = (Timestamp::parse(first).unwrap(), Timestamp::parse(last).unwrap());
    assert_eq!(first.checked_sub(day), None);
    assert_eq!(last.checked_add(day), None);
    assert_eq!(first.checked_add(day).map(|time| time.since(first)), Some(day));
    let span = last.since(first);
    assert_eq!(first.checked_add(span), Some(last));
    assert_eq!(last.checked_sub(span), Some(first));
    assert_eq!(first.since(last).nanos(), -span.nanos());
}

#[test]
fn knows_zones() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    for (zone, time, offset) in [
        ("UTC", "2026-07-01T00:00:00Z", 0),
        ("Etc/UTC", "2026-07-01T00:00:00Z", 0),
        ("Europe/Berlin", "2026-07-01T00:00:00Z", 7_200),
        ("Europe/Berlin", "2026-01-01T00:00:00Z", 3_600),
        ("Europe/Berlin", "2026-03-29T00:59:59.999999999Z", 3_600),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", 7_200),
        ("America/New_York", "2026-07-01T00:00:00Z", -14_400),
        ("US/Eastern", "2026-01-01T00:00:00Z", -18_000),
        ("Asia/Kathmandu", "2026-01-01T00:00:00Z", 20_700),
        ("Europe/Berlin", "9999-12-31T23:59:59Z", 3_600),
        ("Australia/Sydney", "9999-12-31T23:59:59Z", 39_600),
        ("Europe/Berlin", "0001-01-01T00:00:00Z", 3_208),
        ("+02:00", "2026-01-01T00:00:00Z", 7_200),
        ("-07:30", "2026-01-01T00:00:00Z", -27_000),
        ("02:00", "2026-01-01T00:00:00Z", 7_200),
    ] {
        let zone = Zone::parse(zone).unwrap();
        assert_eq!(zone.offset_seconds(at(time)), offset, "{} at {time}", zone.name());
    }
    for name in [
        "",
        "utc",
        "europe/berlin",
        "Europe/Berlin ",
        "Mars/Olympus",
        "+2:00",
        "+24:00",
        "+02:60",
        "+0200",
        "+02:00:00",
        "/etc/localtime",
        "../UTC",
        "Etc/Unknown",
        "posixrules",
        "localtime",
        "EST5EDT4",
        ":UTC",
    ] {
        assert_eq!(Zone::parse(name), None, "{name}");
    }
    let version = Zone::data_version();
    assert!(version.starts_with("20") && version.len() == 5, "{version}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn agrees_with_another_library_on_calendars(
        seconds in FIRST_SECOND..=LAST_SECOND,
        nanos in 0..1_000_000_000u32,
        offset in -86_399..86_400i32,
    ) {
        let time = Timestamp::from_nanos(i128::from(seconds) * SECOND + i128::from(nanos)).unwrap();
        let other = DateTime::<Utc>::from_timestamp(seconds, nanos).unwrap();
        prop_assert_eq!(DateTime::parse_from_rfc3339(&time.to_string()).unwrap(), other);
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        let local = other.naive_utc() + TimeDelta::seconds(i64::from(offset));
        let expected = Civil {
            year: local.year(),
            month: u8::try_from(local.month()).unwrap(),
            day: u8::try_from(local.day()).unwrap(),
            weekday: u8::try_from(local.weekday().num_days_from_sunday()).unwrap(),
            day_of_year: u16::try_from(local.ordinal()).unwrap(),
            hour: u8::try_from(local.hour()).unwrap(),
            minute: u8::try_from(local.minute()).unwrap(),
            second: u8::try_from(local.second()).unwrap(),
            nanosecond: local.nanosecond(),
        };
        prop_assert_eq!(time.civil(offset), expected);
    }

    #[test]
    fn agrees_with_another_library_on_text(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-6][0-9])",
    ) {
        // The other library takes a leap second and larger offsets, and has no last year.
        let other = DateTime::parse_from_rfc3339(&text).ok().filter(|_| !text.contains(":60"));
        let other = other.and_then(|time| {
            Timestamp::from_nanos(i128::from(time.timestamp()) * SECOND + i128::from(time.timestamp_subsec_nanos()))
        });
        prop_assert_eq!(Timestamp::parse(&text), other);
    }

    #[test]
    fn agrees_with_another_library_on_zones(seconds in 0..2_100_000_000i64, idx in 0..6usize) {
        let name = ["Europe/Berlin", "America/Sao_Paulo", "Asia/Tokyo", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia"][idx];
        let other: chrono_tz::Tz = name.parse().unwrap();
        let expected = other.timestamp_opt(seconds, 0).unwrap().offset().fix().local_minus_utc();
        let time = Timestamp::from_nanos(i128::from(seconds) * SECOND).unwrap();
        prop_assert_eq!(Zone::parse(name).unwrap().offset_seconds(time), expected);
    }
}
