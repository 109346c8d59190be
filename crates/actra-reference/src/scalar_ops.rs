//! Leaf functions, on other libraries than the engine's where one exists: PCRE2 for patterns, chrono for calendars
//! and time zones.

use std::cell::RefCell;
use std::collections::HashMap;

use actra_model::{Decimal, DecimalError, Duration, Quantity, Reason, Timestamp};
use actra_syntax::ast::BinaryOp;
use chrono::{DateTime, Datelike, FixedOffset, Offset, TimeZone, Timelike, Utc};
use pcre2::bytes::{Regex, RegexBuilder};

use crate::value::V;

/// Whether a pattern is found anywhere in a text.
pub fn matches(text: &str, pattern: &str) -> bool {
    thread_local! {
        static SEEN: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
    }
    SEEN.with_borrow_mut(|seen| {
        let regex = seen.entry(pattern.to_owned()).or_insert_with(|| {
            // Without UCP, `\d \w \s \b` are ASCII, as the language has them.
            RegexBuilder::new()
                .utf(true)
                .build(&at_the_end(pattern))
                .expect("both engines accept the pattern")
        });
        regex.is_match(text.as_bytes()).expect("PCRE2 stays within its limits")
    })
}

/// `$` is the very end as in RE2, where PCRE2 also stops before a last line feed.
fn at_the_end(pattern: &str) -> String {
    let (mut out, mut in_class) = (String::new(), false);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend([Some(c), chars.next()].into_iter().flatten()),
            '$' if !in_class => out.push_str("\\z"),
            _ => {
                in_class = (in_class || c == '[') && c != ']';
                out.push(c);
            }
        }
    }
    out
}

/// `timestamp("...")` and its like.
pub fn literal(name: &str, text: &V) -> V {
    let V::Str(text) = text else { return V::Null };
    match name {
        "timestamp" => Timestamp::parse(text).map(V::Time),
        "duration" => Duration::parse(text).map(V::Span),
        _ => Quantity::parse(text).map(V::Amount),
    }
    .expect("the set compiles")
}

/// `+ - *` on scalars.
pub fn arithmetic(op: BinaryOp, a: &V, b: &V) -> Option<V> {
    match (op, a, b) {
        (BinaryOp::Add, V::Num(a), V::Num(b)) => a.checked_add(*b).map(V::Num),
        (BinaryOp::Subtract, V::Num(a), V::Num(b)) => a.checked_sub(*b).map(V::Num),
        (BinaryOp::Multiply, V::Num(a), V::Num(b)) => a.checked_mul(*b).map(V::Num),
        (BinaryOp::Add, V::Time(at), V::Span(span)) | (BinaryOp::Add, V::Span(span), V::Time(at)) => {
            at.checked_add(*span).map(V::Time)
        }
        (BinaryOp::Subtract, V::Time(at), V::Span(span)) => at.checked_sub(*span).map(V::Time),
        (BinaryOp::Subtract, V::Time(a), V::Time(b)) => {
            Duration::from_nanos(a.nanos() - b.nanos()).map(V::Span)
        }
        (BinaryOp::Add, V::Span(a), V::Span(b)) => Duration::from_nanos(a.nanos() + b.nanos()).map(V::Span),
        (BinaryOp::Subtract, V::Span(a), V::Span(b)) => {
            Duration::from_nanos(a.nanos() - b.nanos()).map(V::Span)
        }
        _ => None,
    }
}

/// `-x` of a duration.
pub fn negate(span: Duration) -> Option<V> {
    Duration::from_nanos(-span.nanos()).map(V::Span)
}

/// `a < b` on values of one ordered type.
pub fn less(a: &V, b: &V) -> Option<bool> {
    Some(match (a, b) {
        (V::Num(a), V::Num(b)) => a < b,
        (V::Str(a), V::Str(b)) => a.chars().lt(b.chars()),
        (V::Time(a), V::Time(b)) => a.nanos() < b.nanos(),
        (V::Date(a), V::Date(b)) => a.days() < b.days(),
        (V::Span(a), V::Span(b)) => a.nanos() < b.nanos(),
        (V::Amount(a), V::Amount(b)) => a.value() < b.value(),
        _ => return None,
    })
}

/// A calendar part as CEL counts it, in a zone of chrono's own data.
pub fn calendar(name: &str, at: Timestamp, zone: &str) -> i64 {
    let seconds = i64::try_from(at.nanos().div_euclid(1_000_000_000)).expect("years 1 to 9999");
    let nanos = u32::try_from(at.nanos().rem_euclid(1_000_000_000)).expect("below a second");
    let utc = DateTime::from_timestamp(seconds, nanos).expect("chrono's range is wider");
    let local = utc.with_timezone(&offset(zone, &utc));
    i64::from(match name {
        "getFullYear" => return i64::from(local.year()),
        "getMonth" => local.month0(),
        "getDate" => local.day(),
        "getDayOfMonth" => local.day0(),
        "getDayOfWeek" => local.weekday().num_days_from_sunday(),
        "getDayOfYear" => local.ordinal0(),
        "getHours" => local.hour(),
        "getMinutes" => local.minute(),
        "getSeconds" => local.second(),
        _ => local.nanosecond() / 1_000_000,
    })
}

fn offset(zone: &str, at: &DateTime<Utc>) -> FixedOffset {
    if let Ok(zone) = zone.parse::<chrono_tz::Tz>() {
        return zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    }
    let (sign, clock) = zone.strip_prefix('-').map_or((1, zone.trim_start_matches('+')), |clock| (-1, clock));
    let (hours, minutes) = clock.split_once(':').expect("an offset");
    let seconds = hours.parse::<i32>().expect("hours") * 3600 + minutes.parse::<i32>().expect("minutes") * 60;
    FixedOffset::east_opt(sign * seconds).expect("below a day")
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn text(chars: &[char]) -> V {
    V::Str(chars.iter().collect())
}

/// Functions of strings, sizes and conversions; the receiver is the first operand.
pub fn function(name: &str, values: &[V]) -> Result<V, Reason> {
    let count = |count: usize| V::Num(Decimal::from(i64::try_from(count).expect("small")));
    Ok(match (name, values) {
        ("size", [V::Str(text)]) => count(text.chars().count()),
        ("size", [V::List(items)]) => count(items.len()),
        ("size", [V::Map(members)]) => count(members.len()),
        ("string", [value]) => V::Str(shown(value)?),
        ("int" | "double", [V::Str(text)]) => number(name, text)?,
        (_, [V::Str(subject), rest @ ..]) => string(name, subject, rest)?,
        _ => return Err(Reason::WrongKind),
    })
}

fn number(name: &str, text: &str) -> Result<V, Reason> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if name == "int" && (digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit())) {
        return Err(Reason::NotConvertible);
    }
    let text = if name == "int" {
        let digits = digits.trim_start_matches('0');
        format!(
            "{}{}",
            if text.starts_with('-') { "-" } else { "" },
            if digits.is_empty() { "0" } else { digits }
        )
    } else {
        text.to_owned()
    };
    match Decimal::parse_json(&text) {
        Ok(number) => Ok(V::Num(number)),
        Err(DecimalError::Range) => Err(Reason::NotRepresentable),
        Err(DecimalError::Syntax) => Err(Reason::NotConvertible),
    }
}

/// A scalar as text.
pub fn shown(value: &V) -> Result<String, Reason> {
    Ok(match value {
        V::Str(text) => text.clone(),
        V::Num(number) => number.to_string(),
        V::Bool(value) => value.to_string(),
        V::Time(at) => at.to_string(),
        V::Date(date) => date.to_string(),
        V::Span(span) => span.to_string(),
        V::Ip(address) => address.to_string(),
        V::Url(url) => url.as_str().to_owned(),
        V::Path(path) => path.to_string(),
        _ => return Err(Reason::WrongKind),
    })
}

fn position(value: Option<&V>, otherwise: usize, most: usize) -> Result<usize, Reason> {
    match value {
        None => Ok(otherwise),
        Some(V::Num(number)) => {
            let at = number.to_i64().and_then(|at| usize::try_from(at).ok());
            at.filter(|at| *at <= most).ok_or(Reason::OutOfRange)
        }
        Some(_) => Err(Reason::WrongKind),
    }
}

/// How many times at most; negative is no limit.
fn limit(value: Option<&V>) -> Result<Option<usize>, Reason> {
    match value {
        None => Ok(None),
        Some(V::Num(number)) if *number < Decimal::ZERO && number.is_integer() => Ok(None),
        Some(V::Num(number)) => {
            number.to_i64().and_then(|at| usize::try_from(at).ok()).map(Some).ok_or(Reason::OutOfRange)
        }
        Some(_) => Err(Reason::WrongKind),
    }
}

fn string(name: &str, subject: &str, rest: &[V]) -> Result<V, Reason> {
    let part = || match rest.first() {
        Some(V::Str(part)) => Ok(part.as_str()),
        _ => Err(Reason::WrongKind),
    };
    let found =
        |at: Option<usize>| V::Num(Decimal::from(at.map_or(-1, |at| i64::try_from(at).expect("small"))));
    let all = chars(subject);
    Ok(match name {
        "startsWith" => V::Bool(all.starts_with(&chars(part()?))),
        "endsWith" => V::Bool(all.ends_with(&chars(part()?))),
        "contains" => V::Bool(occurrences(&all, &chars(part()?)).next().is_some()),
        "matches" => V::Bool(matches(subject, part()?)),
        "lowerAscii" => V::Str(subject.to_ascii_lowercase()),
        "upperAscii" => V::Str(subject.to_ascii_uppercase()),
        "trim" => V::Str(subject.trim().to_owned()),
        "indexOf" => {
            let from = position(rest.get(1), 0, all.len())?;
            found(occurrences(&all, &chars(part()?)).find(|at| *at >= from))
        }
        "lastIndexOf" => {
            let until = position(rest.get(1), all.len(), all.len())?;
            found(occurrences(&all, &chars(part()?)).filter(|at| *at <= until).last())
        }
        "substring" => {
            let start = position(rest.first(), 0, all.len())?;
            let end = position(rest.get(1), all.len(), all.len())?;
            text(all.get(start..end).ok_or(Reason::OutOfRange)?)
        }
        "split" => split(subject, part()?, limit(rest.get(1))?),
        "replace" => {
            let Some(V::Str(new)) = rest.get(1) else { return Err(Reason::WrongKind) };
            let times = limit(rest.get(2))?.unwrap_or(usize::MAX);
            V::Str(subject.replacen(part()?, new, times))
        }
        _ => return Err(Reason::WrongKind),
    })
}

/// Where a part occurs, by trying every place.
fn occurrences<'t>(all: &'t [char], part: &'t [char]) -> impl Iterator<Item = usize> + 't {
    (0..=all.len()).filter(move |at| all[*at..].starts_with(part))
}

fn split(subject: &str, separator: &str, limit: Option<usize>) -> V {
    let parts: Vec<String> = match (limit, separator) {
        (Some(0), _) => Vec::new(),
        (Some(1), _) => vec![subject.to_owned()],
        (None, "") => subject.chars().map(String::from).collect(),
        (Some(limit), "") => {
            let all = chars(subject);
            let single = all.len().min(limit - 1);
            let mut parts: Vec<String> = all[..single].iter().map(|c| String::from(*c)).collect();
            if single < all.len() {
                parts.push(all[single..].iter().collect());
            }
            parts
        }
        (None, separator) => subject.split(separator).map(str::to_owned).collect(),
        (Some(limit), separator) => subject.splitn(limit, separator).map(str::to_owned).collect(),
    };
    V::List(parts.into_iter().map(|part| Ok(V::Str(part))).collect())
}
