//! Where the tokens of strict JSON end; `None` for text that is refused.
//!
//! Offsets are of bytes, and every function may be called with any offset: what lies beyond the text reads as zero.

/// A byte of 1 in each of eight.
const ONES: u64 = u64::from_le_bytes([0x01; 8]);
/// The highest bit of each of eight bytes.
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// Bytes of the request, from `start` to before `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByteSpan {
    start: u32,
    end: u32,
}

impl ByteSpan {
    /// Offsets fit: a request has at most [`limits::REQUEST_BYTES`](actra_engine::model::limits::REQUEST_BYTES).
    #[inline(always)]
    pub(super) fn new(start: usize, end: usize) -> Self {
        ByteSpan { start: start as u32, end: end as u32 }
    }

    /// The text of the range.
    #[inline(always)]
    pub(super) fn text(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    #[inline(always)]
    pub(super) fn bytes(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or(&[])
    }

    #[inline(always)]
    pub(super) fn len(self) -> usize {
        self.end.wrapping_sub(self.start) as usize
    }
}

/// The byte at a place; 0, which JSON has nowhere outside of strings, behind the end.
#[inline(always)]
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// The first byte at or behind a place that is no white space, and its place.
#[inline(always)]
pub(super) fn next(bytes: &[u8], at: usize) -> (usize, u8) {
    match byte(bytes, at) {
        ..=b' ' => after_space(bytes, at),
        next => (at, next),
    }
}

#[cold]
fn after_space(bytes: &[u8], mut at: usize) -> (usize, u8) {
    loop {
        match byte(bytes, at) {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            next => return (at, next),
        }
    }
}

/// The offset behind a word such as `true`.
#[inline(always)]
pub(super) fn word(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let end = at + word.len();
    (bytes.get(at..end) == Some(word)).then_some(end)
}

/// The offset behind a number.
#[inline(always)]
pub(super) fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let at = at + usize::from(byte(bytes, at) == b'-');
    let at = if byte(bytes, at) == b'0' { at + 1 } else { digits(bytes, at)? };
    match byte(bytes, at) {
        b'.' | b'e' | b'E' => fraction(bytes, at),
        _ => Some(at),
    }
}

fn fraction(bytes: &[u8], mut at: usize) -> Option<usize> {
    if byte(bytes, at) == b'.' {
        at = digits(bytes, at + 1)?;
    }
    if matches!(byte(bytes, at), b'e' | b'E') {
        let signed = matches!(byte(bytes, at + 1), b'+' | b'-');
        at = digits(bytes, at + 1 + usize::from(signed))?;
    }
    Some(at)
}

#[inline(always)]
fn digits(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while byte(bytes, at).is_ascii_digit() {
        at += 1;
    }
    (at > start).then_some(at)
}

/// Whether the bytes between the quotes of a string are its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StringForm {
    /// They are its text as they stand.
    Plain,
    /// With escapes, all of them valid.
    Escaped,
}

/// The offset of the quote that ends a string; `start` is behind the one that begins it.
#[inline(always)]
pub(super) fn string(bytes: &[u8], start: usize) -> Option<(usize, StringForm)> {
    let at = plain(bytes, start);
    if byte(bytes, at) == b'"' { Some((at, StringForm::Plain)) } else { escaped(bytes, at) }
}

/// The offset of the first quote, backslash or control byte.
///
/// Computed without branches: the length of a value cannot be predicted.
#[inline(always)]
pub(super) fn plain(bytes: &[u8], start: usize) -> usize {
    match eight(bytes, start).map(special) {
        Some(0) => long_plain(bytes, start + 8),
        Some(special) => start + first(special),
        None => long_plain(bytes, start),
    }
}

/// What [`plain`] looks for, in text that is long or near the end of the request.
#[inline(never)]
fn long_plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = eight(bytes, at) {
        let special = special(eight);
        if special != 0 {
            return at + first(special);
        }
        at += 8;
    }
    while !matches!(byte(bytes, at), b'"' | b'\\' | ..0x20) {
        at += 1;
    }
    at
}

/// Eight bytes, if there are so many; the first is the lowest.
#[inline(always)]
pub(super) fn eight(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map(|eight| u64::from_le_bytes(*eight))
}

/// How many bytes are below the lowest mark.
#[inline(always)]
fn first(marks: u64) -> usize {
    (marks.trailing_zeros() >> 3) as usize
}

/// Marks bytes that are a quote, a backslash or below a space; the lowest mark is exact, ones above it may be false.
///
/// A subtraction borrows only from bytes above one that it marks.
#[inline(always)]
fn special(eight: u64) -> u64 {
    let quotes = eight ^ (ONES * b'"' as u64);
    let slashes = eight ^ (ONES * b'\\' as u64);
    let below = |bytes: u64, bound: u64| bytes.wrapping_sub(ONES * bound) & !bytes;
    (below(quotes, 1) | below(slashes, 1) | below(eight, 0x20)) & HIGHS
}

/// The place of the quote that ends a string, from its first backslash.
fn escaped(bytes: &[u8], mut at: usize) -> Option<(usize, StringForm)> {
    loop {
        match byte(bytes, at) {
            b'"' => return Some((at, StringForm::Escaped)),
            b'\\' => at = plain(bytes, escape(bytes, at + 1)?),
            _ => return None,
        }
    }
}

/// The place behind an escape, from behind its backslash.
fn escape(bytes: &[u8], at: usize) -> Option<usize> {
    match byte(bytes, at) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => match unit(bytes, at + 1)? {
            0xd800..0xdc00 => {
                let low = word(bytes, at + 5, b"\\u")?;
                matches!(unit(bytes, low)?, 0xdc00..0xe000).then_some(low + 4)
            }
            0xdc00..0xe000 => None,
            _ => Some(at + 5),
        },
        _ => None,
    }
}

/// The value of four hexadecimal digits.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}
