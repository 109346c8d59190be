//! `actra hash SET`

use crate::args::{Format, HashArguments};
use crate::exit::{Exit, ExitStatus};
use crate::output::Output;
use crate::policy_set;

pub(crate) fn run(arguments: &HashArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let (policy, _) = policy_set::open(&arguments.set, arguments.verbosity.level())?;
    match arguments.format {
        Format::Human => output.line(policy.hash.to_string())?,
        Format::Json => output.json(|json| actra_wire::write_hash(&policy, json))?,
    }
    Ok(ExitStatus::Success)
}
