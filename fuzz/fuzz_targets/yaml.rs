//! Any bytes as a schema or a policy file: a tree or diagnostics, each of which can be rendered.
#![no_main]

use actra_diagnostics::Sources;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut sources = Sources::new();
    let file = sources.add("policy.yaml", text);
    let (mut budget, mut diagnostics) = (100_000, Vec::new());
    if let Some(node) = actra_syntax::yaml::parse(file, text, &mut budget, &mut diagnostics) {
        actra_syntax::decode_policy(&node, &mut diagnostics);
        actra_syntax::decode_schema(&node, &mut diagnostics);
        actra_syntax::allowances(file, text, &node, &mut diagnostics);
    } else {
        assert!(!diagnostics.is_empty(), "a refused file says why");
    }
    for diagnostic in diagnostics.iter().take(20) {
        actra_diagnostics::render(diagnostic, &sources, actra_diagnostics::Style::Plain, "");
    }
});
