//! Rendering of messages: templates with values of the request.

use std::borrow::Cow;
use std::sync::Arc;

use actra_ir::{Message, MessagePart};
use actra_model::{RecordName, Request, Value, ValueState, limits};

use crate::render::{NONE, UNREADABLE};

/// A message without holes that needs no cutting.
pub(crate) fn literal(message: &Message) -> Option<Cow<'_, str>> {
    match message.parts.as_slice() {
        [MessagePart::Text(text)] if text.len() <= limits::MESSAGE_CODE_POINTS => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

/// The text for people, cut at [`limits::MESSAGE_CODE_POINTS`].
pub(crate) fn render(message: &Message, request: &Request) -> String {
    let mut out = String::new();
    for part in &message.parts {
        match part {
            MessagePart::Text(text) => out.push_str(text),
            MessagePart::Field(record_name, members) => out.push_str(&field(request, *record_name, members)),
        }
    }
    if let Some((end, _)) = out.char_indices().nth(limits::MESSAGE_CODE_POINTS) {
        out.truncate(end);
    }
    out
}

fn field(request: &Request, record_name: RecordName, members: &[Arc<str>]) -> String {
    let mut record = request.record(record_name);
    let mut members = members.iter().peekable();
    while let Some(member) = members.next() {
        match record.get(member) {
            Some(ValueState::Absent) => return NONE.to_owned(),
            Some(ValueState::Invalid(_)) | None => return UNREADABLE.to_owned(),
            Some(ValueState::Present(value)) if members.peek().is_none() => {
                return value.to_text();
            }
            Some(ValueState::Present(Value::Object(inner))) => record = inner,
            Some(ValueState::Present(_)) => return UNREADABLE.to_owned(),
        }
    }
    UNREADABLE.to_owned()
}
