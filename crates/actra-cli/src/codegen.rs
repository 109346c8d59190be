//! `actra codegen LANGUAGE SET`

use crate::args::{CodegenArguments, Language};
use crate::load::{self, shown};
use crate::output::Output;
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &CodegenArguments, output: &mut Output) -> Result<Status, Stop> {
    let outcome = load::compiled(load::outcome(&arguments.set)?, &arguments.set, arguments.volume.amount())?;
    let policy =
        outcome.policy.ok_or_else(|| Stop::Failed("a set without errors has no policy".to_owned()))?;
    let text = match arguments.language {
        Language::Python => actra_codegen::python(&policy.schema),
    };
    match &arguments.output {
        None => output.bytes(text.as_bytes())?,
        Some(path) => actra_host::write_file(path, text.as_bytes())
            .map_err(|error| Stop::Wrong(format!("cannot write `{}`: {error}", shown(path.display()))))?,
    }
    Ok(Status::Fine)
}
