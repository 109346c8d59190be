//! `actra explain CODE`: the page of a code.

use actra_engine::diagnostics::Code;

use crate::args::{ExplainArguments, Format};
use crate::exit::{Exit, ExitStatus};
use crate::output::Output;

pub(super) fn explain_code(
    text: &str,
    arguments: &ExplainArguments,
    output: &mut Output,
) -> Result<ExitStatus, Exit> {
    if arguments.request.is_some() || arguments.plan {
        return Err(Exit::Usage(format!(
            "`{text}` is a code; write `./{text}` for the directory of that name"
        )));
    }
    let Some(code) = Code::parse(text) else {
        return Err(Exit::Usage(format!(
            "there is no diagnostic code `{text}`; reports of `actra check` name the code of each diagnostic"
        )));
    };
    match arguments.format {
        Format::Human => output.line(code.page().trim_end())?,
        Format::Json => output.json(|json| actra_wire::write_code(code, json))?,
    }
    Ok(ExitStatus::Success)
}
