//! One pass over a request's bytes: what stands where.

use actra_engine::model::{Domain, RecordShape, limits};

use super::token::{self, Spelling};

/// So few keys are compared with each other; more are sorted first.
pub(super) const FEW: usize = 16;

/// Bytes of the request, from `start` to before `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Offsets fit: a request has at most [`limits::REQUEST_BYTES`].
    #[inline(always)]
    fn new(start: usize, end: usize) -> Self {
        Span { start: start as u32, end: end as u32 }
    }

    /// What it covers.
    #[inline(always)]
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    #[inline(always)]
    fn bytes(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or(&[])
    }

    #[inline(always)]
    pub(super) fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

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
    pub(super) key: Span,
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

    fn record_mut(&mut self, domain: Domain) -> &mut Record {
        match domain {
            Domain::Action => &mut self.action,
            Domain::Actor => &mut self.actor,
            Domain::Snapshot => &mut self.snapshot,
        }
    }
}

/// The walk over one request.
pub(super) struct Walk<'a> {
    pub(super) bytes: &'a [u8],
    /// The members of all records so far.
    pub(super) members: &'a mut Vec<Member>,
    /// The keys of the nested objects that are open.
    pub(super) keys: &'a mut Vec<Span>,
}

impl Walk<'_> {
    /// The whole text: one object of records.
    pub(super) fn request(&mut self) -> Option<Found> {
        let bytes = self.bytes;
        let mut found = Found { action: Record::MISSING, actor: Record::MISSING, snapshot: Record::MISSING };
        let mut at = token::expect(bytes, token::space(bytes, 0), b'{')?;
        at = token::space(bytes, at);
        if token::byte(bytes, at) != b'}' {
            loop {
                at = self.record(at, &mut found)?;
                match token::byte(bytes, at) {
                    b',' => at = token::space(bytes, at + 1),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        (token::space(bytes, at + 1) == bytes.len()).then_some(found)
    }

    /// A member of the request, up to the `,` or `}` behind it.
    fn record(&mut self, at: usize, found: &mut Found) -> Option<usize> {
        let bytes = self.bytes;
        let (key, at) = key(bytes, at)?;
        let domain = match key.bytes(bytes) {
            b"action" => Domain::Action,
            b"actor" => Domain::Actor,
            b"snapshot" => Domain::Snapshot,
            _ => return None,
        };
        let record = found.record_mut(domain);
        if record.shape != RecordShape::Missing {
            return None;
        }
        if token::byte(bytes, at) == b'{' {
            let start = self.members.len();
            let at = self.members(at + 1)?;
            *record = Record { shape: RecordShape::Object, start, end: self.members.len() };
            return Some(token::space(bytes, at));
        }
        let null = token::byte(bytes, at) == b'n';
        *record = Record::bare(if null { RecordShape::Null } else { RecordShape::Other });
        let at = self.nested(at, 1)?;
        Some(token::space(bytes, at))
    }

    /// The members of a record, from behind its `{` to behind its `}`.
    fn members(&mut self, at: usize) -> Option<usize> {
        let bytes = self.bytes;
        let first = self.members.len();
        let mut at = token::space(bytes, at);
        if token::byte(bytes, at) == b'}' {
            return Some(at + 1);
        }
        loop {
            let (key, start) = key(bytes, at)?;
            let (kind, value, end) = self.value(start)?;
            self.members.push(Member { key, value, kind });
            at = token::space(bytes, end);
            match token::byte(bytes, at) {
                b',' => at = token::space(bytes, at + 1),
                b'}' => break,
                _ => return None,
            }
        }
        let own = self.members.get_mut(first..)?;
        distinct(bytes, own, |member| member.key).then_some(at + 1)
    }

    /// The value of a member: its kind, its span and the place behind it.
    #[inline(always)]
    fn value(&mut self, at: usize) -> Option<(Kind, Span, usize)> {
        let bytes = self.bytes;
        let (kind, end) = match token::byte(bytes, at) {
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
            b'{' | b'[' => (Kind::Nested, self.nested(at, 2)?),
            _ => return None,
        };
        Some((kind, Span::new(at, end), end))
    }

    /// The place behind a value inside of `depth` levels. Recursion is bounded by [`limits::NESTING`].
    fn nested(&mut self, at: usize, depth: usize) -> Option<usize> {
        let bytes = self.bytes;
        match token::byte(bytes, at) {
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
        let mut at = token::space(bytes, at);
        if token::byte(bytes, at) == b']' {
            return Some(at + 1);
        }
        loop {
            at = token::space(bytes, self.nested(at, depth)?);
            match token::byte(bytes, at) {
                b',' => at = token::space(bytes, at + 1),
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    fn object(&mut self, at: usize, depth: usize) -> Option<usize> {
        let bytes = self.bytes;
        let first = self.keys.len();
        let mut at = token::space(bytes, at);
        if token::byte(bytes, at) == b'}' {
            return Some(at + 1);
        }
        loop {
            let (key, start) = key(bytes, at)?;
            self.keys.push(key);
            at = token::space(bytes, self.nested(start, depth)?);
            match token::byte(bytes, at) {
                b',' => at = token::space(bytes, at + 1),
                b'}' => break,
                _ => return None,
            }
        }
        let distinct = distinct(bytes, self.keys.get_mut(first..)?, |key| *key);
        self.keys.truncate(first);
        distinct.then_some(at + 1)
    }
}

/// A key without escapes and the place of its value.
#[inline(always)]
fn key(bytes: &[u8], at: usize) -> Option<(Span, usize)> {
    let start = token::expect(bytes, at, b'"')?;
    let end = token::plain_string(bytes, start)?;
    let at = token::expect(bytes, token::space(bytes, end + 1), b':')?;
    Some((Span::new(start, end), token::space(bytes, at)))
}

/// Whether no key stands twice; more than [`FEW`] are in byte order afterwards.
fn distinct<T>(bytes: &[u8], items: &mut [T], key: impl Fn(&T) -> Span) -> bool {
    let text = |item: &T| key(item).bytes(bytes);
    if items.len() > FEW {
        items.sort_unstable_by(|left, right| text(left).cmp(text(right)));
        return items.is_sorted_by(|left, right| text(left) != text(right));
    }
    let mut rest = &*items;
    while let [first, others @ ..] = rest {
        let first = text(first);
        if others.iter().any(|other| text(other) == first) {
            return false;
        }
        rest = others;
    }
    true
}
