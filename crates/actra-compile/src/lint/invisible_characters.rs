//! Characters that no reader sees, and that change how the text around them is shown.

use actra_diagnostics::{Diagnostic, FileId, Span, codes};

use super::LintInput;

/// The most warnings for one file.
const MAX_WARNINGS: usize = 16;

/// Warns about each, also in comments, so that reviewers see all that is there.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let files = (0u32..).map(FileId).map_while(|file| Some((file, set.sources.get(file)?)));
    for (file, source) in files {
        if source.text.is_ascii() {
            continue;
        }
        let text = source.text.as_str();
        for (start, c) in text.char_indices().filter(|(at, c)| is_hidden(text, *at, *c)).take(MAX_WARNINGS) {
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span { file, start: offset(start), end: offset(start + c.len_utf8()) };
            let message = format!("there is an invisible character here: U+{:04X}", u32::from(c));
            diagnostics.push(
                Diagnostic::new(codes::INVISIBLE_CHARACTER, span, message)
                    .help("remove it, or write it as an escape such as `\\u200b` where it is meant"),
            );
        }
    }
}

/// Direction marks, joiners and spaces of no width, except the joiner in an emoji and a byte-order mark at the start.
fn is_hidden(text: &str, at: usize, c: char) -> bool {
    match c {
        '\u{200d}' => {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            before.is_none_or(|before| before < '\u{2600}')
        }
        '\u{feff}' => at > 0,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}
