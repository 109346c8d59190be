use actra_engine::model::{RawRequest, RawValue, Reason};

use crate::json::{self, JsonError};
use crate::write;

/// The request in these bytes; a fault is inside of it, so that deciding answers it with a block.
pub fn read_request(bytes: &[u8]) -> RawRequest {
    parse_request(bytes).unwrap_or_else(|error| RawRequest::unreadable(error.reason))
}

/// The request in these bytes, or why they are not JSON and where.
///
/// A value whose shape is not that of a request is no error here: the request then carries the fault.
pub fn parse_request(bytes: &[u8]) -> Result<RawRequest, JsonError> {
    json::parse_value(bytes).map(RawRequest::from_value)
}

/// Appends a request: the records that are there, members in byte order. What could not be read is `null`.
pub fn write_request(request: &RawRequest, out: &mut Vec<u8>) {
    let records = [("action", &request.action), ("actor", &request.actor), ("snapshot", &request.snapshot)];
    let present = records.into_iter().filter_map(|(name, record)| Some((name, record.as_ref()?)));
    write::object(out, present, |out, (name, record)| {
        write::key(out, name);
        write::value(out, record);
    });
}

/// Appends a value: members in byte order, numbers without exponent. What could not be read is `null`.
pub fn write_value(value: &RawValue, out: &mut Vec<u8>) {
    write::value(out, value);
}

/// Appends a text in quotes, with the fewest escapes.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    write::string(out, text);
}

/// Why bytes are no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestFault {
    /// What is wrong.
    pub reason: Reason,
    /// The byte, from 0, where the bytes stop being JSON; `None` if they are JSON of another shape.
    pub offset: Option<usize>,
}

impl RequestFault {
    /// The fault in what [`parse_request`] gave, if there is one.
    pub fn of(read: &Result<RawRequest, JsonError>) -> Option<Self> {
        match read {
            Ok(request) => request.fault.map(|reason| Self { reason, offset: None }),
            Err(error) => Some(Self { reason: error.reason, offset: Some(error.offset) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_inside_of_the_request() {
        for (text, fault) in [
            ("{", Reason::MalformedJson),
            ("\u{feff}{}", Reason::MalformedJson),
            ("[]", Reason::NotARequest),
            (r#"{"action":{},"extra":1}"#, Reason::UnknownMember),
            (r#"{"action":{"a":1,"a":1}}"#, Reason::DuplicateKey),
        ] {
            assert_eq!(read_request(text.as_bytes()).fault, Some(fault), "{text}");
        }
        assert_eq!(read_request(b"\"\xff\"").fault, Some(Reason::NotUtf8));
        assert_eq!(read_request(&[b' '; (1 << 20) + 1]).fault, Some(Reason::TooLarge));
    }

    #[test]
    fn faults_say_where_the_json_ends() {
        let fault = |text: &str| RequestFault::of(&parse_request(text.as_bytes()));
        let expected = |reason, offset| Some(RequestFault { reason, offset });
        assert_eq!(fault(r#"{"action":{"type":"a"}}"#), None);
        assert_eq!(fault("{]"), expected(Reason::MalformedJson, Some(1)));
        assert_eq!(fault("[]"), expected(Reason::NotARequest, None));
    }

    #[test]
    fn a_missing_record_is_no_fault_of_the_door() {
        let request = read_request(br#"{"action":{"type":"a"},"actor":null}"#);
        assert_eq!(request.fault, None);
        assert_eq!(request.actor, Some(RawValue::Null));
        assert_eq!(request.snapshot, None);
    }
}
