//! A request read where it lies: one pass over its bytes, no tree.
//!
//! Sound by refusal: what is accepted here is what [`json`] reads without a fault. Whatever is unusual (any fault, a
//! key with an escape, a request that says what is unknown, one whose canonical form might be too large) is refused
//! without a reason, and the caller asks [`read_request`](crate::read_request), which names the fault.

mod key;
mod token;
mod walk;

use std::borrow::Cow;

use actra_engine::model::{
    Decimal, Domain, RawRef, RawRequest, RawValue, Reason, RecordShape, Records, TextList, limits,
};

use self::key::{FEW, Key, Name};
use self::walk::{Found, Kind, Member, Walk};
use crate::{json, read_request};

/// Scans requests one after another; what it needs to remember of one is kept in the same memory for the next.
///
/// ```
/// use actra_engine::model::{Domain, RawRef, Records};
/// use actra_wire::Scanner;
///
/// let mut scanner = Scanner::new();
/// let scan = scanner.scan(br#"{"action":{"type":"refund","amount":5}}"#).unwrap();
/// assert_eq!(scan.member(Domain::Action, "amount"), Some(RawRef::Number(5.into())));
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

    /// What stands where in a request; `None` where the strict reader finds a fault or may find one.
    ///
    /// Cost: one pass, and sorting the keys of objects that have many.
    pub fn scan<'b>(&'b mut self, bytes: &'b [u8]) -> Option<Scan<'b>> {
        if bytes.len() > limits::REQUEST_BYTES {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        self.keys.clear();
        let growing = bytes.len() > limits::REQUEST_BYTES / GROWTH;
        let walk = Walk { bytes, members: &mut self.members, count: 0, keys: &mut self.keys, growing };
        let found = walk.request()?;
        Some(Scan { text, members: &self.members, found })
    }
}

/// How much larger than text its canonical form is at most: `1e33,` becomes 35 bytes. Without exponents it is no larger.
const GROWTH: usize = 8;

/// A request that the strict reader reads without a fault: where its members lie.
///
/// Numbers, escapes and nested values are read when they are asked for.
#[derive(Debug)]
pub struct Scan<'b> {
    text: &'b str,
    members: &'b [Member],
    found: Found,
}

impl<'b> Scan<'b> {
    /// The members of a record; in byte order of their keys if they are many.
    #[inline]
    fn members(&self, domain: Domain) -> &'b [Member] {
        self.found.record(domain).of(self.members)
    }

    #[inline]
    fn find(&self, domain: Domain, name: &str) -> Option<&'b Member> {
        let members = self.members(domain);
        if members.len() > FEW {
            return self.find_among_many(members, name);
        }
        let name = Name::new(name.as_bytes());
        members.iter().find(|member| member.key.is(&name, self.text.as_bytes()))
    }

    #[inline(never)]
    fn find_among_many(&self, members: &'b [Member], name: &str) -> Option<&'b Member> {
        members.get(members.binary_search_by(|member| member.key.of(self.text).cmp(name)).ok()?)
    }

    #[inline]
    fn value(&self, member: &Member) -> RawRef<'b> {
        let text = || member.value.of(self.text);
        match member.kind {
            Kind::Null => RawRef::Null,
            Kind::True => RawRef::Bool(true),
            Kind::False => RawRef::Bool(false),
            Kind::Number => Decimal::parse_json(text())
                .map_or(RawRef::Unreadable(Reason::UnrepresentableNumber), RawRef::Number),
            Kind::Text => RawRef::Text(Cow::Borrowed(text())),
            Kind::Texts => RawRef::Texts(TextList::Quoted(text())),
            Kind::EscapedText | Kind::Nested => built(text()),
        }
    }
}

/// A value that does not stand in the request as it is.
#[inline(never)]
fn built(text: &str) -> RawRef<'static> {
    match json::parse_value(text.as_bytes()) {
        Ok(RawValue::String(text)) => RawRef::Text(Cow::Owned(text)),
        Ok(nested) => RawRef::Nested(Cow::Owned(nested)),
        Err(error) => RawRef::Unreadable(error.reason),
    }
}

impl Records for Scan<'_> {
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
    fn shape(&self, domain: Domain) -> RecordShape {
        self.found.record(domain).shape
    }

    #[inline]
    fn member(&self, domain: Domain, name: &str) -> Option<RawRef<'_>> {
        self.find(domain, name).map(|member| self.value(member))
    }

    fn has_undeclared(&self, domain: Domain, declared: &dyn Fn(&str) -> bool) -> bool {
        self.members(domain).iter().any(|member| !declared(member.key.of(self.text)))
    }

    fn to_raw(&self) -> Cow<'_, RawRequest> {
        Cow::Owned(read_request(self.text.as_bytes()))
    }
}

#[cfg(test)]
mod tests;
