//! `actra approvals list|show|grant|deny`

mod human;

use std::time::SystemTime;

use actra_engine::diagnostics::terminal_safe_char;
use actra_host::SqliteStore;
use actra_runtime::approval::{ApprovalAnswer, ApprovalStore, StoreError, StoredApproval, write_approval};

use crate::args::{AnswerArguments, ApprovalsArguments, ApprovalsCommand, Format, StoreArguments};
use crate::exit::{Exit, ExitStatus};
use crate::output::{self, Output, printable};

pub(crate) fn run(arguments: &ApprovalsArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let now = SystemTime::now();
    match &arguments.command {
        ApprovalsCommand::List(store) => list(store, now, output),
        ApprovalsCommand::Show(show) => {
            let kept = open(&show.store).and_then(|store| get_unexpired(&store, &show.id, now));
            answer_about("actra/approvals-show/v1", &show.store, kept, output, |kept| {
                human::request(kept, now)
            })
        }
        ApprovalsCommand::Grant(grant) => {
            let granted = ApprovalAnswer::Granted { by: grant.by.clone() };
            answer("actra/approvals-grant/v1", grant, granted, now, output)
        }
        ApprovalsCommand::Deny(deny) => {
            let denied = ApprovalAnswer::Denied { by: deny.answer.by.clone(), reason: deny.reason.clone() };
            answer("actra/approvals-deny/v1", &deny.answer, denied, now, output)
        }
    }
}

fn open(store: &StoreArguments) -> Result<SqliteStore, StoreError> {
    SqliteStore::open_existing(&store.store)
}

fn list(store: &StoreArguments, now: SystemTime, output: &mut Output) -> Result<ExitStatus, Exit> {
    let waiting =
        open(store).and_then(|store| store.list(now)).map_err(|error| store_error(store, &error))?;
    match store.format {
        Format::Human if waiting.is_empty() => output.line("no request is waiting")?,
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
                write_approval(&StoredApproval::new(request, None), &mut json);
            }
            json.extend_from_slice(b"]}");
            output.line(escape_controls(&json))?;
        }
    }
    Ok(ExitStatus::Success)
}

/// A request, also one that was answered. The error tells an expired request from one that never existed.
fn get_unexpired(store: &SqliteStore, id: &str, now: SystemTime) -> Result<StoredApproval, StoreError> {
    let kept = store.get_kept(id)?.ok_or_else(|| StoreError::Unknown { id: id.to_owned() })?;
    match kept.request.is_expired(now) {
        true => Err(StoreError::Expired { id: id.to_owned() }),
        false => Ok(kept),
    }
}

fn answer(
    schema: &str,
    arguments: &AnswerArguments,
    answer: ApprovalAnswer,
    now: SystemTime,
    output: &mut Output,
) -> Result<ExitStatus, Exit> {
    let answered = || {
        let store = open(&arguments.store)?;
        // Read first: once granted, the request may be used at once and is then gone.
        let kept = get_unexpired(&store, &arguments.id, now)?;
        store.answer(&arguments.id, &answer, now)?;
        Ok(StoredApproval::new(kept.request, Some(answer)))
    };
    answer_about(schema, &arguments.store, answered(), output, |kept| human::answered(kept, now))
}

/// Answers with a request, or with why there is none.
fn answer_about(
    schema: &str,
    store: &StoreArguments,
    result: Result<StoredApproval, StoreError>,
    output: &mut Output,
    human: impl FnOnce(&StoredApproval) -> String,
) -> Result<ExitStatus, Exit> {
    let kept = match result {
        Ok(kept) => kept,
        Err(error) => return answer_negative(schema, store, &error, output),
    };
    match store.format {
        Format::Human => output.bytes(human(&kept).as_bytes())?,
        Format::Json => {
            let mut json = format!("{{\"schema\":\"{schema}\",\"ok\":true,\"approval\":").into_bytes();
            write_approval(&kept, &mut json);
            json.push(b'}');
            output.line(escape_controls(&json))?;
        }
    }
    Ok(ExitStatus::Success)
}

/// The answer to a request that cannot be granted or denied; other errors end the command.
fn answer_negative(
    schema: &str,
    store: &StoreArguments,
    error: &StoreError,
    output: &mut Output,
) -> Result<ExitStatus, Exit> {
    let is_negative =
        matches!(error, StoreError::Expired { .. } | StoreError::Answered { .. } | StoreError::Own { .. });
    if !is_negative {
        return Err(store_error(store, error));
    }
    match store.format {
        Format::Human => output::message(&printable(error)),
        Format::Json => {
            let mut json = Vec::new();
            actra_wire::write_refusal(schema, &error.to_string(), &mut json);
            output.line(escape_controls(&json))?;
        }
    }
    Ok(ExitStatus::Negative)
}

/// JSON as text, with characters that control a terminal escaped; they can only stand in strings.
fn escape_controls(json: &[u8]) -> String {
    let mut text = String::with_capacity(json.len());
    for c in String::from_utf8_lossy(json).chars() {
        match terminal_safe_char(c) == c {
            true => text.push(c),
            false => text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    text
}

fn store_error(store: &StoreArguments, error: &StoreError) -> Exit {
    let file = printable(store.store.display());
    match error {
        StoreError::Failed(reason) => Exit::Usage(format!("`{file}`: {}", printable(reason))),
        StoreError::Locked => Exit::Failure(format!("`{file}`: {error}")),
        other => Exit::Usage(printable(other)),
    }
}
