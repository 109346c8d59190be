//! Records that people type.

use std::path::Path;

use actra_engine::model::{Domain, RawRequest, RawValue, Schema, limits};
use actra_engine::{Misfit, MisfitFault, misfits, record_misfits};

use crate::load::shown;
use crate::output;
use crate::status::Stop;

/// What is wrong with a record: named at most.
const NAMED: usize = 20;

/// A record written out, or in a file behind an at sign; anything that the schema does not take is wrong input.
pub(crate) fn record(schema: &Schema, option: &str, domain: Domain, text: &str) -> Result<RawValue, Stop> {
    let wrong = |fault: String| Stop::Wrong(format!("`{option}`: {fault}"));
    let bytes = match text.strip_prefix('@') {
        Some(path) => actra_host::read_bytes(Path::new(path), limits::RAW_REQUEST_BYTES)
            .map_err(|error| wrong(format!("cannot read `{}`: {error}", shown(path))))?,
        None => text.as_bytes().to_vec(),
    };
    let value = actra_wire::json::parse_value(&bytes).map_err(|error| {
        let (reason, byte) = (error.reason.message(), error.offset + 1);
        wrong(format!("a JSON object is expected, and {reason} (see byte {byte})"))
    })?;
    if !matches!(value, RawValue::Map(_)) {
        return Err(wrong("a JSON object is expected".to_owned()));
    }
    let misfits = record_misfits(schema, domain, &value);
    match misfits.as_slice() {
        [] => Ok(value),
        misfits => Err(wrong(said(misfits).join("\n  "))),
    }
}

/// Says on standard error what of a request does not fit the schema; it is answered all the same.
pub(crate) fn remark(schema: &Schema, request: &RawRequest) {
    for line in said(&misfits(schema, request)) {
        output::message(&line);
    }
}

fn said(misfits: &[Misfit]) -> Vec<String> {
    let mut lines: Vec<String> = misfits.iter().take(NAMED).map(shown).collect();
    let counted = |misfit: &Misfit| match misfit.fault {
        MisfitFault::More(count) => count,
        _ => 1,
    };
    let more: usize = misfits.iter().skip(NAMED).map(counted).sum();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}
