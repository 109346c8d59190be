//! Fields in doubled braces, as other template languages write them: here they stand for text in braces.

use actra_diagnostics::{Diagnostic, Span, codes};

use super::LintInput;
use super::plain_text::is_dotted_name;

/// Warns about each in a message.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for message in set.files.iter().flat_map(|file| &file.rules).filter_map(|rule| rule.message.as_ref()) {
        let span = message.span;
        let Some(source) = set.sources.get(span.file) else { continue };
        let text = source.text.get(span.start as usize..span.end as usize).unwrap_or("");
        for (start, written, name) in doubled(text) {
            let offset = |at: usize| span.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            let place = Span { start: offset(start), end: offset(start + written.len()), ..span };
            let message = format!("this shows `{{{name}}}` and not a field: doubled braces stand for braces");
            diagnostics.push(
                Diagnostic::new(codes::DOUBLED_BRACES, place, message)
                    .help("a field is shown with single braces, such as `{actor.id}`"),
            );
        }
    }
}

/// Each `{{ name }}` that a third brace does not turn into a hole, with its place and the name.
fn doubled(text: &str) -> Vec<(usize, &str, &str)> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("{{") {
        let before = text.get(..start).unwrap_or("");
        let rest = text.get(start..).unwrap_or("");
        let Some((inside, after)) = rest.get(2..).and_then(|rest| rest.split_once("}}")) else { continue };
        let name = inside.trim();
        if is_dotted_name(name) && !before.ends_with('{') && !after.starts_with('}') {
            found.push((start, rest.get(..inside.len() + 4).unwrap_or(""), name));
        }
    }
    found
}
