//! Keys of a scanned request, with their first eight bytes at hand so that most comparisons are one of integers.
//!
//! Most keys have at most eight bytes: then the prefix and the length are all of the key, and the request's bytes are
//! not looked at again. A prefix is padded with zeros, which cannot be mistaken for a part of the key since lengths are
//! compared too.

use actra_engine::model::RecordName;

use super::token::{self, ByteSpan};

/// A key without escapes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The first eight bytes, padded with zeros.
    prefix: u64,
    span: ByteSpan,
}

impl Key {
    /// The key that starts behind its opening quote at `start`, and the offset behind its closing quote; `None` for a
    /// key with an escape, which the strict reader has to read.
    #[inline(always)]
    pub(super) fn read(bytes: &[u8], start: usize) -> Option<(Key, usize)> {
        let end = token::plain(bytes, start);
        let prefix = match token::eight(bytes, start) {
            Some(eight) => eight & low_bytes(end - start),
            None => prefix(bytes.get(start..end)?),
        };
        (token::byte(bytes, end) == b'"')
            .then_some((Key { prefix, span: ByteSpan::new(start, end) }, end + 1))
    }

    /// Reads this key once more at `start`, and gives the offset behind its closing quote; `None` if another or a
    /// longer key stands there.
    ///
    /// Consecutive requests have few shapes: where one has a key, the next most likely has it too. Comparing eight
    /// bytes with it is cheaper than looking for the end of an unknown key.
    #[inline(always)]
    pub(super) fn repeated_at(self, bytes: &[u8], start: usize) -> Option<(Key, usize)> {
        let end = start + self.span.len();
        let there = self.span.len() <= 8
            && token::eight(bytes, start)? & low_bytes(self.span.len()) == self.prefix
            && token::byte(bytes, end) == b'"';
        there.then_some((Key { prefix: self.prefix, span: ByteSpan::new(start, end) }, end + 1))
    }

    /// The text of the key.
    #[inline(always)]
    pub(super) fn text(self, text: &str) -> &str {
        self.span.text(text)
    }

    #[inline(always)]
    pub(super) fn bytes(self, bytes: &[u8]) -> &[u8] {
        self.span.bytes(bytes)
    }

    /// Whether the key is this name.
    #[inline(always)]
    pub(super) fn matches(self, name: &SearchKey<'_>, bytes: &[u8]) -> bool {
        self.prefix == name.prefix
            && self.span.len() == name.bytes.len()
            && (name.bytes.len() <= 8 || self.bytes(bytes) == name.bytes)
    }

    #[inline(always)]
    fn is_same(self, other: Key, bytes: &[u8]) -> bool {
        self.prefix == other.prefix
            && self.span.len() == other.span.len()
            && (self.span.len() <= 8 || self.bytes(bytes) == other.bytes(bytes))
    }
}

/// A name that is looked for among keys, prepared once for all comparisons.
#[derive(Debug)]
pub(super) struct SearchKey<'n> {
    prefix: u64,
    bytes: &'n [u8],
}

impl<'n> SearchKey<'n> {
    #[inline(always)]
    pub(super) fn new(name: &'n [u8]) -> Self {
        Self { prefix: prefix(name), bytes: name }
    }
}

/// A mask of the lowest `count` bytes. The first byte of a text is the lowest, so it keeps the start of a prefix.
#[inline(always)]
fn low_bytes(count: usize) -> u64 {
    if count < 8 { (1 << (8 * count)) - 1 } else { u64::MAX }
}

/// The first eight bytes; a shorter text is padded with zeros.
#[inline(always)]
fn prefix(text: &[u8]) -> u64 {
    if let Some(eight) = text.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    // For four to seven bytes: the first four and the last four overlap, and where they do they agree.
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let shift = 8 * (text.len() - 4);
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << shift;
    }
    text.iter().rev().fold(0, |prefix, byte| prefix << 8 | u64::from(*byte))
}

/// The record whose name starts behind the quote at `start`, and the offset behind its closing quote.
#[inline(always)]
pub(super) fn record_name(bytes: &[u8], start: usize) -> Option<(RecordName, usize)> {
    const ACTION: u64 = u64::from_le_bytes(*b"action\"\0");
    const ACTOR: u64 = u64::from_le_bytes(*b"actor\"\0\0");
    const SNAPSHOT: u64 = u64::from_le_bytes(*b"snapshot");
    // Reading eight bytes never misses a record: even `actor":1}` has more, so fewer are no request.
    let eight = token::eight(bytes, start)?;
    if eight & low_bytes(7) == ACTION {
        return Some((RecordName::Action, start + 7));
    }
    if eight & low_bytes(6) == ACTOR {
        return Some((RecordName::Actor, start + 6));
    }
    (eight == SNAPSHOT && token::byte(bytes, start + 8) == b'"').then_some((RecordName::Snapshot, start + 9))
}

/// Up to so many keys are compared in pairs; more are sorted first.
pub(super) const MAX_PAIRWISE_KEYS: usize = 16;

/// Whether no key occurs twice. More than [`MAX_PAIRWISE_KEYS`] items are sorted by key afterwards, which look-ups
/// rely on.
#[inline(always)]
pub(super) fn are_distinct<T>(bytes: &[u8], items: &mut [T], key: impl Fn(&T) -> Key) -> bool {
    if items.len() > MAX_PAIRWISE_KEYS {
        let text = |item: &T| key(item).bytes(bytes);
        items.sort_unstable_by(|left, right| text(left).cmp(text(right)));
        return items.is_sorted_by(|left, right| text(left) != text(right));
    }
    let mut rest = &*items;
    while let [first, others @ ..] = rest {
        if others.iter().any(|other| key(first).is_same(key(other), bytes)) {
            return false;
        }
        rest = others;
    }
    true
}
