//! The strings extension of CEL, by code points.

use actra_model::{Decimal, DecimalError};

/// `int(s)`: `-?[0-9]+`.
pub(super) fn integer(text: &str) -> Result<Decimal, DecimalError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::Syntax);
    }
    // JSON knows no leading zeros.
    let significant = digits.trim_start_matches('0');
    let significant = if significant.is_empty() { "0" } else { significant };
    let value = Decimal::parse_json(significant)?;
    Ok(if text.starts_with('-') { value.negate() } else { value })
}

/// The byte where the code point with this number starts; the end of the text for the number of code points.
fn byte_at(text: &str, position: i64) -> Option<usize> {
    let position = usize::try_from(position).ok()?;
    text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(position)
}

/// How many code points lie before a byte.
fn code_points_before(text: &str, byte: usize) -> i64 {
    let before = text.get(..byte).unwrap_or(text);
    i64::try_from(before.chars().count()).unwrap_or(i64::MAX)
}

/// Whether a text is long enough to contain another. Checked first, since a search prepares all of the wanted text
/// before it looks at the other.
fn may_contain(text: &str, wanted: &str) -> bool {
    wanted.len() <= text.len()
}

/// The first place at or behind `offset`, -1 if there is none; `None` for an offset outside of the text.
pub(super) fn index_of(text: &str, wanted: &str, offset: Option<i64>) -> Option<i64> {
    let start = byte_at(text, offset.unwrap_or(0))?;
    let found = text.get(start..).filter(|rest| may_contain(rest, wanted)).and_then(|rest| rest.find(wanted));
    Some(found.map_or(-1, |byte| code_points_before(text, start + byte)))
}

/// The last place at or before `offset`, -1 if there is none; `None` for an offset outside of the text.
pub(super) fn last_index_of(text: &str, wanted: &str, offset: Option<i64>) -> Option<i64> {
    let end = match offset {
        // A match may start at the offset and reach beyond it.
        Some(offset) => byte_at(text, offset)?.saturating_add(wanted.len()).min(text.len()),
        None => text.len(),
    };
    // A match that starts at the offset ends at `end` exactly, where a code point ends; if `end` lies inside of one,
    // no match ends there.
    let end = (0..=end).rev().find(|end| text.is_char_boundary(*end))?;
    let found =
        text.get(..end).filter(|start| may_contain(start, wanted)).and_then(|start| start.rfind(wanted));
    Some(found.map_or(-1, |byte| code_points_before(text, byte)))
}

/// From `start` up to `end`; `None` unless `0 <= start <= end <= size`.
pub(super) fn substring(text: &str, start: i64, end: Option<i64>) -> Option<&str> {
    let first = byte_at(text, start)?;
    let last = match end {
        Some(end) if end < start => return None,
        Some(end) => byte_at(text, end)?,
        None => text.len(),
    };
    text.get(first..last)
}

/// The parts between separators: at most `limit`, the last of which is the rest; all if it is negative.
///
/// An empty separator gives the code points.
pub(super) fn split<'t>(text: &'t str, separator: &'t str, limit: i64) -> impl Iterator<Item = &'t str> {
    let mut rest = (limit != 0 && !(separator.is_empty() && text.is_empty())).then_some(text);
    let mut left = limit;
    std::iter::from_fn(move || {
        let current = rest?;
        if left == 1 {
            return rest.take();
        }
        left -= 1;
        let (part, tail) = cut(current, separator);
        rest = tail;
        Some(part)
    })
}

fn cut<'t>(text: &'t str, separator: &str) -> (&'t str, Option<&'t str>) {
    if !may_contain(text, separator) {
        return (text, None);
    }
    if !separator.is_empty() {
        return text.split_once(separator).map_or((text, None), |(part, tail)| (part, Some(tail)));
    }
    let end = text.chars().next().map_or(0, char::len_utf8);
    let (part, tail) = text.split_at_checked(end).unwrap_or((text, ""));
    (part, (!tail.is_empty()).then_some(tail))
}

/// The first `limit` places of `old` replaced, all if it is negative; `None` if the result is longer than `longest`.
///
/// An empty `old` is found before every code point and at the end.
pub(super) fn replace(text: &str, old: &str, new: &str, limit: i64, longest: usize) -> Option<String> {
    if !may_contain(text, old) {
        return (text.len() <= longest).then(|| text.to_owned());
    }
    let places = usize::try_from(limit).unwrap_or(usize::MAX);
    let count = text.matches(old).take(places).count();
    let length = (text.len() - count * old.len()).checked_add(count.checked_mul(new.len())?)?;
    (length <= longest).then(|| text.replacen(old, new, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_go_does() {
        let parts = |text, separator, limit| split(text, separator, limit).collect::<Vec<_>>();
        assert_eq!(parts("a,b,c", ",", -1), ["a", "b", "c"]);
        assert_eq!(parts("a,b,c", ",", 0), [""; 0]);
        assert_eq!(parts("a,b,c", ",", 1), ["a,b,c"]);
        assert_eq!(parts("a,b,c", ",", 2), ["a", "b,c"]);
        assert_eq!(parts("a,b,c", ",", 9), ["a", "b", "c"]);
        assert_eq!(parts(",a,", ",", -1), ["", "a", ""]);
        assert_eq!(parts("", ",", -1), [""]);
        assert_eq!(parts("äbc", "", -1), ["ä", "b", "c"]);
        assert_eq!(parts("äbc", "", 2), ["ä", "bc"]);
        assert_eq!(parts("äbc", "", 1), ["äbc"]);
        assert_eq!(parts("", "", -1), [""; 0]);
        assert_eq!(parts("", "", 1), [""; 0]);
    }

    #[test]
    fn finds_by_code_points() {
        assert_eq!(index_of("tacocat", "ac", None), Some(1));
        assert_eq!(index_of("ta©o©αT", "©", Some(3)), Some(4));
        assert_eq!(index_of("tacocat", "none", None), Some(-1));
        assert_eq!(index_of("tacocat", "", Some(3)), Some(3));
        assert_eq!(index_of("abc", "", Some(3)), Some(3));
        assert_eq!(index_of("abc", "c", Some(3)), Some(-1));
        assert_eq!(index_of("abc", "c", Some(4)), None);
        assert_eq!(index_of("abc", "a", Some(-1)), None);
        assert_eq!(last_index_of("tacocat", "at", None), Some(5));
        assert_eq!(last_index_of("tacocat", "none", None), Some(-1));
        assert_eq!(last_index_of("tacocat", "", None), Some(7));
        assert_eq!(last_index_of("tacocat", "", Some(3)), Some(3));
        assert_eq!(last_index_of("tacocat", "at", Some(4)), Some(-1));
        assert_eq!(last_index_of("ta©o©αT", "©", Some(3)), Some(2));
        assert_eq!(last_index_of("ta©o©αT", "©", Some(4)), Some(4));
        assert_eq!(last_index_of("bbb", "bb", Some(3)), Some(1));
        assert_eq!(last_index_of("äöä", "ä", Some(1)), Some(0));
        assert_eq!(last_index_of("abc", "a", Some(4)), None);
    }

    #[test]
    fn cuts_by_code_points() {
        assert_eq!(substring("tacocat", 4, None), Some("cat"));
        assert_eq!(substring("ta©o©αT", 2, Some(6)), Some("©o©α"));
        assert_eq!(substring("abc", 3, None), Some(""));
        assert_eq!(substring("abc", 1, Some(1)), Some(""));
        assert_eq!(substring("abc", 2, Some(1)), None);
        assert_eq!(substring("abc", 0, Some(4)), None);
        assert_eq!(substring("abc", -1, None), None);
    }

    #[test]
    fn replaces_as_go_does() {
        let result = |text, old, new, limit| replace(text, old, new, limit, 40);
        assert_eq!(result("hello hello", "he", "we", -1).as_deref(), Some("wello wello"));
        assert_eq!(result("hello hello", "he", "we", 1).as_deref(), Some("wello hello"));
        assert_eq!(result("hello hello", "he", "we", 0).as_deref(), Some("hello hello"));
        assert_eq!(result("äb", "", "-", -1).as_deref(), Some("-ä-b-"));
        assert_eq!(result("äb", "", "-", 2).as_deref(), Some("-ä-b"));
        assert_eq!(result("aaaaaaaa", "a", "123456", -1), None);
    }
}
