//! Strict JSON (RFC 8259) to [`RawValue`].
//!
//! Stricter than the grammar where readers of JSON differ: duplicate keys and unpaired surrogates are
//! faults. Numbers keep their exact value; one beyond the limits is a value that cannot be read, not a fault.

use std::collections::BTreeMap;

use actra_engine::model::{Decimal, RawMap, RawValue, Reason, limits};

/// Why text is not JSON that we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} (at byte {offset})", .reason.message())]
pub struct JsonError {
    /// What is wrong.
    pub reason: Reason,
    /// The byte where it was noticed, from 0.
    pub offset: usize,
}

/// Reads one JSON value, surrounded by nothing but white space.
///
/// Reports the fault that comes first: too large, not UTF-8, then in reading order.
/// Size and nesting are bounded by [`limits::REQUEST_BYTES`] and [`limits::NESTING`].
pub fn parse_value(bytes: &[u8]) -> Result<RawValue, JsonError> {
    parse_value_of(bytes, limits::REQUEST_BYTES)
}

/// Reads JSON as [`parse_value`], but a document of at most `most` bytes.
pub fn parse_value_of(bytes: &[u8], most: usize) -> Result<RawValue, JsonError> {
    if bytes.len() > most {
        return Err(JsonError { reason: Reason::TooLarge, offset: most });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| JsonError { reason: Reason::NotUtf8, offset: error.valid_up_to() })?;
    let mut reader = JsonReader { text, at: 0 };
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() { Err(reader.malformed()) } else { Ok(value) }
}

/// INVARIANT (boundary): `at` lies on a character boundary of `text`.
struct JsonReader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> JsonReader<'a> {
    fn value(&mut self, depth: usize) -> Result<RawValue, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(self.deeper(depth)?),
            Some(b'[') => self.list(self.deeper(depth)?),
            Some(b'"') => self.string().map(RawValue::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", RawValue::Bool(true)),
            Some(b'f') => self.word("false", RawValue::Bool(false)),
            Some(b'n') => self.word("null", RawValue::Null),
            _ => Err(self.malformed()),
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, JsonError> {
        if depth < limits::NESTING { Ok(depth + 1) } else { Err(self.fault(Reason::TooDeep)) }
    }

    fn object(&mut self, depth: usize) -> Result<RawValue, JsonError> {
        let mut members = ObjectReader::default();
        self.at += 1;
        self.skip_space();
        if self.eat(b'}') {
            return Ok(RawValue::Map(members.done()));
        }
        loop {
            self.skip_space();
            let start = self.at;
            let key = self.string()?;
            if members.contains(&key) {
                return Err(JsonError { reason: Reason::DuplicateKey, offset: start });
            }
            self.skip_space();
            self.expect(b':')?;
            let value = self.value(depth)?;
            members.insert(key, value);
            self.skip_space();
            if self.eat(b'}') {
                return Ok(RawValue::Map(members.done()));
            }
            self.expect(b',')?;
        }
    }

    fn list(&mut self, depth: usize) -> Result<RawValue, JsonError> {
        let mut elements = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.eat(b']') {
            return Ok(RawValue::List(elements));
        }
        loop {
            elements.push(self.value(depth)?);
            self.skip_space();
            if self.eat(b']') {
                return Ok(RawValue::List(elements));
            }
            self.expect(b',')?;
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            text.push_str(self.run(|byte| !matches!(byte, b'"' | b'\\' | ..0x20)));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.malformed()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let c = match self.peek() {
            Some(b'u') => return self.unicode_escape(),
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.malformed()),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        let lone = JsonError { reason: Reason::LoneSurrogate, offset: start - 1 };
        let high = self.hex_unit()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high).ok_or(lone);
        }
        if !self.rest().starts_with("\\u") {
            return Err(lone);
        }
        self.at += 1;
        let low = self.hex_unit()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(lone);
        }
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)).ok_or(lone)
    }

    /// `u` and four hexadecimal digits.
    fn hex_unit(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at + 1..self.at + 5).unwrap_or("");
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.malformed());
        }
        self.at += 5;
        u32::from_str_radix(digits, 16).map_err(|_| self.malformed())
    }

    fn number(&mut self) -> Result<RawValue, JsonError> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        let digits = self.text.get(start..self.at).unwrap_or("");
        let unreadable = RawValue::Unreadable(Reason::UnrepresentableNumber);
        Ok(Decimal::parse_json(digits).map_or(unreadable, RawValue::Number))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if self.run(|byte| byte.is_ascii_digit()).is_empty() { Err(self.malformed()) } else { Ok(()) }
    }

    fn word(&mut self, word: &str, value: RawValue) -> Result<RawValue, JsonError> {
        if !self.rest().starts_with(word) {
            return Err(self.malformed());
        }
        self.at += word.len();
        Ok(value)
    }

    /// Takes the bytes that satisfy a test; the test accepts all or no bytes of a character beyond ASCII.
    fn run(&mut self, accepted: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !accepted(byte)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or("")
    }

    fn skip_space(&mut self) {
        self.run(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.eat(byte) { Ok(()) } else { Err(self.malformed()) }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn malformed(&self) -> JsonError {
        self.fault(Reason::MalformedJson)
    }

    fn fault(&self, reason: Reason) -> JsonError {
        JsonError { reason, offset: self.at }
    }
}

/// The members of an object while it is read.
///
/// Large objects go by way of a tree: members in descending order would make a sorted block quadratic.
#[derive(Default)]
struct ObjectReader {
    few: RawMap,
    many: BTreeMap<String, RawValue>,
}

impl ObjectReader {
    /// So many members are cheaper to move than to link.
    const MAX_MOVED_MEMBERS: usize = 16;

    fn contains(&self, key: &str) -> bool {
        self.few.contains_key(key) || self.many.contains_key(key)
    }

    fn insert(&mut self, key: String, value: RawValue) {
        if self.many.is_empty() && self.few.len() < Self::MAX_MOVED_MEMBERS {
            self.few.insert(key, value);
            return;
        }
        self.many.extend(std::mem::take(&mut self.few));
        self.many.insert(key, value);
    }

    fn done(self) -> RawMap {
        if self.many.is_empty() { self.few } else { RawMap::from(self.many) }
    }
}

#[cfg(test)]
mod tests;
