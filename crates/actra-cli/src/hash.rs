//! `actra hash SET`

use crate::args::{Format, HashArguments};
use crate::load;
use crate::output::Output;
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &HashArguments, output: &mut Output) -> Result<Status, Stop> {
    let (policy, _) = load::policy(&arguments.set, arguments.volume.amount())?;
    match arguments.format {
        Format::Human => output.line(policy.hash.to_string())?,
        Format::Json => {
            let mut json = Vec::new();
            actra_wire::write_hash(&policy, &mut json);
            output.line(json)?;
        }
    }
    Ok(Status::Fine)
}
