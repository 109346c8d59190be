//! Any bytes through the formatter: it keeps what it formats, word by word, and its result is its own. The other
//! spelling of a set's conditions keeps the hash.
#![no_main]

use actra_compile::{PolicySet, Spelling, compile, convert_spelling};
use actra_diagnostics::FileId;
use actra_syntax::format::{Formatted, format};
use libfuzzer_sys::fuzz_target;

const SCHEMA: &str = "version: 1
actions: { refund: { fields: { amount: number, to: string } }, a: {} }
actor: { fields: { id: string } }
snapshot: { fields: { fraud_flag: boolean } }
";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match format(FileId(0), text, &mut Vec::new()) {
        None => return,
        Some(Formatted::Skipped(_)) => {}
        Some(Formatted::MeaningChanged) => panic!("the layout changes what the text says"),
        Some(Formatted::Text(once)) => {
            assert_eq!(words(text), words(&once), "a word is lost: {once}");
            assert_eq!(format(FileId(0), &once, &mut Vec::new()), Some(Formatted::Text(once.clone())));
        }
    }
    let set = |text: &str| PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", text)]);
    let hash = |text: &str| compile(&set(text)).policy.map(|policy| policy.hash);
    for to in [Spelling::Expressions, Spelling::Structured] {
        let Some(converted) = convert_spelling(&set(text), to) else { return };
        let Some(new) = converted.texts.get("policy.yaml") else { continue };
        assert_eq!(hash(text), hash(new), "the other spelling has another hash: {new}");
        assert_eq!(comments(text), comments(new), "a comment is lost: {new}");
    }
});

/// The words of a text: all but the white space and the marks that a layout consists of.
fn words(text: &str) -> Vec<&str> {
    let layout = |c: char| " \t\r\n[]{},-:?".contains(c);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut words: Vec<&str> = text.split(layout).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

fn comments(text: &str) -> Vec<&str> {
    let places = actra_syntax::yaml::comments(text);
    let mut comments: Vec<&str> =
        places.into_iter().filter_map(|place| Some(text.get(place)?.trim_end())).collect();
    comments.sort_unstable();
    comments
}
