//! `actra explain SET --request FILE`, `actra explain SET --plan` and `actra explain CODE`

mod nearest;
pub(crate) mod plan;
pub(crate) mod told;
mod tree;
mod written;

use std::io::Read;
use std::path::Path;

use actra_engine::analyze::Analyzer;
use actra_engine::diagnostics::Code;
use actra_engine::model::{Effect, RawRequest, Reason, limits};
use actra_engine::{describe_plan, explain};

use crate::args::{ExplainArguments, Format};
use crate::output::Output;
use crate::status::{Status, Stop};
use crate::{decide, load, typed};
use told::Told;

pub(crate) fn run(arguments: &ExplainArguments, output: &mut Output) -> Result<Status, Stop> {
    match arguments.subject.to_str().filter(|text| is_code(text)) {
        Some(code) => explain_code(code, arguments, output),
        None if arguments.plan => explain_plan(arguments, output),
        None => explain_request(arguments, output),
    }
}

/// `E` or `W` and four digits.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix(['E', 'W']).unwrap_or("");
    digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn explain_code(text: &str, arguments: &ExplainArguments, output: &mut Output) -> Result<Status, Stop> {
    if arguments.request.is_some() || arguments.plan {
        return Err(Stop::Wrong(format!(
            "`{text}` is a code; write `./{text}` for the directory of that name"
        )));
    }
    let Some(code) = Code::parse(text) else {
        return Err(Stop::Wrong(format!("there is no code `{text}`")));
    };
    match arguments.format {
        Format::Human => output.line(code.page().trim_end())?,
        Format::Json => {
            let mut json = Vec::new();
            actra_wire::write_code(code, &mut json);
            output.line(json)?;
        }
    }
    Ok(Status::Fine)
}

fn explain_request(arguments: &ExplainArguments, output: &mut Output) -> Result<Status, Stop> {
    let Some(path) = &arguments.request else {
        return Err(Stop::Wrong("`actra explain SET` needs `--request FILE` or `--plan`".to_owned()));
    };
    let (policy, sources) = load::policy(&arguments.subject, arguments.volume.amount())?;
    let request = read_request(path)?;
    typed::remark(&policy.schema, &request);
    let explanation = explain(&policy, &request);
    let change = match explanation.decision.effect {
        Effect::Allow => None,
        _ => Analyzer::default().nearest(&policy, &request),
    };
    match arguments.format {
        Format::Human => {
            let milder = change.as_ref().map(|change| nearest::show(&policy, change));
            let told = Told {
                explanation: &explanation,
                policy: &policy,
                sources: &sources,
                set: &arguments.subject,
                amount: arguments.volume.amount(),
            };
            output.bytes(told.show(milder.as_deref().unwrap_or("")).as_bytes())?;
        }
        Format::Json => {
            let mut json = Vec::new();
            actra_wire::write_explanation(&explanation, &sources, &mut json);
            // The object that was written gets one more member.
            json.pop();
            json.extend_from_slice(b",\"nearest\":");
            actra_wire::write_change(&policy, change.as_ref(), &mut json);
            json.push(b'}');
            output.line(json)?;
        }
    }
    Ok(Status::Fine)
}

fn explain_plan(arguments: &ExplainArguments, output: &mut Output) -> Result<Status, Stop> {
    let (policy, sources) = load::policy(&arguments.subject, arguments.volume.amount())?;
    let reached = describe_plan(&policy);
    match arguments.format {
        Format::Human => {
            let places = plan::Places { policy: &policy, sources: &sources, set: &arguments.subject };
            let most = if arguments.volume.all { usize::MAX } else { plan::SHOWN };
            output.bytes(plan::show(reached.as_deref(), &places, most).as_bytes())?;
        }
        Format::Json => {
            let mut json = Vec::new();
            actra_wire::write_plan(&policy, reached.as_deref(), &sources, &mut json);
            output.line(json)?;
        }
    }
    Ok(Status::Fine)
}

/// The one request in a file. JSON that is no valid request is answered like any other; what is no JSON is wrong input.
fn read_request(path: &Path) -> Result<RawRequest, Stop> {
    let mut bytes = Vec::new();
    let most = limits::RAW_REQUEST_BYTES as u64 + 1;
    let read = decide::open(path)?.take(most).read_to_end(&mut bytes);
    read.map_err(|error| decide::cannot_read(path, &error))?;
    actra_wire::parse_request(&bytes).or_else(|error| match error.reason {
        reason @ (Reason::MalformedJson | Reason::NotUtf8) => {
            let (path, byte) = (load::shown(path.display()), error.offset + 1);
            Err(Stop::Wrong(format!("`{path}`: {} (at byte {byte})", reason.message())))
        }
        reason => Ok(RawRequest::unreadable(reason)),
    })
}
