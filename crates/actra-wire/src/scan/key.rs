//! Keys where they lie, made to be compared quickly.

use actra_engine::model::Domain;

use super::token::{self, Span};

/// A key without escapes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// Its first eight bytes, zeros behind a shorter one; together with the length all that most keys are.
    head: u64,
    span: Span,
}

impl Key {
    /// The key that starts behind a quote, and the place behind its other quote.
    #[inline(always)]
    pub(super) fn read(bytes: &[u8], start: usize) -> Option<(Key, usize)> {
        let end = token::plain(bytes, start);
        let head = match token::eight(bytes, start) {
            Some(eight) => eight & lowest(end - start),
            None => head(bytes.get(start..end)?),
        };
        (token::byte(bytes, end) == b'"').then_some((Key { head, span: Span::new(start, end) }, end + 1))
    }

    /// The same key at another place, and the place behind its quote; `None` if it is not there or is long.
    ///
    /// Requests come in few shapes: where one has a key, the next one most likely has it too.
    #[inline(always)]
    pub(super) fn again(self, bytes: &[u8], start: usize) -> Option<(Key, usize)> {
        let end = start + self.span.len();
        let there = self.span.len() <= 8
            && token::eight(bytes, start)? & lowest(self.span.len()) == self.head
            && token::byte(bytes, end) == b'"';
        there.then_some((Key { head: self.head, span: Span::new(start, end) }, end + 1))
    }

    /// What it is.
    #[inline(always)]
    pub(super) fn of(self, text: &str) -> &str {
        self.span.of(text)
    }

    #[inline(always)]
    pub(super) fn bytes(self, bytes: &[u8]) -> &[u8] {
        self.span.bytes(bytes)
    }

    /// Whether it is this name.
    #[inline(always)]
    pub(super) fn is(self, name: &Name<'_>, bytes: &[u8]) -> bool {
        self.head == name.head
            && self.span.len() == name.bytes.len()
            && (name.bytes.len() <= 8 || self.bytes(bytes) == name.bytes)
    }

    #[inline(always)]
    fn equals(self, other: Key, bytes: &[u8]) -> bool {
        self.head == other.head
            && self.span.len() == other.span.len()
            && (self.span.len() <= 8 || self.bytes(bytes) == other.bytes(bytes))
    }
}

/// A name that keys are compared with.
#[derive(Debug)]
pub(super) struct Name<'n> {
    head: u64,
    bytes: &'n [u8],
}

impl<'n> Name<'n> {
    #[inline(always)]
    pub(super) fn new(name: &'n [u8]) -> Self {
        Self { head: head(name), bytes: name }
    }
}

/// A mask of so many bytes.
#[inline(always)]
fn lowest(count: usize) -> u64 {
    if count < 8 { (1 << (8 * count)) - 1 } else { u64::MAX }
}

/// The first eight bytes; of shorter text all, and zeros.
#[inline(always)]
fn head(text: &[u8]) -> u64 {
    if let Some(eight) = text.first_chunk::<8>() {
        return u64::from_le_bytes(*eight);
    }
    // Two halves that overlap cover every length between theirs.
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let shift = 8 * (text.len() - 4);
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << shift;
    }
    text.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte))
}

/// The record whose name starts behind a quote, and the place behind its other quote.
#[inline(always)]
pub(super) fn domain(bytes: &[u8], start: usize) -> Option<(Domain, usize)> {
    const ACTION: u64 = u64::from_le_bytes(*b"action\"\0");
    const ACTOR: u64 = u64::from_le_bytes(*b"actor\"\0\0");
    const SNAPSHOT: u64 = u64::from_le_bytes(*b"snapshot");
    // The shortest name with a value and what ends the request has more than eight bytes.
    let eight = token::eight(bytes, start)?;
    if eight & lowest(7) == ACTION {
        return Some((Domain::Action, start + 7));
    }
    if eight & lowest(6) == ACTOR {
        return Some((Domain::Actor, start + 6));
    }
    (eight == SNAPSHOT && token::byte(bytes, start + 8) == b'"').then_some((Domain::Snapshot, start + 9))
}

/// So few keys are compared with each other; more are sorted first.
pub(super) const FEW: usize = 16;

/// Whether no key stands twice; more than [`FEW`] are in byte order afterwards.
#[inline(always)]
pub(super) fn distinct<T>(bytes: &[u8], items: &mut [T], key: impl Fn(&T) -> Key) -> bool {
    if items.len() > FEW {
        let text = |item: &T| key(item).bytes(bytes);
        items.sort_unstable_by(|left, right| text(left).cmp(text(right)));
        return items.is_sorted_by(|left, right| text(left) != text(right));
    }
    let mut rest = &*items;
    while let [first, others @ ..] = rest {
        if others.iter().any(|other| key(first).equals(key(other), bytes)) {
            return false;
        }
        rest = others;
    }
    true
}
