//! One pass over a request's bytes: what stands where.

use actra_engine::model::{Domain, RecordShape, limits};

use super::key::{Key, Name, distinct};
use super::token::{self, Span, Spelling};

/// What kind of value a member has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    True,
    False,
    Number,
    /// The span is between the quotes.
    Text,
    /// The span has the quotes.
    EscapedText,
    Nested,
}

/// A member of a record: key and value as they lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) key: Key,
    pub(super) value: Span,
    pub(super) kind: Kind,
}

/// What a record is, and which of the members are its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub(super) shape: RecordShape,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Record {
    const MISSING: Record = Record::bare(RecordShape::Missing);

    const fn bare(shape: RecordShape) -> Self {
        Record { shape, start: 0, end: 0 }
    }
}

/// The records by domain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) action: Record,
    pub(super) actor: Record,
    pub(super) snapshot: Record,
}

impl Found {
    #[inline(always)]
    pub(super) fn record(&self, domain: Domain) -> Record {
        match domain {
            Domain::Action => self.action,
            Domain::Actor => self.actor,
            Domain::Snapshot => self.snapshot,
        }
    }
}

/// The walk over one request.
pub(super) struct Walk<'a> {
    pub(super) bytes: &'a [u8],
    /// The members of all records so far.
    pub(super) members: &'a mut Vec<Member>,
    /// The keys of the nested objects that are open.
    pub(super) keys: &'a mut Vec<Key>,
}

impl Walk<'_> {
    /// The whole text: one object of records.
    pub(super) fn request(&mut self) -> Option<Found> {
        let bytes = self.bytes;
        let mut found = Found { action: Record::MISSING, actor: Record::MISSING, snapshot: Record::MISSING };
        let (at, b'{') = token::next(bytes, 0) else { return None };
        let (mut at, mut first) = token::next(bytes, at + 1);
        if first != b'}' {
            loop {
                let end = self.record(at, first, &mut found)?;
                match token::next(bytes, end) {
                    (comma, b',') => (at, first) = token::next(bytes, comma + 1),
                    (close, b'}') => break at = close,
                    _ => return None,
                }
            }
        }
        let (end, _) = token::next(bytes, at + 1);
        (end == bytes.len()).then_some(found)
    }

    /// The place behind a member of the request.
    #[inline(always)]
    fn record(&mut self, at: usize, first: u8, found: &mut Found) -> Option<usize> {
        let (key, at, first) = key(self.bytes, at, first)?;
        let record = if key.is(&Name::ACTION, self.bytes) {
            &mut found.action
        } else if key.is(&Name::ACTOR, self.bytes) {
            &mut found.actor
        } else if key.is(&Name::SNAPSHOT, self.bytes) {
            &mut found.snapshot
        } else {
            return None;
        };
        if record.shape != RecordShape::Missing {
            return None;
        }
        if first == b'{' {
            let start = self.members.len();
            let end = self.members(at + 1)?;
            *record = Record { shape: RecordShape::Object, start, end: self.members.len() };
            return Some(end);
        }
        *record = Record::bare(if first == b'n' { RecordShape::Null } else { RecordShape::Other });
        self.nested(at, first, 1)
    }

    /// The members of a record, from behind its `{` to behind its `}`.
    fn members(&mut self, at: usize) -> Option<usize> {
        let bytes = self.bytes;
        let own = self.members.len();
        let (mut at, mut first) = token::next(bytes, at);
        if first == b'}' {
            return Some(at + 1);
        }
        loop {
            let (key, start, kind) = key(bytes, at, first)?;
            let (kind, value, end) = self.value(start, kind)?;
            self.members.push(Member { key, value, kind });
            match token::next(bytes, end) {
                (comma, b',') => (at, first) = token::next(bytes, comma + 1),
                (close, b'}') => break at = close,
                _ => return None,
            }
        }
        let own = self.members.get_mut(own..)?;
        distinct(bytes, own, |member| member.key).then_some(at + 1)
    }

    /// The value of a member: its kind, its span and the place behind it.
    #[inline(always)]
    fn value(&mut self, at: usize, first: u8) -> Option<(Kind, Span, usize)> {
        let bytes = self.bytes;
        let (kind, end) = match first {
            b'"' => {
                let (end, spelling) = token::string(bytes, at + 1)?;
                return Some(match spelling {
                    Spelling::Plain => (Kind::Text, Span::new(at + 1, end), end + 1),
                    Spelling::Escaped => (Kind::EscapedText, Span::new(at, end + 1), end + 1),
                });
            }
            b'-' | b'0'..=b'9' => (Kind::Number, token::number(bytes, at)?),
            b't' => (Kind::True, token::word(bytes, at, b"true")?),
            b'f' => (Kind::False, token::word(bytes, at, b"false")?),
            b'n' => (Kind::Null, token::word(bytes, at, b"null")?),
            // The request is the first level, a record the second.
            b'{' | b'[' => (Kind::Nested, self.nested(at, first, 2)?),
            _ => return None,
        };
        Some((kind, Span::new(at, end), end))
    }

    /// The place behind a value inside of `depth` levels. Recursion is bounded by [`limits::NESTING`].
    fn nested(&mut self, at: usize, first: u8, depth: usize) -> Option<usize> {
        let bytes = self.bytes;
        match first {
            b'"' => Some(token::string(bytes, at + 1)?.0 + 1),
            b'-' | b'0'..=b'9' => token::number(bytes, at),
            b't' => token::word(bytes, at, b"true"),
            b'f' => token::word(bytes, at, b"false"),
            b'n' => token::word(bytes, at, b"null"),
            _ if depth >= limits::NESTING => None,
            b'[' => self.list(at + 1, depth + 1),
            b'{' => self.object(at + 1, depth + 1),
            _ => None,
        }
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
            let (key, start, kind) = key(bytes, at, first)?;
            self.keys.push(key);
            let end = self.nested(start, kind, depth)?;
            match token::next(bytes, end) {
                (comma, b',') => (at, first) = token::next(bytes, comma + 1),
                (close, b'}') => break at = close,
                _ => return None,
            }
        }
        let distinct = distinct(bytes, self.keys.get_mut(own..)?, |key| *key);
        self.keys.truncate(own);
        distinct.then_some(at + 1)
    }
}

/// A key, and the place and first byte of its value.
#[inline(always)]
fn key(bytes: &[u8], at: usize, first: u8) -> Option<(Key, usize, u8)> {
    if first != b'"' {
        return None;
    }
    let (key, end) = Key::read(bytes, at + 1)?;
    let (at, b':') = token::next(bytes, end) else { return None };
    let (at, first) = token::next(bytes, at + 1);
    Some((key, at, first))
}
