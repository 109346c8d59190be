//! Any text as an expression: a tree that prints and parses again, or diagnostics.
#![no_main]

use actra_diagnostics::FileId;
use actra_syntax::expr::{parse, print};
use actra_syntax::yaml::ScalarSourceMap;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut diagnostics = Vec::new();
    let map = |text: &str| ScalarSourceMap::verbatim(FileId(0), 0, text.len() as u32);
    let Some(expr) = parse(text, &map(text), &mut diagnostics) else {
        assert!(!diagnostics.is_empty(), "a refused expression says why");
        return;
    };
    let printed = print(&expr);
    let again = parse(&printed, &map(&printed), &mut diagnostics);
    assert_eq!(Some(printed.clone()), again.as_ref().map(print), "printing is stable: {printed}");
});
