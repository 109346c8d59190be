//! The primitives of a compiled policy's body: numbers, texts and lists.
//!
//! A body is the length of all texts, the texts themselves, and then everything else, which refers to the texts in
//! their order. So one check of the whole pool suffices to know that every text is UTF-8.
//!
//! The reader trusts nothing: the memory that it takes is bounded by the length of the body, whatever the body claims,
//! and each number can be written in one way only, so that equal policies have equal bytes.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actra_engine::ir::Expr;
use actra_engine::model::{Pattern, RecordName, limits};

/// Tag of a text that occurs once; its length follows. Most are ids, and the reader need not remember them.
const UNIQUE: u64 = 0;
/// Tag of the first use of a text that occurs again; its length follows.
const FIRST_USE: u64 = 1;
/// Tag of a further use: the number, from 0, of the [`FIRST_USE`] that it repeats.
const BACK_REFERENCE: u64 = 2;
/// Back references to texts up to this length may be copied by the reader. A longer text that is copied is written out
/// each time: otherwise a few bytes of references could ask for much memory.
const MAX_COPIED: usize = 64;

/// Appends to a body. A text that occurs in several places is written once and then referred to by number.
#[derive(Debug, Default)]
pub(super) struct BodyWriter {
    out: Vec<u8>,
    pool: Vec<u8>,
    back_references: HashMap<Arc<str>, u64>,
    repeated: HashSet<Arc<str>>,
    /// Whether this is the first of two passes, which only finds out which texts occur again.
    is_draft: bool,
    fields: HashMap<(RecordName, Arc<str>), u64>,
}

impl BodyWriter {
    /// The body that `write` writes. It is called twice: the first pass finds the texts that occur again.
    pub(super) fn body(write: impl Fn(&mut Self)) -> Vec<u8> {
        let mut draft = Self { is_draft: true, ..Self::default() };
        write(&mut draft);
        let mut writer = Self { repeated: draft.repeated, ..Self::default() };
        write(&mut writer);
        let mut body = Self::default();
        body.count(writer.pool.len());
        body.bytes(&writer.pool);
        body.bytes(&writer.out);
        body.out
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    /// LEB128: seven bits in each byte, the lowest first; the highest bit says that more follow.
    pub(super) fn unsigned(&mut self, value: u64) {
        self.wide(u128::from(value));
    }

    pub(super) fn count(&mut self, count: usize) {
        self.unsigned(count as u64);
    }

    fn wide(&mut self, mut value: u128) {
        while value >= 0x80 {
            self.byte((value as u8 & 0x7F) | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }

    /// Zigzag encoding: the sign is the lowest bit, so that small negative numbers stay short.
    pub(super) fn signed(&mut self, value: i128) {
        self.wide(((value << 1) ^ (value >> 127)) as u128);
    }

    /// A text: its length or number, with the tag in the two lowest bits.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(number) = self.back_references.get(text) {
            let number = *number;
            if self.is_draft {
                self.repeated.insert(text.into());
            }
            return self.unsigned(number << 2 | BACK_REFERENCE);
        }
        let is_repeated = self.is_draft || self.repeated.contains(text);
        if is_repeated {
            self.back_references.insert(text.into(), self.back_references.len() as u64);
        }
        self.unsigned((text.len() as u64) << 2 | if is_repeated { FIRST_USE } else { UNIQUE });
        self.pool.extend_from_slice(text.as_bytes());
    }

    /// A text of which the reader makes a copy for each place.
    pub(super) fn copied(&mut self, text: &str) {
        if text.len() <= MAX_COPIED {
            return self.text(text);
        }
        self.unsigned((text.len() as u64) << 2 | UNIQUE);
        self.pool.extend_from_slice(text.as_bytes());
    }

    /// The number, from 0, of a field that was written before; `None` for a new one, which gets the next number.
    pub(super) fn field(&mut self, record: RecordName, name: &Arc<str>) -> Option<u64> {
        let next = self.fields.len() as u64;
        match self.fields.entry((record, Arc::clone(name))) {
            Entry::Occupied(known) => Some(*known.get()),
            Entry::Vacant(place) => {
                place.insert(next);
                None
            }
        }
    }

    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        let items = items.into_iter();
        self.count(items.len());
        for item in items {
            write(self, item);
        }
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Reads a body; `None` from anything means that it is malformed.
#[derive(Debug)]
pub(super) struct BodyReader<'b> {
    rest: &'b [u8],
    length: usize,
    /// The texts that are not used yet.
    pool: &'b str,
    /// The texts that occur again, each with the allocation that its places share once one of them asked for it.
    texts: Vec<(&'b str, Option<Arc<str>>)>,
    /// The fields so far, which conditions share.
    pub(super) fields: Vec<Arc<Expr>>,
    patterns: HashMap<Arc<str>, Pattern>,
    depth: usize,
    /// How many elements of all open lists are still to be read.
    pending: usize,
}

impl<'b> BodyReader<'b> {
    /// Reads the texts, which come first; an offset for texts that are cut off or not UTF-8.
    pub(super) fn new(bytes: &'b [u8]) -> Result<Self, usize> {
        let mut reader = Self {
            rest: bytes,
            length: bytes.len(),
            pool: "",
            texts: Vec::new(),
            fields: Vec::new(),
            patterns: HashMap::new(),
            depth: 0,
            pending: 0,
        };
        match reader.count().and_then(|length| reader.bytes(length)).map(str::from_utf8) {
            Some(Ok(pool)) => Ok(Self { pool, ..reader }),
            _ => Err(reader.at()),
        }
    }

    pub(super) fn at(&self) -> usize {
        self.length - self.rest.len()
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty() && self.pool.is_empty()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    #[inline]
    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        match *self.rest {
            [byte, ref rest @ ..] if byte < 0x80 => {
                self.rest = rest;
                Some(u64::from(byte))
            }
            _ => u64::try_from(self.wide()?).ok(),
        }
    }

    fn wide(&mut self) -> Option<u128> {
        let mut low = 0_u64;
        // Nine bytes hold 63 bits: nearly all numbers end here, in the arithmetic of one word.
        for shift in (0..9).map(|step| step * 7) {
            let byte = self.byte()?;
            low |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                // A last byte of zero would be a second way to write the same number.
                return (byte != 0 || shift == 0).then_some(low.into());
            }
        }
        let mut value = u128::from(low);
        for shift in (9..19).map(|step| step * 7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7F);
            if shift == 126 && bits > 3 {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return (byte != 0).then_some(value);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i128> {
        let value = self.wide()?;
        Some(((value >> 1) as i128) ^ -((value & 1) as i128))
    }

    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.unsigned()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    /// A text, and its number if it occurs again.
    #[inline]
    fn pooled_text(&mut self) -> Option<(&'b str, Option<usize>)> {
        let token = self.unsigned()?;
        let number = usize::try_from(token >> 2).ok()?;
        let kind = token & 3;
        if kind == BACK_REFERENCE {
            return Some((self.texts.get(number)?.0, Some(number)));
        }
        let (text, pool) = self.pool.split_at_checked(number)?;
        self.pool = pool;
        match kind {
            UNIQUE => Some((text, None)),
            FIRST_USE => {
                self.texts.push((text, None));
                Some((text, Some(self.texts.len() - 1)))
            }
            _ => None,
        }
    }

    /// A text in an allocation that all of its places share.
    pub(super) fn text(&mut self) -> Option<Arc<str>> {
        let (text, number) = self.pooled_text()?;
        let Some(number) = number else { return Some(text.into()) };
        let (_, shared) = self.texts.get_mut(number)?;
        Some(Arc::clone(shared.get_or_insert_with(|| text.into())))
    }

    /// A text of which the caller makes a copy, so that a reference to a long one is refused; see [`MAX_COPIED`].
    pub(super) fn copied(&mut self) -> Option<&'b str> {
        let (text, number) = self.pooled_text()?;
        (number.is_none() || text.len() <= MAX_COPIED).then_some(text)
    }

    /// The length of a list. Each element takes at least one byte, so all that are pending together cannot be more than
    /// the bytes that are left: lists in lists cannot claim more than the file has.
    pub(super) fn list_length(&mut self) -> Option<usize> {
        let count = self.count()?;
        self.pending += count;
        (self.pending <= self.rest.len()).then_some(count)
    }

    pub(super) fn list<T>(&mut self, read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.list_length()?;
        self.elements(count, read)
    }

    /// The elements of a list, after how many were [list_length](Self::announced).
    pub(super) fn elements<T>(
        &mut self,
        count: usize,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        // An element in memory is much larger than its byte in the file, so the claim is trusted only up to a bound;
        // beyond it the list grows as elements arrive.
        let mut items = Vec::with_capacity(count.min(1 << 17));
        for _ in 0..count {
            self.pending -= 1;
            items.push(read(self)?);
        }
        Some(items)
    }

    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.flag()? {
            true => read(self).map(Some),
            false => Some(None),
        }
    }

    /// Reads one level deeper, up to a bound above any nesting of conditions, types and values that compile.
    #[inline]
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth > 4 * limits::NESTING {
            return None;
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Whether the next byte is this one, which is then read.
    #[inline]
    pub(super) fn skip(&mut self, byte: u8) -> bool {
        let rest = self.rest.strip_prefix(&[byte]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A field that came before.
    pub(super) fn field(&mut self) -> Option<Arc<Expr>> {
        let number = usize::try_from(self.unsigned()?).ok()?;
        self.fields.get(number).cloned()
    }

    /// A pattern; equal ones are compiled once.
    pub(super) fn pattern(&mut self) -> Option<Pattern> {
        let source = self.text()?;
        if let Some(known) = self.patterns.get(&source) {
            return Some(known.clone());
        }
        let pattern = Pattern::new(&source).ok()?;
        self.patterns.insert(source, pattern.clone());
        Some(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8]) -> BodyReader<'_> {
        BodyReader::new(bytes).unwrap()
    }

    #[test]
    fn numbers_are_written_in_one_way() {
        let back_references =
            [0, 1, -1, 63, 64, 1 << 62, 1 << 63, i128::from(u64::MAX) + 1, i128::MAX, i128::MIN];
        let body = BodyWriter::body(|out| back_references.iter().for_each(|number| out.signed(*number)));
        let mut reader = reader(&body);
        assert!(back_references.iter().all(|number| reader.signed() == Some(*number)) && reader.is_done());
        let nines = [&[0x80; 10][..], &[0]].concat();
        for longer in [&[0x80, 0][..], &[0xFF, 0x80, 0], &nines, &[0xFF; 30]] {
            let bytes = [&[0], longer].concat();
            assert_eq!(self::reader(&bytes).signed(), None, "{longer:?}");
        }
    }

    #[test]
    fn texts_that_come_again_are_written_once() {
        let body =
            BodyWriter::body(|out| ["aa", "b", "aa", "\u{fc}", "aa"].iter().for_each(|text| out.text(text)));
        assert_eq!(body.iter().filter(|byte| **byte == b'a').count(), 2);
        let mut reader = reader(&body);
        let texts: Vec<_> = (0..5).map(|_| reader.text().unwrap()).collect();
        assert_eq!(texts.iter().map(|text| &**text).collect::<Vec<_>>(), ["aa", "b", "aa", "\u{fc}", "aa"]);
        assert!(Arc::ptr_eq(&texts[0], &texts[2]) && reader.is_done() && reader.text().is_none());
    }

    /// A small file cannot ask for much memory: neither by numbers of texts, nor by lists in lists.
    #[test]
    fn memory_follows_the_length_of_the_body() {
        let long = "x".repeat(MAX_COPIED + 1);
        let copied = BodyWriter::body(|out| (0..3).for_each(|_| out.copied(&long)));
        assert!(copied.len() > 3 * long.len());
        let mut read = reader(&copied);
        assert!((0..3).all(|_| read.copied() == Some(&long)) && read.is_done());
        let shared = BodyWriter::body(|out| (0..3).for_each(|_| out.text(&long)));
        assert!(shared.len() < 2 * long.len());
        assert_eq!(reader(&shared).copied(), None);
        let mut read = reader(&[0, 4, 3, 0, 0, 0, 0]);
        assert_eq!((read.list_length(), read.list_length()), (Some(4), None));
    }
}
