//! `actra verify FILE --key PUB`

use actra_wire::bundle::{Bundle, Manifest};

use crate::args::{Format, VerifyArguments};
use crate::exit::{Exit, ExitStatus};
use crate::input::{read_key, unusable};
use crate::output::{self, Output, printable};

/// The largest compiled policy that is read.
const MAX_BYTES: usize = 512 << 20;

pub(crate) fn run(arguments: &VerifyArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let file = &arguments.file;
    let bytes = actra_host::read_bytes(file, MAX_BYTES).map_err(|error| unusable(file, &error))?;
    let key = match &arguments.key {
        Some(path) => Some(actra_host::public_key(&read_key(path)?).map_err(|error| unusable(path, &error))?),
        None => None,
    };
    let answer = check(&bytes, key.as_ref(), arguments.governance.as_deref())
        .and_then(|manifest| check_revision(manifest, arguments.min_revision.unwrap_or(0)));
    match (&answer, arguments.format) {
        (Ok(manifest), Format::Human) => output.line(human(manifest, key.is_some()))?,
        (Ok(_), Format::Json) => {
            output.json(|json| actra_wire::write_manifest("actra/verify/v1", &bytes, json))?;
        }
        (Err(reason), Format::Human) => {
            output::message(&format!("`{}`: {reason}", printable(file.display())));
        }
        (Err(reason), Format::Json) => {
            output.json(|json| actra_wire::write_refusal("actra/verify/v1", reason, json))?;
        }
    }
    Ok(if answer.is_ok() { ExitStatus::Success } else { ExitStatus::Negative })
}

/// The manifest of the file, if the file meets every demand but that of a revision.
fn check(bytes: &[u8], key: Option<&[u8; 32]>, governance: Option<&str>) -> Result<Manifest, String> {
    let bundle = Bundle::open(bytes).map_err(|error| error.to_string())?;
    if !actra_host::has_valid_signature(&bundle) {
        return Err("its signature does not match".to_owned());
    }
    if let Some(key) = key {
        match bundle.signature() {
            None => return Err("it is not signed".to_owned()),
            Some(signature) if signature.key != *key => return Err("it is signed by another key".to_owned()),
            Some(_) => {}
        }
    }
    let manifest = bundle.manifest().map_err(|error| error.to_string())?;
    bundle.policy().map_err(|error| error.to_string())?;
    if let Some(demanded) = governance {
        match manifest.governance {
            None => return Err("it was compiled without governance".to_owned()),
            Some(hash) if hash.to_string() != demanded => {
                return Err(format!("it was compiled under the governance {hash}"));
            }
            Some(_) => {}
        }
    }
    Ok(manifest)
}

fn check_revision(manifest: Manifest, min_revision: u64) -> Result<Manifest, String> {
    let found = manifest.revision;
    if found < min_revision {
        return Err(format!("it has revision {found}, but at least {min_revision} is demanded"));
    }
    Ok(manifest)
}

fn human(manifest: &Manifest, signed: bool) -> String {
    let mut text = format!("ok: {}", manifest.policy);
    if signed {
        text.push_str(", signed by the key");
    }
    if manifest.revision > 0 {
        text.push_str(&format!("\nrevision: {}", manifest.revision));
    }
    if let Some(governance) = manifest.governance {
        text.push_str(&format!("\ngovernance: {governance}"));
    }
    if !manifest.proved.is_empty() {
        text.push_str(&format!("\nproved: {}", printable(manifest.proved.join(", "))));
    }
    text
}
