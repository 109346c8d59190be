//! Any bytes as a document to import: a schema that compiles, or a reason.
#![no_main]

use actra_engine::{PolicySet, compile};
use libfuzzer_sys::fuzz_target;

const RULES: &str =
    "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { global: true }, when: true, effect: block }\n";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(imported) = actra_import::import(
        text,
        &actra_import::ImportOptions { name: "own".to_owned(), ..Default::default() },
    ) else {
        return;
    };
    let set = PolicySet::from_texts([("schema.yaml", imported.yaml.as_str()), ("policy.yaml", RULES)]);
    assert!(compile(&set).policy.is_some(), "{}", imported.yaml);
});
