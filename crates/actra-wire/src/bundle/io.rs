//! Numbers, texts and lists of a compiled policy.

use std::collections::HashMap;
use std::sync::Arc;

use actra_engine::model::{Pattern, limits};

/// Appends to a body. A text is written once and then by number.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
    texts: HashMap<Arc<str>, u64>,
}

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.out
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

    /// A text: 0, length and bytes, or its number from 1.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(number) = self.texts.get(text) {
            let number = *number;
            return self.unsigned(number);
        }
        let number = self.texts.len() as u64 + 1;
        self.texts.insert(text.into(), number);
        self.unsigned(0);
        self.count(text.len());
        self.bytes(text.as_bytes());
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
    bytes: &'b [u8],
    at: usize,
    texts: Vec<Arc<str>>,
    patterns: HashMap<Arc<str>, Pattern>,
    depth: usize,
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, texts: Vec::new(), patterns: HashMap::new(), depth: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn unsigned(&mut self) -> Option<u64> {
        u64::try_from(self.wide()?).ok()
    }

    fn wide(&mut self) -> Option<u128> {
        let mut value = 0_u128;
        for shift in (0..19).map(|step| step * 7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7F);
            if shift == 126 && bits > 3 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // One way to write each number.
                return (byte != 0 || shift == 0).then_some(value);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i128> {
        let value = self.wide()?;
        Some(((value >> 1) as i128) ^ -((value & 1) as i128))
    }

    /// A count of things that take a byte at least, so that it cannot be larger than what is left.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.unsigned()?).ok()?;
        (count <= self.bytes.len() - self.at).then_some(count)
    }

    pub(super) fn text(&mut self) -> Option<Arc<str>> {
        let number = usize::try_from(self.unsigned()?).ok()?;
        if let Some(number) = number.checked_sub(1) {
            return self.texts.get(number).cloned();
        }
        let length = self.count()?;
        let text: Arc<str> = str::from_utf8(self.bytes(length)?).ok()?.into();
        self.texts.push(Arc::clone(&text));
        Some(text)
    }

    pub(super) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        // Memory for what is claimed is taken only as far as it is likely.
        let mut items = Vec::with_capacity(count.min(1 << 17));
        for _ in 0..count {
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
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth > 4 * limits::NESTING {
            return None;
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
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
