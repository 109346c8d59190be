//! The one pass over a request's bytes that finds the records and their members.

use actra_engine::model::{RecordName, RecordShape, limits};

use super::key::{self, Key, are_distinct};
use super::token::{self, ByteSpan, StringForm};

/// The kind of a member's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Null,
    True,
    False,
    Number,
    /// The span is between the quotes.
    Text,
    /// The span has the quotes.
    EscapedText,
    /// A list of strings without escapes.
    Texts,
    Nested,
}

/// A member of a record: the key and the byte range of its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) key: Key,
    pub(super) value: ByteSpan,
    pub(super) kind: ValueKind,
}

/// The shape of a record, and which of all members are its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordRange {
    pub(super) shape: RecordShape,
    start: u32,
    end: u32,
}

impl RecordRange {
    const MISSING: RecordRange = RecordRange::bare(RecordShape::Missing);

    const fn bare(shape: RecordShape) -> Self {
        RecordRange { shape, start: 0, end: 0 }
    }

    /// Its own of all members.
    #[inline(always)]
    pub(super) fn of(self, members: &[Member]) -> &[Member] {
        members.get(self.start as usize..self.end as usize).unwrap_or(&[])
    }
}

/// The records by name.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordTable {
    pub(super) action: RecordRange,
    pub(super) actor: RecordRange,
    pub(super) snapshot: RecordRange,
}

impl RecordTable {
    #[inline(always)]
    pub(super) fn record(&self, record_name: RecordName) -> RecordRange {
        match record_name {
            RecordName::Action => self.action,
            RecordName::Actor => self.actor,
            RecordName::Snapshot => self.snapshot,
        }
    }

    fn record_mut(&mut self, record_name: RecordName) -> &mut RecordRange {
        match record_name {
            RecordName::Action => &mut self.action,
            RecordName::Actor => &mut self.actor,
            RecordName::Snapshot => &mut self.snapshot,
        }
    }
}

/// The state of the pass over one request.
pub(super) struct ScanParser<'a> {
    pub(super) bytes: &'a [u8],
    /// The members of all records so far; behind them those of an earlier request, which predict the next keys.
    pub(super) members: &'a mut Vec<Member>,
    /// How many members there are so far.
    pub(super) count: usize,
    /// The keys of the nested objects that are open.
    pub(super) keys: &'a mut Vec<Key>,
    /// Whether the canonical form could be too large if a number is written with an exponent.
    pub(super) may_grow: bool,
}

impl ScanParser<'_> {
    /// The whole text: one object of records.
    pub(super) fn request(mut self) -> Option<RecordTable> {
        let bytes = self.bytes;
        let mut records = RecordTable {
            action: RecordRange::MISSING,
            actor: RecordRange::MISSING,
            snapshot: RecordRange::MISSING,
        };
        let (at, b'{') = token::next(bytes, 0) else { return None };
        let (mut at, mut first) = token::next(bytes, at + 1);
        if first != b'}' {
            loop {
                let end = self.record(at, first, &mut records)?;
                match token::next(bytes, end) {
                    (comma, b',') => (at, first) = token::next(bytes, comma + 1),
                    (close, b'}') => break at = close,
                    _ => return None,
                }
            }
        }
        let (end, _) = token::next(bytes, at + 1);
        (end == bytes.len()).then_some(records)
    }

    /// The place behind a member of the request.
    fn record(&mut self, at: usize, first: u8, records: &mut RecordTable) -> Option<usize> {
        if first != b'"' {
            return None;
        }
        let (record_name, end) = key::record_name(self.bytes, at + 1)?;
        let (at, first) = after_key(self.bytes, end)?;
        let record = records.record_mut(record_name);
        if record.shape != RecordShape::Missing {
            return None;
        }
        if first == b'{' {
            // A member has more than one byte, so counts fit like offsets.
            let start = self.count as u32;
            let end = self.members(at + 1)?;
            *record = RecordRange { shape: RecordShape::Object, start, end: self.count as u32 };
            return Some(end);
        }
        *record = RecordRange::bare(if first == b'n' { RecordShape::Null } else { RecordShape::Other });
        self.nested(at, first, 1)
    }

    /// The members of a record, from behind its `{` to behind its `}`.
    fn members(&mut self, at: usize) -> Option<usize> {
        let bytes = self.bytes;
        let own = self.count;
        let (mut at, mut first) = token::next(bytes, at);
        if first == b'}' {
            return Some(at + 1);
        }
        loop {
            if first != b'"' {
                return None;
            }
            let (key, end) = self.key(at + 1)?;
            let (start, kind) = after_key(bytes, end)?;
            let (kind, value, end) = self.value(start, kind)?;
            self.put(Member { key, value, kind });
            match token::next(bytes, end) {
                (comma, b',') => (at, first) = token::next(bytes, comma + 1),
                (close, b'}') => break at = close,
                _ => return None,
            }
        }
        let own = self.members.get_mut(own..self.count)?;
        are_distinct(bytes, own, |member| member.key).then_some(at + 1)
    }

    /// The key that starts behind a quote, and the place behind its other quote.
    #[inline(always)]
    fn key(&mut self, start: usize) -> Option<(Key, usize)> {
        let before = self.members.get(self.count).map(|member| member.key);
        match before.and_then(|key| key.repeated_at(self.bytes, start)) {
            None => Key::read(self.bytes, start),
            repeated_at => repeated_at,
        }
    }

    #[inline(always)]
    fn put(&mut self, member: Member) {
        match self.members.get_mut(self.count) {
            Some(place) => *place = member,
            None => self.members.push(member),
        }
        self.count += 1;
    }

    /// The value of a member: its kind, its span and the place behind it.
    #[inline(always)]
    fn value(&mut self, at: usize, first: u8) -> Option<(ValueKind, ByteSpan, usize)> {
        let bytes = self.bytes;
        let (kind, end) = match first {
            b'"' => {
                let (end, spelling) = token::string(bytes, at + 1)?;
                return Some(match spelling {
                    StringForm::Plain => (ValueKind::Text, ByteSpan::new(at + 1, end), end + 1),
                    StringForm::Escaped => (ValueKind::EscapedText, ByteSpan::new(at, end + 1), end + 1),
                });
            }
            b'-' | b'0'..=b'9' => (ValueKind::Number, self.number(at)?),
            b't' => (ValueKind::True, token::word(bytes, at, b"true")?),
            b'f' => (ValueKind::False, token::word(bytes, at, b"false")?),
            b'n' => (ValueKind::Null, token::word(bytes, at, b"null")?),
            b'[' => match texts(bytes, at + 1) {
                Some(end) => (ValueKind::Texts, end),
                // The request is the first level, a record the second.
                None => (ValueKind::Nested, self.nested(at, first, 2)?),
            },
            b'{' => (ValueKind::Nested, self.nested(at, first, 2)?),
            _ => return None,
        };
        Some((kind, ByteSpan::new(at, end), end))
    }

    /// The place behind a value inside of `depth` levels. Recursion is bounded by [`limits::NESTING`].
    fn nested(&mut self, at: usize, first: u8, depth: usize) -> Option<usize> {
        let bytes = self.bytes;
        match first {
            b'"' => Some(token::string(bytes, at + 1)?.0 + 1),
            b'-' | b'0'..=b'9' => self.number(at),
            b't' => token::word(bytes, at, b"true"),
            b'f' => token::word(bytes, at, b"false"),
            b'n' => token::word(bytes, at, b"null"),
            _ if depth >= limits::NESTING => None,
            b'[' => self.list(at + 1, depth + 1),
            b'{' => self.object(at + 1, depth + 1),
            _ => None,
        }
    }

    #[inline(always)]
    fn number(&self, at: usize) -> Option<usize> {
        let end = token::number(self.bytes, at)?;
        if self.may_grow && self.bytes.get(at..end)?.iter().any(|byte| matches!(byte, b'e' | b'E')) {
            return None;
        }
        Some(end)
    }

    fn list(&mut self, at: usize, depth: usize) -> Option<usize> {
        let bytes = self.bytes;
        let (mut at, mut first) = token::next(bytes, at);
        if first == b']' {
            return Some(at + 1);
        }
        loop {
            let end = self.nested(at, first, depth)?;
            match token::next(bytes, end) {
                (comma, b',') => (at, first) = token::next(bytes, comma + 1),
                (close, b']') => return Some(close + 1),
                _ => return None,
            }
        }
    }

    fn object(&mut self, at: usize, depth: usize) -> Option<usize> {
        let bytes = self.bytes;
        let own = self.keys.len();
        let (mut at, mut first) = token::next(bytes, at);
        if first == b'}' {
            return Some(at + 1);
        }
        loop {
            if first != b'"' {
                return None;
            }
            let (key, end) = Key::read(bytes, at + 1)?;
            self.keys.push(key);
            let (start, kind) = after_key(bytes, end)?;
            let end = self.nested(start, kind, depth)?;
            match token::next(bytes, end) {
                (comma, b',') => (at, first) = token::next(bytes, comma + 1),
                (close, b'}') => break at = close,
                _ => return None,
            }
        }
        let are_distinct = are_distinct(bytes, self.keys.get_mut(own..)?, |key| *key);
        self.keys.truncate(own);
        are_distinct.then_some(at + 1)
    }
}

/// The place behind a list of strings without escapes, from behind its `[`.
fn texts(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut at, mut first) = token::next(bytes, at);
    loop {
        let b'"' = first else { return None };
        let (end, StringForm::Plain) = token::string(bytes, at + 1)? else { return None };
        match token::next(bytes, end + 1) {
            (comma, b',') => (at, first) = token::next(bytes, comma + 1),
            (close, b']') => return Some(close + 1),
            _ => return None,
        }
    }
}

/// The place and first byte of a value, from behind the quote of its key.
#[inline(always)]
fn after_key(bytes: &[u8], end: usize) -> Option<(usize, u8)> {
    let (colon, b':') = token::next(bytes, end) else { return None };
    Some(token::next(bytes, colon + 1))
}
