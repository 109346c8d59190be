//! Any bytes as a compiled policy, with a checksum that fits: refused, or a policy that decides without a panic.
#![no_main]

use actra_wire::bundle::{Bundle, write_bundle};
use libfuzzer_sys::fuzz_target;
use sha2::Digest;

fuzz_target!(|data: &[u8]| {
    let _ = Bundle::open(data).and_then(|bundle| bundle.policy().map(drop));
    let mut framed = b"ACTRA\x1a\x04\x00".to_vec();
    framed.extend_from_slice(&(data.len() as u64).to_le_bytes());
    framed.extend_from_slice(data);
    let checksum = sha2::Sha256::digest(&framed);
    framed.extend_from_slice(&checksum);
    framed.push(0);
    let Ok(bundle) = Bundle::open(&framed) else { panic!("the frame fits") };
    let Ok((ir, governance)) = bundle.decode() else { return };
    let policy = actra_engine::Policy::compiled(ir, governance);
    for request in [r#"{"action":{"type":"a","n":6,"xs":["y"]},"snapshot":{}}"#, "{}"] {
        let raw = actra_wire::read_request(request.as_bytes());
        let _ = actra_engine::decide(&policy, &raw);
        let _ = actra_engine::explain(&policy, &raw);
    }
    let _ = write_bundle(&policy, &[], 0);
});
