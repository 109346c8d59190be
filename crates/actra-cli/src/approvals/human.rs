//! Approval requests for people. Their texts were written by others, so none reaches a terminal as it is.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use actra_engine::model::{RawMap, RawValue};
use actra_runtime::approval::{ApprovalAnswer, ApprovalRequest, StoredApproval};
use actra_wire::write_value;

use crate::output::printable;

/// How many characters of a text a list shows.
const WIDTH: usize = 160;

/// A request in a list: a line, and one for each reason.
pub(super) fn line(request: &ApprovalRequest, now: SystemTime) -> String {
    let (id, subject) = (printable(&request.id), subject(request));
    let age = describe_duration(now.duration_since(request.created_at));
    let mut text = format!("{id}  {subject}, {age} old, expires in {}\n", time_left(request, now));
    let required = request.required_actions.iter().map(|action| json(&RawValue::Map(action.clone())));
    for reason in request.reasons.iter().map(printable).chain(required) {
        let _ = writeln!(text, "  {}", shorten(&reason));
    }
    text
}

/// All of a request.
pub(super) fn request(kept: &StoredApproval, now: SystemTime) -> String {
    let request = &kept.request;
    let mut lines = vec![
        ("id", printable(&request.id)),
        ("digest", request.digest.to_string()),
        ("state", state(kept)),
        ("asked", format!("{} ago", describe_duration(now.duration_since(request.created_at)))),
        ("expires", format!("in {}", time_left(request, now))),
    ];
    let records = [
        ("action", &request.request.action),
        ("actor", &request.request.actor),
        ("snapshot", &request.request.snapshot),
    ];
    lines.extend(records.into_iter().filter_map(|(name, record)| Some((name, json(record.as_ref()?)))));
    let arguments = request.arguments.iter();
    lines.extend(
        arguments.map(|(name, size)| ("argument", format!("{}: {}", printable(name), printable(size)))),
    );
    lines.extend(request.rules.iter().map(|rule| ("rule", printable(rule))));
    lines.extend(request.reasons.iter().map(|reason| ("reason", printable(reason))));
    lines.extend(
        request.required_actions.iter().map(|action| ("required", json(&RawValue::Map(action.clone())))),
    );
    lines.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "{name:9} {value}");
        text
    })
}

/// A request after it was answered.
pub(super) fn answered(kept: &StoredApproval, now: SystemTime) -> String {
    let request = &kept.request;
    let end = match kept.answer {
        Some(ApprovalAnswer::Granted { .. }) => {
            format!("; it can be done once, within {}", time_left(request, now))
        }
        _ => String::new(),
    };
    format!("{}: {}: {}{end}\n", printable(&request.id), state(kept), shorten(&subject(request)))
}

fn state(kept: &StoredApproval) -> String {
    match &kept.answer {
        None => "waits".to_owned(),
        Some(ApprovalAnswer::Granted { by }) => format!("granted by {}", printable(by)),
        Some(ApprovalAnswer::Denied { by, reason }) if reason.is_empty() => {
            format!("denied by {}", printable(by))
        }
        Some(ApprovalAnswer::Denied { by, reason }) => {
            format!("denied by {}: {}", printable(by), printable(reason))
        }
    }
}

/// `transfer by cleo`, with general words for what is unknown.
fn subject(request: &ApprovalRequest) -> String {
    let text = |record: &Option<RawValue>, name: &str| match record {
        Some(RawValue::Map(members)) => member(members, name),
        _ => None,
    };
    let action = text(&request.request.action, "type").unwrap_or_else(|| "an action".to_owned());
    let actor = text(&request.request.actor, "id").unwrap_or_else(|| "somebody".to_owned());
    format!("{} by {}", shorten(&action), shorten(&actor))
}

fn member(members: &RawMap, name: &str) -> Option<String> {
    Some(match members.get(name)? {
        RawValue::String(text) => printable(text),
        other => json(other),
    })
}

fn json(value: &RawValue) -> String {
    let mut bytes = Vec::new();
    write_value(value, &mut bytes);
    printable(String::from_utf8_lossy(&bytes))
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn time_left(request: &ApprovalRequest, now: SystemTime) -> String {
    describe_duration(request.expires_at.duration_since(now))
}

/// In the largest unit of which there are at least two. If the clock went backwards, zero.
fn describe_duration<E>(time: Result<Duration, E>) -> String {
    let seconds = time.map_or(0, |time| time.as_secs());
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
