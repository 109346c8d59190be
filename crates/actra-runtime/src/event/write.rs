//! Events as JSON: `actra/event/v1`.

use std::time::UNIX_EPOCH;

use actra_wire::{write_decision, write_request, write_text};

use super::{Event, Outcome};

/// Appends an event as one line of JSON, `actra/event/v1`: `at` in milliseconds since 1970, `duration_us` in
/// microseconds.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/refunds.rs")); }
/// # use example::*;
/// use actra_runtime::{Runtime, write_event};
///
/// let builder = Runtime::<()>::builder(policy()).actor(|_| Ok(ana()));
/// let runtime = builder
///     .on_event(|event| {
///         let mut line = Vec::new();
///         write_event(event, &mut line);
///         assert!(line.starts_with(br#"{"schema":"actra/event/v1""#));
///     })
///     .build()?;
/// assert!(runtime.admit(&(), "refund", amount(5)).is_ok());
/// # Ok::<(), actra_runtime::BuildError>(())
/// ```
pub fn write_event(event: &Event, out: &mut Vec<u8>) {
    let millis = event.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    out.extend_from_slice(b"{\"schema\":\"actra/event/v1\"");
    text(out, "id", &event.id);
    plain(out, "at", &millis.to_string());
    plain(out, "duration_us", &event.duration.as_micros().to_string());
    text(out, "mode", event.mode.as_str());
    text(out, "outcome", event.outcome.as_str());
    if let Outcome::Approved { by } = &event.outcome {
        text(out, "approved_by", by);
    }
    if let Some(correlation) = &event.correlation {
        text(out, "correlation", correlation);
    }
    out.extend_from_slice(b",\"request\":");
    write_request(&event.request, out);
    out.extend_from_slice(b",\"decision\":");
    write_decision(&event.decision, out);
    out.extend_from_slice(b",\"failures\":[");
    for (number, failure) in event.failures.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"stage\":");
        write_text(failure.stage.as_str(), out);
        text(out, "reason", &failure.reason);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}\n");
}

fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    out.push(b',');
    write_text(name, out);
    out.push(b':');
    write_text(value, out);
}

fn plain(out: &mut Vec<u8>, name: &str, value: &str) {
    out.push(b',');
    write_text(name, out);
    out.push(b':');
    out.extend_from_slice(value.as_bytes());
}
