//! `actra codegen LANGUAGE SET`

use crate::args::{CodegenArguments, Language};
use crate::exit::{Exit, ExitStatus};
use crate::output::{Output, cannot_write};
use crate::policy_set;

pub(crate) fn run(arguments: &CodegenArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let (policy, _) = policy_set::open(&arguments.set, arguments.verbosity.level())?;
    let text = match arguments.language {
        Language::Python => actra_codegen::python(&policy.schema),
    };
    match &arguments.output {
        None => output.bytes(text.as_bytes())?,
        Some(path) => {
            actra_host::write_file(path, text.as_bytes()).map_err(|error| cannot_write(path, &error))?
        }
    }
    Ok(ExitStatus::Success)
}
