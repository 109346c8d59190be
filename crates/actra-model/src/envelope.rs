//! Faults of the envelope: those that make the whole request invalid, wherever they are and whether or not a rule reads
//! the value.

use std::fmt::{self, Write};

use crate::{
    BorrowedRequest, Decimal, RawMap, RawRequest, RawValue, Reason, RequestReader, limits, write_json_string,
};

/// Bytes of canonical JSON that no scalar exceeds besides its own text and that of its key: a sign, a point and 35
/// digits, four quotes and two separators.
const SCALAR: usize = 48;
/// Bytes that a byte of a text becomes at most: `\u0001`.
const ESCAPED: usize = 6;

impl RawRequest {
    /// A fault of the envelope that was not seen when the request was read: nesting beyond [`limits::NESTING`], a text
    /// that is none, or canonical JSON of more than [`limits::REQUEST_BYTES`].
    ///
    /// Cost: one look at each value; recursion ends with the limit, so a native host may hand in anything.
    #[inline]
    pub fn envelope_fault(&self) -> Option<Reason> {
        let mut estimate = SizeEstimate::default();
        let records = [&self.action, &self.actor, &self.snapshot];
        let fault = records.into_iter().flatten().find_map(|record| estimate.record(record));
        if fault.is_none() && self.unknown.is_empty() && estimate.upper_bound() < limits::REQUEST_BYTES {
            return None;
        }
        fault.or_else(|| (self.canonical_bytes() > limits::REQUEST_BYTES).then_some(Reason::TooLarge))
    }

    /// How many bytes the canonical JSON of the request has.
    #[cold]
    fn canonical_bytes(&self) -> usize {
        let records = [("action", &self.action), ("actor", &self.actor), ("snapshot", &self.snapshot)];
        let records = records.into_iter().filter_map(|(name, record)| Some((name, record.as_ref()?)));
        let mut bytes = JsonLength(0);
        bytes.list(records, |bytes, (name, record)| bytes.member(name, record));
        if !self.unknown.is_empty() {
            bytes.0 += r#","unknown":"#.len();
            bytes.list(self.unknown.iter(), |bytes, path| bytes.text(path));
        }
        bytes.0
    }
}

impl RawValue {
    /// A fault of the envelope in a value at this depth, itself counted; its size is not checked.
    pub(crate) fn envelope_fault(&self, depth: usize) -> Option<Reason> {
        SizeEstimate::default().value(self, depth)
    }
}

impl BorrowedRequest<'_> {
    /// A fault of the envelope, if there is one: that which [`RawRequest::envelope_fault`] gives for a copy.
    #[inline]
    pub(crate) fn envelope_fault(&self) -> Option<Reason> {
        let mut estimate = SizeEstimate::default();
        let records = [self.action, self.actor, self.snapshot];
        let fault = records.into_iter().flatten().find_map(|members| estimate.members(members, 2));
        if fault.is_none() && estimate.upper_bound() < limits::REQUEST_BYTES {
            return None;
        }
        fault.or_else(|| self.to_raw().envelope_fault())
    }
}

/// An upper bound of a request's size, counted value by value; hosts that keep parts in their own types add to it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SizeEstimate {
    /// Scalars, lists and maps.
    pub values: usize,
    /// Bytes of texts and keys.
    pub text: usize,
}

impl SizeEstimate {
    /// An upper bound of the bytes of what was counted.
    fn upper_bound(&self) -> usize {
        // The names of the records, and what holds them together.
        self.values
            .saturating_mul(SCALAR)
            .saturating_add(self.text.saturating_mul(ESCAPED))
            .saturating_add(64)
    }

    #[inline]
    fn record(&mut self, record: &RawValue) -> Option<Reason> {
        match record {
            RawValue::Map(members) => self.members(members, 2),
            other => self.value(other, 2),
        }
    }

    /// A fault of the envelope in the members of a map at this depth, itself counted: 2 for a record.
    #[inline]
    pub fn members(&mut self, members: &RawMap, depth: usize) -> Option<Reason> {
        // Most members are scalars, which is to be seen without a call, and counted without a store for each.
        let (mut text, mut fault, mut nested) = (0, None, 0);
        for (key, value) in members {
            text += key.len();
            match value {
                RawValue::String(value) => text += value.len(),
                RawValue::Null | RawValue::Bool(_) | RawValue::Number(_) => {}
                other => {
                    nested += 1;
                    fault = fault.or(self.value(other, depth + 1));
                }
            }
        }
        // Those that are nested have counted themselves.
        self.values += members.len() - nested;
        self.text += text;
        fault
    }

    fn value(&mut self, value: &RawValue, depth: usize) -> Option<Reason> {
        self.values += 1;
        match value {
            RawValue::String(text) => self.text += text.len(),
            RawValue::Unreadable(reason) => return reason.is_of_envelope().then_some(*reason),
            RawValue::List(_) | RawValue::Map(_) if depth > limits::NESTING => return Some(Reason::TooDeep),
            RawValue::List(items) => return items.iter().find_map(|item| self.value(item, depth + 1)),
            RawValue::Map(members) => return self.members(members, depth),
            RawValue::Null | RawValue::Bool(_) | RawValue::Number(_) => {}
        }
        None
    }
}

/// The length of canonical JSON, counted without writing it. Unreadable values count as `null`.
struct JsonLength(usize);

impl JsonLength {
    fn member(&mut self, name: &str, value: &RawValue) {
        self.text(name);
        self.0 += 1;
        self.value(value);
    }

    fn text(&mut self, text: &str) {
        let mut quoted = String::new();
        write_json_string(&mut quoted, text);
        self.0 += quoted.len();
    }

    fn number(&mut self, number: &Decimal) {
        // Counting cannot fail.
        let _ = write!(self, "{number}");
    }

    fn list<T>(&mut self, items: impl Iterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        self.0 += 2;
        for (idx, item) in items.enumerate() {
            self.0 += usize::from(idx > 0);
            each(self, item);
        }
    }

    fn value(&mut self, value: &RawValue) {
        match value {
            RawValue::Null | RawValue::Unreadable(_) | RawValue::Bool(true) => self.0 += 4,
            RawValue::Bool(false) => self.0 += 5,
            RawValue::Number(number) => self.number(number),
            RawValue::String(text) => self.text(text),
            RawValue::List(items) => self.list(items.iter(), |bytes, item| bytes.value(item)),
            RawValue::Map(members) => {
                self.list(members.iter(), |bytes, (key, value)| bytes.member(key, value));
            }
        }
    }
}

impl Write for JsonLength {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}
