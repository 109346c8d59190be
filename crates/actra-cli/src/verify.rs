//! `actra verify FILE --key PUB`

use actra_wire::bundle::{Bundle, Manifest};

use crate::args::{Format, VerifyArguments};
use crate::compile::{text, wrong};
use crate::output::{self, Output};
use crate::status::{Status, Stop};

/// The longest compiled policy that is read.
const MOST_BYTES: usize = 512 << 20;

pub(crate) fn run(arguments: &VerifyArguments, output: &mut Output) -> Result<Status, Stop> {
    let file = &arguments.file;
    let bytes = actra_host::read_bytes(file, MOST_BYTES).map_err(|error| wrong(file, &error))?;
    let key = match &arguments.key {
        Some(path) => Some(actra_host::public_key(&text(path)?).map_err(|error| wrong(path, &error))?),
        None => None,
    };
    let answer = check(&bytes, key.as_ref(), arguments.governance.as_deref())
        .and_then(|manifest| is_late_enough(manifest, arguments.min_revision.unwrap_or(0)));
    match (&answer, arguments.format) {
        (Ok(manifest), Format::Human) => output.line(human(manifest, key.is_some()))?,
        (Ok(_), Format::Json) => {
            let mut json = Vec::new();
            actra_wire::write_manifest("actra/verify/v1", &bytes, &mut json);
            output.line(json)?;
        }
        (Err(reason), Format::Human) => {
            output::message(&format!("`{}`: {reason}", crate::load::shown(file.display())));
        }
        (Err(reason), Format::Json) => {
            let mut json = Vec::new();
            actra_wire::write_refusal("actra/verify/v1", reason, &mut json);
            output.line(json)?;
        }
    }
    Ok(if answer.is_ok() { Status::Fine } else { Status::No })
}

/// What the file says of itself, if it is all that is demanded.
fn check(bytes: &[u8], key: Option<&[u8; 32]>, governance: Option<&str>) -> Result<Manifest, String> {
    let bundle = Bundle::open(bytes).map_err(|error| error.to_string())?;
    if let Some(signature) = bundle.signature()
        && !actra_host::is_signed_by(bundle.signed(), &signature.bytes, &signature.key)
    {
        return Err("its signature does not fit".to_owned());
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

fn is_late_enough(manifest: Manifest, least: u64) -> Result<Manifest, String> {
    match manifest.revision {
        found if found < least => Err(format!("it has revision {found}, and {least} is demanded at least")),
        _ => Ok(manifest),
    }
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
        text.push_str(&format!("\nproved: {}", crate::load::shown(manifest.proved.join(", "))));
    }
    text
}
