//! Requests from JSON and to JSON.

use actra_engine::model::{RawRequest, RawValue, Reason, limits};

use crate::json_reader::{self, JsonError};
use crate::write;

/// The request in these bytes; a fault is inside of it, so that deciding answers it with a block.
pub fn read_request(bytes: &[u8]) -> RawRequest {
    parse_request(bytes).unwrap_or_else(|error| RawRequest::unreadable(error.reason))
}

/// The request in these bytes, or why they are not JSON and where.
///
/// A value whose shape is not that of a request, or that is larger than one may be, is no error here: the request then
/// carries the fault. White space and the spelling of numbers and texts do not count for its size.
pub fn parse_request(bytes: &[u8]) -> Result<RawRequest, JsonError> {
    let value = json_reader::parse_value_of(bytes, limits::RAW_REQUEST_BYTES)?;
    let request = RawRequest::from_value(value);
    let fault = request.fault.or_else(|| request.envelope_fault());
    Ok(RawRequest { fault, ..request })
}

/// Appends a request: the records that are there, members in byte order, and what is unknown, if there is anything.
/// What could not be read is `null`.
pub fn write_request(request: &RawRequest, out: &mut Vec<u8>) {
    let records = [("action", &request.action), ("actor", &request.actor), ("snapshot", &request.snapshot)];
    let present = records.into_iter().filter_map(|(name, record)| Some((name, record.as_ref()?)));
    let paths = request.unknown.iter().map(|path| RawValue::from(path.as_str()));
    let unknown = RawValue::List(paths.collect());
    let unknown = (!request.unknown.is_empty()).then_some(("unknown", &unknown));
    write::object(out, present.chain(unknown), |out, (name, member)| {
        write::key(out, name);
        write::value(out, member);
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

/// Why bytes are not a request.
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
        assert_eq!(read_request(&[b' '; (8 << 20) + 1]).fault, Some(Reason::TooLarge));
    }

    #[test]
    fn the_size_is_that_of_canonical_json() {
        let request = |text: &str| format!(r#"{{"action":{{"type":"a","x":{text}}}}}"#);
        let text = |length: usize| request(&format!("\"{}\"", "é".repeat(length / 2)));
        let most = (1 << 20) - request("\"\"").len();
        assert_eq!(read_request(text(most).as_bytes()).fault, None);
        assert_eq!(read_request(text(most + 2).as_bytes()).fault, Some(Reason::TooLarge));
        // Neither white space nor escapes count, and what is short may become long.
        let escaped =
            text(most).replace('é', "\\u00e9").replacen('{', &format!("{{{}", " ".repeat(3 << 20)), 1);
        assert_eq!(read_request(escaped.as_bytes()).fault, None);
        let numbers = |count: usize| request(&format!("[{}1]", "1e33,".repeat(count)));
        assert_eq!(read_request(numbers(29_000).as_bytes()).fault, None);
        assert_eq!(read_request(numbers(30_000).as_bytes()).fault, Some(Reason::TooLarge));
    }

    #[test]
    fn what_is_unknown_is_a_list_of_paths() {
        let read = |unknown: &str| {
            read_request(format!(r#"{{"action":{{"type":"a"}},"unknown":{unknown}}}"#).as_bytes())
        };
        let request = read(r#"["actor.id","snapshot.a.b"]"#);
        assert_eq!((request.fault, request.unknown.len()), (None, 2));
        let mut out = Vec::new();
        write_request(&request, &mut out);
        assert_eq!(out, br#"{"action":{"type":"a"},"unknown":["actor.id","snapshot.a.b"]}"#);
        for nothing in ["null", "[]"] {
            assert_eq!(read(nothing), read_request(br#"{"action":{"type":"a"}}"#));
        }
        for wrong in [r#""actor.id""#, "[1]", "{}", "true", r#"[["actor.id"]]"#] {
            assert_eq!(read(wrong).fault, Some(Reason::UnknownNotPaths), "{wrong}");
        }
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
