//! Any bytes through the formatter: it keeps what it formats, and its result is its own.
#![no_main]

use actra_diagnostics::FileId;
use actra_syntax::format::{Formatted, format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let once = match format(FileId(0), text, &mut Vec::new()) {
        None | Some(Formatted::Left(_)) => return,
        Some(Formatted::Changed) => panic!("the layout changes what the text says"),
        Some(Formatted::Text(once)) => once,
    };
    assert_eq!(format(FileId(0), &once, &mut Vec::new()), Some(Formatted::Text(once.clone())));
});
