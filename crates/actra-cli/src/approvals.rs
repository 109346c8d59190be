//! `actra approvals list|show|grant|deny`

mod human;

use std::time::{SystemTime, UNIX_EPOCH};

use actra_engine::diagnostics::visible_char;
use actra_host::SqliteStore;
use actra_runtime::approval::{Answer, ApprovalStore, Kept, StoreError, write_approval};

use crate::args::{AnswerArguments, ApprovalsArguments, ApprovalsCommand, Format, StoreArguments};
use crate::load::shown;
use crate::output::{self, Output};
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &ApprovalsArguments, output: &mut Output) -> Result<Status, Stop> {
    let now = SystemTime::now();
    match &arguments.command {
        ApprovalsCommand::List(place) => list(place, now, output),
        ApprovalsCommand::Show(show) => {
            let kept = opened(&show.store).and_then(|store| known(&store, &show.id, now));
            said("actra/approvals-show/v1", &show.store, kept, output, |kept| human::request(kept, now))
        }
        ApprovalsCommand::Grant(grant) => {
            let granted = Answer::Granted { by: grant.by.clone() };
            answer("actra/approvals-grant/v1", grant, granted, now, output)
        }
        ApprovalsCommand::Deny(deny) => {
            let denied = Answer::Denied { by: deny.answer.by.clone(), reason: deny.reason.clone() };
            answer("actra/approvals-deny/v1", &deny.answer, denied, now, output)
        }
    }
}

fn opened(place: &StoreArguments) -> Result<SqliteStore, StoreError> {
    SqliteStore::open_existing(&place.store)
}

fn list(place: &StoreArguments, now: SystemTime, output: &mut Output) -> Result<Status, Stop> {
    let waiting = opened(place).and_then(|store| store.list(now)).map_err(|error| stop(place, &error))?;
    match place.format {
        Format::Human if waiting.is_empty() => output.line("nothing waits")?,
        Format::Human => {
            for request in &waiting {
                output.answer(human::line(request, now))?;
            }
        }
        Format::Json => {
            let mut json = b"{\"schema\":\"actra/approvals-list/v1\",\"approvals\":[".to_vec();
            for (number, request) in waiting.into_iter().enumerate() {
                if number > 0 {
                    json.push(b',');
                }
                write_approval(&Kept::new(request, None), &mut json);
            }
            json.extend_from_slice(b"]}");
            output.line(escaped(&json))?;
        }
    }
    Ok(Status::Fine)
}

/// A request, also one that was answered; one that has expired is told apart from one that never was.
fn known(store: &SqliteStore, id: &str, now: SystemTime) -> Result<Kept, StoreError> {
    let kept = store.get(id, UNIX_EPOCH)?.ok_or_else(|| StoreError::Unknown { id: id.to_owned() })?;
    match kept.request.is_expired(now) {
        true => Err(StoreError::Expired { id: id.to_owned() }),
        false => Ok(kept),
    }
}

fn answer(
    schema: &str,
    arguments: &AnswerArguments,
    answer: Answer,
    now: SystemTime,
    output: &mut Output,
) -> Result<Status, Stop> {
    let answered = || {
        let store = opened(&arguments.store)?;
        // Before the answer: what was granted may be taken at once, and is gone then.
        let kept = known(&store, &arguments.id, now)?;
        store.answer(&arguments.id, &answer, now)?;
        Ok(Kept::new(kept.request, Some(answer)))
    };
    said(schema, &arguments.store, answered(), output, |kept| human::answered(kept, now))
}

/// Says what came of one request.
fn said(
    schema: &str,
    place: &StoreArguments,
    result: Result<Kept, StoreError>,
    output: &mut Output,
    human: impl FnOnce(&Kept) -> String,
) -> Result<Status, Stop> {
    let kept = match result {
        Ok(kept) => kept,
        Err(error) => return refused(schema, place, &error, output),
    };
    match place.format {
        Format::Human => output.bytes(human(&kept).as_bytes())?,
        Format::Json => {
            let mut json = format!("{{\"schema\":\"{schema}\",\"ok\":true,\"approval\":").into_bytes();
            write_approval(&kept, &mut json);
            json.push(b'}');
            output.line(escaped(&json))?;
        }
    }
    Ok(Status::Fine)
}

/// The answer is no, or there is none.
fn refused(
    schema: &str,
    place: &StoreArguments,
    error: &StoreError,
    output: &mut Output,
) -> Result<Status, Stop> {
    let is_no =
        matches!(error, StoreError::Expired { .. } | StoreError::Answered { .. } | StoreError::Own { .. });
    if !is_no {
        return Err(stop(place, error));
    }
    match place.format {
        Format::Human => output::message(&shown(error)),
        Format::Json => {
            let mut json = Vec::new();
            actra_wire::write_refusal(schema, &error.to_string(), &mut json);
            output.line(escaped(&json))?;
        }
    }
    Ok(Status::No)
}

/// The same JSON, in which a terminal finds nothing to obey: such characters stand in texts alone.
fn escaped(json: &[u8]) -> String {
    let mut text = String::with_capacity(json.len());
    for c in String::from_utf8_lossy(json).chars() {
        match visible_char(c) == c {
            true => text.push(c),
            false => text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    text
}

fn stop(place: &StoreArguments, error: &StoreError) -> Stop {
    let file = shown(place.store.display());
    match error {
        StoreError::Failed(reason) => Stop::Wrong(format!("`{file}`: {}", shown(reason))),
        StoreError::Locked => Stop::Failed(format!("`{file}`: {error}")),
        other => Stop::Wrong(shown(other)),
    }
}
