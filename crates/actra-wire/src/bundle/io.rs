//! Numbers, texts and lists of a compiled policy.
//!
//! A body is the length of all texts, the texts, and then everything else, which takes the texts in their order. So
//! they are known to be UTF-8 by one look.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use actra_engine::ir::Expr;
use actra_engine::model::{Domain, Pattern, limits};

/// A text that comes only once, of so many bytes: most are ids, and nothing has to remember them.
const ONCE: u64 = 0;
/// A text that comes again, of so many bytes.
const FIRST: u64 = 1;
/// The text that was the so-manieth to come again, from 0.
const AGAIN: u64 = 2;
/// Up to so many bytes, a text of which each place has a copy may come again by number, so that a small file stays small.
const COPIED: usize = 64;

/// Appends to a body. What stands in many places is written once and then by number.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
    pool: Vec<u8>,
    numbers: HashMap<Arc<str>, u64>,
    repeated: HashSet<Arc<str>>,
    /// Whether this finds out which texts come again.
    is_draft: bool,
    fields: HashMap<(Domain, Arc<str>), u64>,
}

impl Writer {
    /// The body that `write` writes, which is asked twice, for the first time to see which texts come again.
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

    /// Seven bits a byte, the lowest first.
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

    /// The sign is the lowest bit.
    pub(super) fn signed(&mut self, value: i128) {
        self.wide(((value << 1) ^ (value >> 127)) as u128);
    }

    /// A text: its length or its number, and in the two lowest bits which of them.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(number) = self.numbers.get(text) {
            let number = *number;
            if self.is_draft {
                self.repeated.insert(text.into());
            }
            return self.unsigned(number << 2 | AGAIN);
        }
        let comes_again = self.is_draft || self.repeated.contains(text);
        if comes_again {
            self.numbers.insert(text.into(), self.numbers.len() as u64);
        }
        self.unsigned((text.len() as u64) << 2 | if comes_again { FIRST } else { ONCE });
        self.pool.extend_from_slice(text.as_bytes());
    }

    /// A text of which each place has its own copy once it is read.
    pub(super) fn copied(&mut self, text: &str) {
        if text.len() <= COPIED {
            return self.text(text);
        }
        self.unsigned((text.len() as u64) << 2 | ONCE);
        self.pool.extend_from_slice(text.as_bytes());
    }

    /// The number of a field that came before, from 0; the next time, this one has one.
    pub(super) fn field(&mut self, domain: Domain, name: &Arc<str>) -> Option<u64> {
        let next = self.fields.len() as u64;
        match self.fields.entry((domain, Arc::clone(name))) {
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
pub(super) struct Reader<'b> {
    rest: &'b [u8],
    length: usize,
    /// The texts that come yet.
    pool: &'b str,
    /// Those that come again, shared by all places as soon as one wants that.
    texts: Vec<(&'b str, Option<Arc<str>>)>,
    /// The fields so far, which conditions share.
    pub(super) fields: Vec<Arc<Expr>>,
    patterns: HashMap<Arc<str>, Pattern>,
    depth: usize,
    /// The elements of lists that were announced and did not come yet.
    due: usize,
}

impl<'b> Reader<'b> {
    /// Reads the texts.
    pub(super) fn new(bytes: &'b [u8]) -> Result<Self, usize> {
        let mut reader = Self {
            rest: bytes,
            length: bytes.len(),
            pool: "",
            texts: Vec::new(),
            fields: Vec::new(),
            patterns: HashMap::new(),
            depth: 0,
            due: 0,
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
        // So many bits fit into a word, and few numbers have more.
        for shift in (0..9).map(|step| step * 7) {
            let byte = self.byte()?;
            low |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                // One way to write each number.
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

    /// A text, and its number if it comes again.
    #[inline]
    fn piece(&mut self) -> Option<(&'b str, Option<usize>)> {
        let token = self.unsigned()?;
        let number = usize::try_from(token >> 2).ok()?;
        let kind = token & 3;
        if kind == AGAIN {
            return Some((self.texts.get(number)?.0, Some(number)));
        }
        let (text, pool) = self.pool.split_at_checked(number)?;
        self.pool = pool;
        match kind {
            ONCE => Some((text, None)),
            FIRST => {
                self.texts.push((text, None));
                Some((text, Some(self.texts.len() - 1)))
            }
            _ => None,
        }
    }

    /// A text that all of its places share.
    pub(super) fn text(&mut self) -> Option<Arc<str>> {
        let (text, number) = self.piece()?;
        let Some(number) = number else { return Some(text.into()) };
        let (_, shared) = self.texts.get_mut(number)?;
        Some(Arc::clone(shared.get_or_insert_with(|| text.into())))
    }

    /// A text of which each place has its own copy, see [`COPIED`].
    pub(super) fn copied(&mut self) -> Option<&'b str> {
        let (text, number) = self.piece()?;
        (number.is_none() || text.len() <= COPIED).then_some(text)
    }

    /// How many elements a list has. All that are due take a byte at least, so that they cannot be more than what is left.
    pub(super) fn announced(&mut self) -> Option<usize> {
        let count = self.count()?;
        self.due += count;
        (self.due <= self.rest.len()).then_some(count)
    }

    pub(super) fn list<T>(&mut self, read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.announced()?;
        self.elements(count, read)
    }

    /// The elements of a list, after how many were [announced](Self::announced).
    pub(super) fn elements<T>(
        &mut self,
        count: usize,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        // Memory for what is claimed is taken only as far as it is likely.
        let mut items = Vec::with_capacity(count.min(1 << 17));
        for _ in 0..count {
            self.due -= 1;
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

    /// One level deeper; conditions, types and values nest so deep at most.
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

    fn reader(bytes: &[u8]) -> Reader<'_> {
        Reader::new(bytes).unwrap()
    }

    #[test]
    fn numbers_are_written_in_one_way() {
        let numbers = [0, 1, -1, 63, 64, 1 << 62, 1 << 63, i128::from(u64::MAX) + 1, i128::MAX, i128::MIN];
        let body = Writer::body(|out| numbers.iter().for_each(|number| out.signed(*number)));
        let mut reader = reader(&body);
        assert!(numbers.iter().all(|number| reader.signed() == Some(*number)) && reader.is_done());
        let nines = [&[0x80; 10][..], &[0]].concat();
        for longer in [&[0x80, 0][..], &[0xFF, 0x80, 0], &nines, &[0xFF; 30]] {
            let bytes = [&[0], longer].concat();
            assert_eq!(self::reader(&bytes).signed(), None, "{longer:?}");
        }
    }

    #[test]
    fn texts_that_come_again_are_written_once() {
        let body =
            Writer::body(|out| ["aa", "b", "aa", "\u{fc}", "aa"].iter().for_each(|text| out.text(text)));
        assert_eq!(body.iter().filter(|byte| **byte == b'a').count(), 2);
        let mut reader = reader(&body);
        let texts: Vec<_> = (0..5).map(|_| reader.text().unwrap()).collect();
        assert_eq!(texts.iter().map(|text| &**text).collect::<Vec<_>>(), ["aa", "b", "aa", "\u{fc}", "aa"]);
        assert!(Arc::ptr_eq(&texts[0], &texts[2]) && reader.is_done() && reader.text().is_none());
    }

    /// A small file cannot ask for much memory: neither by numbers of texts, nor by lists in lists.
    #[test]
    fn memory_follows_the_length_of_the_body() {
        let long = "x".repeat(COPIED + 1);
        let copied = Writer::body(|out| (0..3).for_each(|_| out.copied(&long)));
        assert!(copied.len() > 3 * long.len());
        let mut read = reader(&copied);
        assert!((0..3).all(|_| read.copied() == Some(&long)) && read.is_done());
        let shared = Writer::body(|out| (0..3).for_each(|_| out.text(&long)));
        assert!(shared.len() < 2 * long.len());
        assert_eq!(reader(&shared).copied(), None);
        let mut read = reader(&[0, 4, 3, 0, 0, 0, 0]);
        assert_eq!((read.announced(), read.announced()), (Some(4), None));
    }
}
