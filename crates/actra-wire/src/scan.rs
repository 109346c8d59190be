//! A scanned request: one pass over its bytes finds its members, and no tree is built.
//!
//! Sound by refusal: what is accepted here is what [`json`] reads without a fault. Whatever is unusual (any fault, a
//! key with an escape, a request that says what is unknown, one whose canonical form might be too large) is refused
//! without a reason, and the caller asks [`read_request`](crate::read_request), which names the fault.

mod key;
mod parser;
mod token;

use std::borrow::Cow;

use actra_engine::model::{
    Decimal, RawRef, RawRequest, RawValue, Reason, RecordName, RecordShape, RequestReader, TextList, limits,
};

use self::key::{Key, MAX_PAIRWISE_KEYS, SearchKey};
use self::parser::{Member, RecordTable, ScanParser, ValueKind};
use crate::{json_reader, read_request};

/// Scans requests one after another, in memory that is reused from request to request.
///
/// ```
/// use actra_engine::model::{RecordName, RawRef, RequestReader};
/// use actra_wire::Scanner;
///
/// let mut scanner = Scanner::new();
/// let scan = scanner.scan(br#"{"action":{"type":"refund","amount":5}}"#).unwrap();
/// assert_eq!(scan.member(RecordName::Action, "amount"), Some(RawRef::Number(5.into())));
/// assert!(scanner.scan(b"{\"action\":").is_none());
/// ```
#[derive(Debug, Default)]
pub struct Scanner {
    members: Vec<Member>,
    keys: Vec<Key>,
}

impl Scanner {
    /// A scanner that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The members of a request; `None` where the strict reader finds a fault or may find one.
    ///
    /// Cost: one pass, and sorting the keys of objects that have many.
    pub fn scan<'b>(&'b mut self, bytes: &'b [u8]) -> Option<Scan<'b>> {
        if bytes.len() > limits::REQUEST_BYTES {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        self.keys.clear();
        let may_grow = bytes.len() > limits::REQUEST_BYTES / MAX_GROWTH;
        let parser =
            ScanParser { bytes, members: &mut self.members, count: 0, keys: &mut self.keys, may_grow };
        let records = parser.request()?;
        Some(Scan { text, members: &self.members, records })
    }
}

/// How many times its length a request may have in canonical form: `1e33,` becomes 35 bytes. Without exponents it never
/// grows.
const MAX_GROWTH: usize = 8;

/// The members of a request that the strict reader reads without a fault.
///
/// Numbers, escapes and nested values are read when they are asked for.
#[derive(Debug)]
pub struct Scan<'b> {
    text: &'b str,
    members: &'b [Member],
    records: RecordTable,
}

impl<'b> Scan<'b> {
    /// The members of a record; in byte order of their keys if they are many.
    #[inline]
    fn members(&self, record: RecordName) -> &'b [Member] {
        self.records.record(record).of(self.members)
    }

    #[inline]
    fn find(&self, record: RecordName, name: &str) -> Option<&'b Member> {
        let members = self.members(record);
        if members.len() > MAX_PAIRWISE_KEYS {
            return self.find_among_many(members, name);
        }
        let name = SearchKey::new(name.as_bytes());
        members.iter().find(|member| member.key.matches(&name, self.text.as_bytes()))
    }

    #[inline(never)]
    fn find_among_many(&self, members: &'b [Member], name: &str) -> Option<&'b Member> {
        members.get(members.binary_search_by(|member| member.key.text(self.text).cmp(name)).ok()?)
    }

    #[inline]
    fn value(&self, member: &Member) -> RawRef<'b> {
        let text = || member.value.text(self.text);
        match member.kind {
            ValueKind::Null => RawRef::Null,
            ValueKind::True => RawRef::Bool(true),
            ValueKind::False => RawRef::Bool(false),
            ValueKind::Number => Decimal::parse_json(text())
                .map_or(RawRef::Unreadable(Reason::UnrepresentableNumber), RawRef::Number),
            ValueKind::Text => RawRef::Text(Cow::Borrowed(text())),
            ValueKind::Texts => RawRef::Texts(TextList::Quoted(text())),
            ValueKind::EscapedText | ValueKind::Nested => parsed_value(text()),
        }
    }
}

/// A value that has to be built, since its text in the request is not the value itself.
#[inline(never)]
fn parsed_value(text: &str) -> RawRef<'static> {
    match json_reader::parse_value(text.as_bytes()) {
        Ok(RawValue::String(text)) => RawRef::Text(Cow::Owned(text)),
        Ok(nested) => RawRef::Nested(Cow::Owned(nested)),
        Err(error) => RawRef::Unreadable(error.reason),
    }
}

impl RequestReader for Scan<'_> {
    /// None: with one, there is no scan.
    fn fault(&self) -> Option<Reason> {
        None
    }

    /// Nothing: what says that something is unknown is not scanned.
    #[inline]
    fn unknown(&self) -> &[String] {
        &[]
    }

    #[inline]
    fn shape(&self, record: RecordName) -> RecordShape {
        self.records.record(record).shape
    }

    #[inline]
    fn member(&self, record: RecordName, name: &str) -> Option<RawRef<'_>> {
        self.find(record, name).map(|member| self.value(member))
    }

    fn has_undeclared(&self, record: RecordName, declared: &dyn Fn(&str) -> bool) -> bool {
        self.members(record).iter().any(|member| !declared(member.key.text(self.text)))
    }

    fn to_raw(&self) -> Cow<'_, RawRequest> {
        Cow::Owned(read_request(self.text.as_bytes()))
    }
}

#[cfg(test)]
mod tests;
