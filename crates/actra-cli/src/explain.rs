//! `actra explain SET --request FILE`, `actra explain SET --plan` and `actra explain CODE`

mod code;
mod plan;
mod request;

use crate::args::ExplainArguments;
use crate::exit::{Exit, ExitStatus};
use crate::output::Output;

pub(crate) fn run(arguments: &ExplainArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    match arguments.subject.to_str().filter(|text| is_code(text)) {
        Some(code) => code::explain_code(code, arguments, output),
        None if arguments.plan => plan::explain_plan(arguments, output),
        None => request::explain_request(arguments, output),
    }
}

/// `E` or `W` and four digits.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix(['E', 'W']).unwrap_or("");
    digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
