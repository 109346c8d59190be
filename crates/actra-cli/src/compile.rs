//! `actra compile SET -o FILE`

use actra_engine::GovernanceReport;
use actra_wire::bundle::{self, Signature};

use crate::args::{CompileArguments, Format};
use crate::exit::{Exit, ExitStatus};
use crate::input::{read_key, unusable};
use crate::output::{Output, cannot_write, printable};
use crate::policy_set::{self, no_policy};

pub(crate) fn run(arguments: &CompileArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let set = &arguments.set;
    let outcome = policy_set::reject_errors(policy_set::compile(set)?, set, arguments.verbosity.level())?;
    let policy = outcome.policy.ok_or_else(no_policy)?;
    let governance = outcome.governance.as_ref();
    let proved: Vec<String> =
        governance.into_iter().flat_map(GovernanceReport::proved).map(str::to_owned).collect();
    let mut bytes = bundle::write_bundle(&policy, &proved, arguments.revision.unwrap_or(0));
    if let Some(path) = &arguments.sign {
        let pem = read_key(path)?;
        let signed = actra_host::sign(bundle::signed_part(&bytes), &pem);
        let (key, signature) = signed.map_err(|error| unusable(path, &error))?;
        bytes = bundle::attach_signature(&bytes, &Signature { key, bytes: signature });
    }
    actra_host::write_file(&arguments.output, &bytes)
        .map_err(|error| cannot_write(&arguments.output, &error))?;
    match arguments.format {
        Format::Human => {
            let signed = match (&arguments.sign, arguments.revision) {
                (None, _) => String::new(),
                (Some(_), None) => ", signed".to_owned(),
                (Some(_), Some(revision)) => format!(", signed, revision {revision}"),
            };
            let file = printable(arguments.output.display());
            output.line(format!("{file}: {} bytes{signed}, {}", bytes.len(), policy.hash))?;
        }
        Format::Json => {
            output.json(|json| actra_wire::write_manifest("actra/compile/v1", &bytes, json))?;
        }
    }
    Ok(ExitStatus::Success)
}
