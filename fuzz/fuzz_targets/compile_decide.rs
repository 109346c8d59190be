//! Any text as a policy set and a request, parted by lines of `---8<---`: diagnostics or a decision, and the
//! explanation agrees with it.
#![no_main]

use actra_engine::{PolicySet, compile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.splitn(3, "---8<---\n");
    let (Some(schema), Some(policy)) = (parts.next(), parts.next()) else { return };
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy)]));
    let refused = outcome.diagnostics.iter().any(|diagnostic| diagnostic.is_error());
    assert_eq!(refused, outcome.policy.is_none());
    let Some(policy) = outcome.policy else { return };
    let raw = actra_wire::read_request(parts.next().unwrap_or("{}").as_bytes());
    let decision = actra_engine::decide(&policy, &raw);
    let request = actra_model::Request::from_raw(&policy.schema, &raw);
    assert_eq!(actra_eval::explain(&policy, &request).decision, decision);
});
