//! Requests and records that people write by hand: reading them, and saying what does not fit the schema.

use std::io::Read;
use std::path::Path;

use actra_engine::model::{RawRequest, RawValue, Reason, RecordName, Schema, limits};
use actra_engine::{RecordError, RecordErrorKind, errors_in_record, request_errors};

use crate::exit::Exit;
use crate::input;
use crate::output::{self, printable};

/// The most errors that are named.
const MAX_NAMED: usize = 20;

/// The request in a file. JSON that is not a valid request is answered like any other; what is not JSON is wrong input.
pub(crate) fn read_request(path: &Path) -> Result<RawRequest, Exit> {
    let mut bytes = Vec::new();
    let limit = limits::RAW_REQUEST_BYTES as u64 + 1;
    let read = input::open(path)?.take(limit).read_to_end(&mut bytes);
    read.map_err(|error| input::cannot_read(path, &error))?;
    actra_wire::parse_request(&bytes).or_else(|error| match error.reason {
        reason @ (Reason::MalformedJson | Reason::NotUtf8) => {
            let byte = error.offset + 1;
            Err(input::unusable(path, &format!("{} (at byte {byte})", reason.message())))
        }
        reason => Ok(RawRequest::unreadable(reason)),
    })
}

/// Parses a record that is written out, or that stands in a file named after an at sign. It must fit the schema.
pub(crate) fn parse_record(
    schema: &Schema,
    option: &str,
    record: RecordName,
    text: &str,
) -> Result<RawValue, Exit> {
    let invalid = |fault: String| Exit::Usage(format!("`{option}`: {fault}"));
    let bytes = match text.strip_prefix('@') {
        Some(path) => actra_host::read_bytes(Path::new(path), limits::RAW_REQUEST_BYTES)
            .map_err(|error| invalid(format!("cannot read `{}`: {error}", printable(path))))?,
        None => text.as_bytes().to_vec(),
    };
    let value = actra_wire::json_reader::parse_value(&bytes).map_err(|error| {
        let reason = match error.reason {
            Reason::MalformedJson => "this is not JSON",
            reason => reason.message(),
        };
        let byte = error.offset + 1;
        invalid(format!("a JSON object is expected, but {reason} (see byte {byte})"))
    })?;
    if !matches!(value, RawValue::Map(_)) {
        return Err(invalid("a JSON object is expected".to_owned()));
    }
    let request_errors = errors_in_record(schema, record, &value);
    match request_errors.as_slice() {
        [] => Ok(value),
        request_errors => Err(invalid(describe(request_errors).join("\n  "))),
    }
}

/// Reports on standard error what does not fit the schema in a request, which is answered all the same.
pub(crate) fn report_request_errors(schema: &Schema, request: &RawRequest) {
    for line in describe(&request_errors(schema, request)) {
        output::message(&line);
    }
}

/// One line for each record_error, and one that counts the rest.
fn describe(request_errors: &[RecordError]) -> Vec<String> {
    let mut lines: Vec<String> = request_errors.iter().take(MAX_NAMED).map(printable).collect();
    let counted = |record_error: &RecordError| match record_error.fault {
        RecordErrorKind::More(count) => count,
        _ => 1,
    };
    let more: usize = request_errors.iter().skip(MAX_NAMED).map(counted).sum();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}
