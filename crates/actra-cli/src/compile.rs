//! `actra compile SET -o FILE`

use std::path::Path;

use actra_engine::Governed;
use actra_wire::bundle::{self, Signature};

use crate::args::{CompileArguments, Format};
use crate::load::{self, shown};
use crate::output::Output;
use crate::status::{Status, Stop};

pub(crate) fn run(arguments: &CompileArguments, output: &mut Output) -> Result<Status, Stop> {
    let outcome = load::compiled(load::outcome(&arguments.set)?, &arguments.set, arguments.volume.amount())?;
    let policy =
        outcome.policy.ok_or_else(|| Stop::Failed("a set without errors has no policy".to_owned()))?;
    let governance = outcome.governance.as_ref();
    let proved: Vec<String> = governance.into_iter().flat_map(Governed::proved).map(str::to_owned).collect();
    let mut bytes = bundle::write_bundle(&policy, &proved, arguments.revision.unwrap_or(0));
    if let Some(path) = &arguments.sign {
        let pem = text(path)?;
        let signed = actra_host::sign(bundle::signed_part(&bytes), &pem);
        let (key, signature) = signed.map_err(|error| wrong(path, &error))?;
        bytes = bundle::attach_signature(&bytes, &Signature { key, bytes: signature });
    }
    actra_host::write_file(&arguments.output, &bytes).map_err(|error| {
        Stop::Wrong(format!("cannot write `{}`: {error}", shown(arguments.output.display())))
    })?;
    match arguments.format {
        Format::Human => {
            let signed = match (&arguments.sign, arguments.revision) {
                (None, _) => String::new(),
                (Some(_), None) => ", signed".to_owned(),
                (Some(_), Some(revision)) => format!(", signed, revision {revision}"),
            };
            let file = shown(arguments.output.display());
            output.line(format!("{file}: {} bytes{signed}, {}", bytes.len(), policy.hash))?;
        }
        Format::Json => {
            let mut json = Vec::new();
            actra_wire::write_manifest("actra/compile/v1", &bytes, &mut json);
            output.line(json)?;
        }
    }
    Ok(Status::Fine)
}

/// The longest key that is read.
const MOST_TEXT: usize = 1 << 20;

/// A text file, such as a key.
pub(crate) fn text(path: &Path) -> Result<String, Stop> {
    let bytes = actra_host::read_bytes(path, MOST_TEXT).map_err(|error| wrong(path, &error))?;
    String::from_utf8(bytes).map_err(|_| wrong(path, &"it is not text"))
}

pub(crate) fn wrong(path: &Path, error: &dyn std::fmt::Display) -> Stop {
    Stop::Wrong(format!("`{}`: {error}", shown(path.display())))
}
