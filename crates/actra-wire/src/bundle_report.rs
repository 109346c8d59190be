//! The manifest of a compiled policy, as JSON.

use crate::bundle::{Bundle, BundleError, Manifest};
use crate::write;

/// Appends a manifest as `schema`: the hashes, what was proved, the public key of its signature in hex, or null, and
/// the revision, 0 if it has none.
pub fn write_manifest(schema: &str, bytes: &[u8], out: &mut Vec<u8>) {
    let opened = Bundle::open(bytes).and_then(|bundle| Ok((bundle.manifest()?, bundle)));
    match opened {
        Ok((manifest, bundle)) => {
            let key = bundle
                .signature()
                .map(|signature| signature.key.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            accepted(schema, &manifest, key.as_deref(), out);
        }
        Err(error) => refused(schema, &error, out),
    }
}

fn accepted(schema: &str, manifest: &Manifest, key: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"schema\":");
    write::string(out, schema);
    out.extend_from_slice(b",\"ok\":true,\"policy_hash\":");
    write::string(out, &manifest.policy.to_string());
    out.extend_from_slice(b",\"governance_hash\":");
    write::optional_string(out, manifest.governance.map(|hash| hash.to_string()).as_deref());
    out.extend_from_slice(b",\"proved\":");
    write::list(out, &manifest.proved, |out, id| write::string(out, id));
    out.extend_from_slice(b",\"signed_by\":");
    write::optional_string(out, key);
    out.extend_from_slice(format!(",\"revision\":{}}}", manifest.revision).as_bytes());
}

fn refused(schema: &str, error: &BundleError, out: &mut Vec<u8>) {
    write_refusal(schema, &error.to_string(), out);
}

/// Appends why a compiled policy is not accepted, as `schema`.
pub fn write_refusal(schema: &str, reason: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"schema\":");
    write::string(out, schema);
    out.extend_from_slice(b",\"ok\":false,\"reason\":");
    write::string(out, reason);
    out.push(b'}');
}
